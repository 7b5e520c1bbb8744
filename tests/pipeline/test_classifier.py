"""The stage `classifier`: it learns the labels that the splits name, and none where there are too few."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest
import torch
from helpers import TINY_CLASSIFIER, write_tensors
from torch import Tensor

from facedenoise.classifier.prediction import load_classifier
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import EMOTIONS
from facedenoise.images.tensors import read_labels, read_tensors
from facedenoise.models.weights import write_weights
from stages import classifier
from stages.paths import CLASSIFIER, CLASSIFIER_HISTORY, split_file
from stages.settings import load_params

PARAMS = load_params()
THREE = ("adult", "child", "old")


def write(split: str, label: Tensor, labels: Sequence[str] = EMOTIONS) -> None:
    images = torch.arange(8, dtype=torch.uint8).view(8, 1, 1, 1).expand(8, 1, 12, 12)
    write_tensors(split_file(split), {"images": images, "emotion": label}, labels)


def use(monkeypatch: pytest.MonkeyPatch, colour: Literal["grey", "rgb"] = "grey", **settings: object) -> None:
    """Let the classifier be a tiny one."""
    widths, blocks = TINY_CLASSIFIER["widths"], TINY_CLASSIFIER["blocks"]
    tiny = replace(PARAMS.classifier, widths=widths, blocks=blocks, epochs=2, batch_size=4, **settings)  # type: ignore[arg-type]
    params = replace(PARAMS, data=replace(PARAMS.data, colour=colour), classifier=tiny)
    monkeypatch.setattr(classifier, "load_params", lambda: params)


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a folder with splits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    use(monkeypatch)
    for split in ("train", "val"):
        write(split, torch.arange(8) % 7)


@pytest.mark.parametrize("labels", [EMOTIONS, THREE, [f"label {number}" for number in range(20)]])
def test_the_history_has_a_row_an_epoch_and_the_weights_are_a_classifier_of_these_labels(
    labels: Sequence[str],
) -> None:
    for split in ("train", "val"):
        write(split, torch.arange(8) % len(labels), labels)
    classifier.main()
    history = pd.read_csv(CLASSIFIER_HISTORY)
    assert list(history) == classifier.COLUMNS
    assert history["epoch"].tolist() == [1, 2]
    assert load_classifier(CLASSIFIER).labels == tuple(labels)


def test_faces_in_colour_have_a_classifier_of_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, colour="rgb")
    for split in ("train", "val"):
        tensors = read_tensors(split_file(split))
        colours = tensors["images"].expand(-1, 3, -1, -1)
        write_tensors(split_file(split), {**tensors, "images": colours}, EMOTIONS)
    classifier.main()
    assert pd.read_csv(CLASSIFIER_HISTORY)["epoch"].tolist() == [1, 2]
    assert load_classifier(CLASSIFIER)(torch.rand(2, 3, 12, 12)).shape == (2, len(EMOTIONS))


@pytest.mark.parametrize("split", ["train", "val"])
def test_without_labels_it_gives_an_untrained_network_and_says_so(
    split: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(split, torch.full((8,), -1))
    require_untrained(capsys)


@pytest.mark.parametrize("labels", [("face",), EMOTIONS], ids=["that there is", "that occurs"])
def test_a_single_label_is_none_to_learn(labels: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    for split in ("train", "val"):
        write(split, torch.zeros(8, dtype=torch.int64), labels)
    require_untrained(capsys)


def require_untrained(capsys: pytest.CaptureFixture[str]) -> None:
    classifier.main()
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("classifier: not trained; labels in training: ")
    assert CLASSIFIER_HISTORY.read_text() == "epoch,loss,val_accuracy,val_balanced_accuracy,lr\n"
    assert load_classifier(CLASSIFIER).labels == ()


def test_the_weighting_changes_what_is_learned_from_unbalanced_labels_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def learned(label: Tensor, weighting: str) -> dict[str, Tensor]:
        write("train", label, THREE)
        use(monkeypatch, weighting=weighting)
        classifier.main()
        return {name: tensor.clone() for name, tensor in read_tensors(CLASSIFIER).items()}

    even, uneven = torch.tensor([0, 1] * 4), torch.tensor([0] * 6 + [1, 2])
    write("val", even, THREE)
    for label, same in ((even, True), (uneven, False)):
        plain, balanced = (learned(label, weighting)["logits.bias"] for weighting in ("none", "balanced"))
        assert torch.allclose(plain, balanced, atol=1e-6) == same


def test_balanced_the_weights_of_the_best_balanced_accuracy_are_kept() -> None:
    assert classifier.SCORES["balanced"][0] == "val_balanced_accuracy"
    assert classifier.SCORES["none"][0] == "val_accuracy"


def test_a_split_that_names_no_labels_is_to_be_written_anew() -> None:
    write_weights(split_file("train"), {"images": torch.zeros(1)}, {})
    with pytest.raises(
        InputError, match=r"train.safetensors: it does not name its labels; `dvc repro split`"
    ):
        read_labels(split_file("train"))
