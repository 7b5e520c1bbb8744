"""The stages `evaluate` and `compare`: what they write is what it says."""

import io
import json
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import TINY_CLASSIFIER, tiny_classifier, write_tensors

from facedenoise.classifier import prediction
from facedenoise.errors import InputError
from facedenoise.evaluation import two_sample
from facedenoise.evaluation.classical import apply
from facedenoise.evaluation.headline import HEADLINE
from facedenoise.images.fidelity import psnr
from facedenoise.images.tensors import read_tensors
from facedenoise.models import KIND, MODELS
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.inference import denoise
from facedenoise.models.inputs import TaskNoise
from facedenoise.models.weights import write_weights
from facedenoise.noise import Varying
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.poisson import Poisson
from facedenoise.noise.salt_pepper import SaltPepper
from facedenoise.noise.sequence import Sequence
from facedenoise.params import Params
from facedenoise.shards import rows
from stages import compare, evaluate, scoring, settings
from stages.paths import CLASSIFIER, eval_file, noisy_file, shown_file, split_file, weights_file

COUNT = 12
ROWS = torch.arange(COUNT) * 3 + 5
LABELS = torch.tensor([0, 1, 2, 3, 4, 5, 6, -1, -1, 0, 1, 2])
COPIES = [3, 8]  # of training faces
TINY: dict[str, Any] = {"widths": (2, 2), "blocks": (1, 1)}
PARAMS = settings.load_params()
TASKS = list(PARAMS.tasks)
SHIFT = {
    (task, model): 0.01 * (2 * i + j) for i, task in enumerate(TASKS) for j, model in enumerate(MODELS, 1)
}


def faces(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (COUNT, 1, 12, 12), dtype=torch.uint8, generator=generator)


def write_split(split: str, seed: int, **other: torch.Tensor) -> None:
    """Write a split and its noisy variants; other tensors replace those of the split."""
    in_train = torch.zeros(COUNT, dtype=torch.uint8)
    in_train[COPIES] = 1
    tensors = {"images": faces(seed), "row": ROWS, "emotion": LABELS, "in_train": in_train, **other}
    write_tensors(split_file(split), tensors)
    for place, task in enumerate(TASKS):
        noisy = tensors["images"].clone()
        noisy[:, :, place::4] = 255 - noisy[:, :, place::4]
        write_tensors(noisy_file(task, split), {"images": noisy})


def prepare(folder: Path, monkeypatch: pytest.MonkeyPatch, params: Params = PARAMS) -> None:
    """Make a folder with what the stages read; each denoiser only adds its `SHIFT`."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DVC_ROOT", str(folder))
    for seed, split in enumerate(("test", "val")):
        write_split(split, seed)
    torch.manual_seed(0)
    for (task, model), shift in SHIFT.items():
        network = AttentionUNet(**TINY)
        torch.nn.init.constant_(network.head.bias, shift)  # type: ignore[arg-type]
        write_weights(weights_file(task, model), network.state_dict(), {KIND: TINY})
    write_weights(CLASSIFIER, tiny_classifier().state_dict(), {prediction.KIND: TINY_CLASSIFIER})
    for module in (settings, compare):
        monkeypatch.setattr(module, "load_params", lambda: params)
    monkeypatch.setattr(two_sample, "STEPS", 2)


def run_evaluate(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["evaluate", task])
    evaluate.main()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    prepare(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run both stages once; return their folder and what `compare` has printed."""
    folder, output = tmp_path_factory.mktemp("evaluated"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output):
        prepare(folder, patch)
        for task in TASKS:
            run_evaluate(task, patch)
        compare.main()
    return folder, " ".join(output.getvalue().split())


@pytest.fixture
def printed(finished: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Go to the folder in which the stages have run."""
    monkeypatch.chdir(finished[0])
    return finished[1]


def read(path: Path | str) -> Any:
    return json.loads(Path(path).read_text())


def noisy_faces(task: str) -> torch.Tensor:
    return read_tensors(noisy_file(task, "test"))["images"] / 255


def test_the_headline_is_that_of_the_panels(printed: str) -> None:
    headlines = read("reports/metrics.json")
    assert list(headlines) == [*TASKS, "clean"]
    assert list(headlines["clean"]) == ["label_accuracy", "balanced_accuracy"]
    for task in TASKS:
        panel = read(eval_file(task, "json"))
        for method, scores in headlines[task].items():
            named = panel["best_classical"] if method == "classical" else method
            assert scores.pop("method", method) == named
            assert scores == {name: panel[named][name]["mean"] for name in HEADLINE}
            assert " ".join(f"{scores[name]:.4f}" for name in HEADLINE) in printed


@pytest.mark.usefixtures("printed")
@pytest.mark.parametrize("task", TASKS)
class TestTask:
    def test_the_means_of_the_panel_are_those_of_the_table(self, task: str) -> None:
        table, panel = pd.read_csv(eval_file(task, "csv")), read(eval_file(task, "json"))
        assert table["row"].tolist() == ROWS.tolist()
        assert "noise" not in table, "it is the same for all faces"
        repair = ["biharmonic"] if PARAMS.tasks[task].noise.keeps_unsaturated else []
        methods = ["noisy", "median", "nlm", "tv", "wavelet", *repair, "unet", "gan"]
        assert list(panel)[: len(methods)] == methods
        for method in methods:
            for score in ("psnr", "ssim", "gmsd", "haarpsi"):
                interval = panel[method][score]
                assert interval["mean"] == pytest.approx(table[f"{method}_{score}"].mean(), abs=5e-5)
                assert interval["low"] <= interval["mean"] <= interval["high"]
            assert {"spectrum_error", "two_sample", "frechet"} < set(panel[method])
        for method in ("median", "tv"):
            at_strength = apply(method, noisy_faces(task), panel[method]["strength"])
            np.testing.assert_allclose(table[f"{method}_psnr"], psnr(faces(0) / 255, at_strength), atol=1e-4)

    def test_scores_are_also_given_without_the_faces_that_the_networks_have_seen(self, task: str) -> None:
        unseen, left = (
            pd.read_csv(eval_file(task, "csv")).drop(COPIES),
            read(eval_file(task, "json"))["without_copies"],
        )
        assert left["faces"] == COUNT - len(COPIES)
        assert left["gan"]["ssim"]["mean"] == pytest.approx(unseen["gan_ssim"].mean(), abs=5e-5)

    def test_each_network_is_scored_on_every_noise(self, task: str) -> None:
        cross, panel = read("reports/cross_noise.json"), read(eval_file(task, "json"))
        for (trained, model), shift in SHIFT.items():
            expected = psnr(faces(0) / 255, (noisy_faces(task) + shift).clamp(0, 1)).mean()
            assert cross[model][trained][task]["psnr"] == pytest.approx(expected, abs=1e-4)
        for model in MODELS:
            assert cross[model][task][task] == {name: panel[model][name]["mean"] for name in ("psnr", "ssim")}

    def test_a_panel_has_the_plane_and_what_the_networks_are(self, task: str) -> None:
        panel = read(eval_file(task, "json"))
        assert read("reports/perception_distortion.json")[task] == panel["plane"]
        assert panel["plane"]["unet"]["psnr"] == panel["unet"]["psnr"]["mean"]
        parameters = sum(parameter.numel() for parameter in AttentionUNet(**TINY).parameters())
        for model in MODELS:
            digest = sha256(weights_file(task, model).read_bytes()).hexdigest()
            assert panel["networks"][model] == {"parameters": parameters, "sha256": digest}

    def test_the_faces_that_are_shown_are_kept(self, task: str) -> None:
        shown, best = (
            read_tensors(shown_file(task)),
            read(eval_file(task, "json"))["best_classical"],
        )
        assert set(shown) == {"even", "best", "worst", "noisy", *MODELS, "classical", "clean"}
        chosen = torch.cat([shown[group] for group in ("even", "best", "worst")]).numpy()
        assert torch.equal(shown["clean"], faces(0)[chosen])
        assert torch.equal(shown["noisy"], read_tensors(noisy_file(task, "test"))["images"][chosen])
        scores = pd.read_csv(eval_file(task, "csv"))[f"{best}_psnr"].to_numpy()[chosen]
        np.testing.assert_allclose(psnr(shown["clean"] / 255, shown["classical"] / 255), scores, atol=0.1)


def test_denoised_images_are_scored_before_they_are_rounded_to_8_bits(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearly = (faces(0) / 255 + 0.001).clamp(0, 1)  # a quarter of a grey level: rounding would undo it
    monkeypatch.setattr(scoring, "denoise", lambda network, noisy: nearly)
    run_evaluate(TASKS[0], monkeypatch)
    scores = pd.read_csv(eval_file(TASKS[0], "csv"))["unet_psnr"]
    np.testing.assert_allclose(scores, psnr(faces(0) / 255, nearly), atol=5e-5)
    assert scores.max() < 62


def test_a_run_that_is_stopped_goes_on_from_its_finished_shards(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "ROWS", 4)
    run_evaluate(TASKS[0], monkeypatch)
    table, panel = (eval_file(TASKS[0], suffix).read_bytes() for suffix in ("csv", "json"))
    calls: list[int] = []

    def counted(network: AttentionUNet, noisy: torch.Tensor) -> torch.Tensor:
        calls.append(len(noisy))
        if len(calls) == 4:  # the second network on the second shard
            raise KeyboardInterrupt
        return denoise(network, noisy)

    monkeypatch.setattr(scoring, "denoise", counted)
    with pytest.raises(KeyboardInterrupt):
        run_evaluate(TASKS[0], monkeypatch)
    run_evaluate(TASKS[0], monkeypatch)
    assert calls == [4] * (4 + 4), "the first shard is not scored again"
    assert eval_file(TASKS[0], "csv").read_bytes() == table
    assert eval_file(TASKS[0], "json").read_bytes() == panel
    assert not [path for path in Path(".checkpoints").iterdir() if path.is_dir()]


def test_each_network_is_compared_on_the_noise_of_the_other_tasks_shard_by_shard(
    finished: tuple[Path, str], workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = list[int]()

    def counted(network: AttentionUNet, inputs: torch.Tensor) -> torch.Tensor:
        sizes.append(len(inputs))
        return denoise(network, inputs)

    monkeypatch.setattr(compare, "denoise", counted)
    monkeypatch.setattr(rows, "ROWS", 5)
    params = settings.load_params()
    expected = json.loads((finished[0] / "reports/cross_noise.json").read_text())
    assert compare.cross_noise(params, read(finished[0] / "reports/metrics.json")) == expected
    assert max(sizes) == 5
    assert sum(sizes) == COUNT * len(params.tasks) * (len(params.tasks) - 1) * len(MODELS)


def test_a_network_that_is_told_gets_the_level_of_what_was_drawn_which_the_table_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = Varying(Gaussian(0.0, 1.0), Gaussian(0.5, 1.0))
    prepare(
        tmp_path, monkeypatch, replace(PARAMS, tasks={"any": replace(PARAMS.tasks[TASKS[0]], noise=noise)})
    )
    for split, seed in (("test", 0), ("val", 1)):
        write_tensors(noisy_file("any", split), {"images": faces(seed).flip(-1)})
    for model in MODELS:
        network = AttentionUNet(**TINY, level=True)
        write_weights(weights_file("any", model), network.state_dict(), {KIND: {**TINY, "level": True}})
    for module in (scoring, compare):  # answers with the level
        monkeypatch.setattr(module, "denoise", lambda network, inputs: inputs[:, 1:])
    run_evaluate("any", monkeypatch)
    compare.main()
    table = pd.read_csv(eval_file("any", "csv"))
    assert table["noise"].tolist() == ["gaussian"] * COUNT
    drawn = TaskNoise(noise, PARAMS.noise.seed, "any").drawn(ROWS)
    sigma = torch.tensor([each.sigma for each in drawn])[:, None, None, None]
    expected = psnr(faces(0) / 255, sigma.expand(-1, 1, 12, 12))
    np.testing.assert_allclose(table["unet_psnr"], expected, atol=1e-4)
    scores = read("reports/cross_noise.json")["gan"]["any"]["any"]
    assert scores["psnr"] == pytest.approx(expected.mean(), abs=1e-4)


def test_faces_in_colour_are_scored_and_shown_in_colour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, shift = TASKS[0], torch.tensor([0.02, 0.0, 0.1])
    prepare(tmp_path, monkeypatch, replace(PARAMS, tasks={task: PARAMS.tasks[task]}))
    clean, val = (torch.cat([faces(seed + part) for part in range(3)], dim=1) for seed in (0, 3))
    write_split("test", 0, images=clean)
    write_split("val", 0, images=val)
    network = AttentionUNet(**TINY, channels=3)
    network.head.bias = torch.nn.Parameter(shift)
    for model in MODELS:
        write_weights(weights_file(task, model), network.state_dict(), {KIND: {**TINY, "channels": 3}})
    coloured = {**TINY_CLASSIFIER, "channels": 3}
    write_weights(CLASSIFIER, tiny_classifier(channels=3).state_dict(), {prediction.KIND: coloured})
    run_evaluate(task, monkeypatch)
    compare.main()
    expected = psnr(clean / 255, (noisy_faces(task) + shift[:, None, None]).clamp(0, 1))
    np.testing.assert_allclose(pd.read_csv(eval_file(task, "csv"))["gan_psnr"], expected, atol=1e-4)
    headline, cross_noise = read("reports/metrics.json")[task], read("reports/cross_noise.json")
    for scores in (headline["unet"], cross_noise["unet"][task][task]):
        assert scores["psnr"] == pytest.approx(expected.mean(), abs=1e-4)
    shown = read_tensors(shown_file(task))
    chosen = torch.cat([shown[group] for group in ("even", "best", "worst")]).numpy()
    assert torch.equal(shown["clean"], clean[chosen])


def test_a_kind_that_was_drawn_is_named_with_its_parts() -> None:
    assert evaluate.kind_of(Poisson(30)) == "poisson"
    parts = Sequence((Gaussian(0.1, 1.0), Sequence((Poisson(30), SaltPepper(0.1)))))
    assert evaluate.kind_of(parts) == "gaussian+poisson+salt_pepper"


def test_a_network_that_gives_no_number_is_no_silent_nan(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "denoise", lambda network, noisy: torch.full_like(noisy, torch.nan))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        run_evaluate(TASKS[0], monkeypatch)
    assert not Path("reports").exists()


@pytest.mark.parametrize("missing", ["labels", "training"])
def test_of_one_task_nothing_is_said_of_labels_without_them_or_a_trained_classifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    prepare(tmp_path, monkeypatch, replace(PARAMS, tasks={TASKS[0]: PARAMS.tasks[TASKS[0]]}))
    if missing == "labels":
        write_split("test", 0, emotion=torch.full((COUNT,), -1))
    else:
        untrained = tiny_classifier(labels=())
        own = {**TINY_CLASSIFIER, "labels": ()}
        write_weights(CLASSIFIER, untrained.state_dict(), {prediction.KIND: own})
    run_evaluate(TASKS[0], monkeypatch)
    compare.main()
    assert read("reports/metrics.json")["clean"] == {}
    assert not any("label" in path.read_text() for path in tmp_path.glob("reports/**/*.json"))
    assert not any("accuracy" in path.read_text() for path in tmp_path.glob("reports/**/*.json"))


def test_a_single_test_face_is_refused_before_anything_is_scored(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_split("test", 0, images=faces(0)[:1], row=ROWS[:1], emotion=LABELS[:1])
    with pytest.raises(InputError, match=r"^1 test face: too few to compare; give at least 2$"):
        run_evaluate(TASKS[0], monkeypatch)
    assert not Path("reports").exists()


def test_a_task_that_does_not_exist_is_refused(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=rf"^unknown task 'dim'; choose one of {', '.join(TASKS)}$"):
        run_evaluate("dim", monkeypatch)
