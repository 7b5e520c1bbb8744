"""The stage `emotion`: a classifier from labelled faces, an untrained one where there are none."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from helpers import TINY_CLASSIFIER, write_tensors
from torch import Tensor

from facedenoise.emotion.prediction import load_classifier
from stages import emotion
from stages.paths import EMOTION, EMOTION_HISTORY, split_file
from stages.settings import load_params

PARAMS = load_params()


def write(split: str, labels: Tensor) -> None:
    images = torch.arange(8, dtype=torch.uint8).view(8, 1, 1, 1).expand(8, 1, 12, 12)
    write_tensors(split_file(split), {"images": images, "emotion": labels})


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a folder with splits; the classifier is a tiny one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    tiny = replace(PARAMS.emotion, **TINY_CLASSIFIER, epochs=2, batch_size=4)
    monkeypatch.setattr(emotion, "load_params", lambda: replace(PARAMS, emotion=tiny))
    for split in ("train", "val"):
        write(split, torch.arange(8) % 7)


def test_the_history_has_a_row_an_epoch_and_the_weights_are_a_classifier() -> None:
    emotion.main()
    history = pd.read_csv(EMOTION_HISTORY)
    assert list(history) == emotion.COLUMNS
    assert history["epoch"].tolist() == [1, 2]
    load_classifier(EMOTION)


@pytest.mark.parametrize("unlabelled", ["train", "val"])
def test_without_labels_it_gives_an_untrained_network_and_says_so(
    unlabelled: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(unlabelled, torch.full((8,), -1))
    emotion.main()
    (line,) = capsys.readouterr().out.splitlines()
    assert line.endswith("validation faces with a label: none is trained")
    assert EMOTION_HISTORY.read_text() == "epoch,loss,val_accuracy,lr\n"
    load_classifier(EMOTION)
