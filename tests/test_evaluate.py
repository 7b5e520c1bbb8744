"""The panel of scores, and the stage that writes it."""

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import write_tensors

from facedenoise.data.tensors import read_tensors, to_float
from facedenoise.errors import InputError
from facedenoise.evaluation import two_sample
from facedenoise.evaluation.classical import Tuned, apply
from facedenoise.evaluation.copies import has_copy
from facedenoise.evaluation.judge import Judge
from facedenoise.evaluation.metrics import psnr
from facedenoise.evaluation.panel import (
    assemble_panel,
    best_classical,
    difference,
    emotion_columns,
    headline,
    score_images,
    summarise,
)
from facedenoise.evaluation.plane import perception_distortion
from facedenoise.models.emotion import EmotionClassifier
from facedenoise.params import TASKS, GaussianNoise, SaltPepperNoise
from stages import evaluate

COUNT = 12
ROWS = torch.arange(COUNT) * 3 + 5
EMOTION = torch.tensor([0, 1, 2, 3, 4, 5, 6, -1, -1, 0, 1, 2])
WEIGHTS = [f"models/{task}/{model}.safetensors" for task in TASKS for model in ("unet", "gan")]
SHIFT = {path: 0.01 * place for place, path in enumerate(WEIGHTS, start=1)}


@pytest.fixture(scope="module", autouse=True)
def short_two_sample_test() -> Iterator[None]:
    """Shorten a training that has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(two_sample, "STEPS", 2)
        yield


def faces(seed: int, count: int = COUNT) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 1, 12, 12), dtype=torch.uint8, generator=generator)


def judge_of(clean: torch.Tensor) -> Judge:
    torch.manual_seed(0)
    return Judge(EmotionClassifier([4, 4], [1, 1]).eval(), clean)


def test_a_table_has_a_row_for_each_image_and_a_column_for_each_score() -> None:
    clean, noisy = faces(0) / 255, faces(1) / 255
    table = score_images(clean, ROWS, {"noisy": noisy, "unet": clean})
    names = ("psnr", "ssim", "gmsd", "haarpsi")
    assert list(table) == ["row", *(f"{method}_{name}" for method in ("noisy", "unet") for name in names)]
    assert table["row"].tolist() == ROWS.tolist()
    np.testing.assert_allclose(table["noisy_psnr"], psnr(clean, noisy), atol=5e-5)
    assert table["unet_psnr"].tolist() == [100] * COUNT
    assert table["unet_ssim"].tolist() == [1] * COUNT
    assert table["unet_gmsd"].tolist() == [0] * COUNT


def test_as_many_rows_as_images_are_wanted() -> None:
    clean = faces(0) / 255
    with pytest.raises(ValueError, match="same length"):
        score_images(clean, ROWS[:2], {"noisy": clean})


def answered(answer: list[int], clean_answer: list[int], emotion: list[int]) -> pd.DataFrame:
    return emotion_columns(torch.tensor(emotion), np.array(clean_answer), {"unet": np.array(answer)})


def test_faces_without_a_label_are_left_out_of_the_emotion_figures() -> None:
    table = answered([0, 1, 2, 3], [0, 1, 5, 4], [0, 2, 2, -1])
    scores = summarise(table, "unet")
    assert scores["emotion_accuracy"]["mean"] == pytest.approx(2 / 3, abs=5e-5)
    assert scores["emotion_agreement"]["mean"] == pytest.approx(2 / 3, abs=5e-5)
    assert summarise(answered([1], [1], [-1]), "unet") == {}


def test_psnr_is_averaged_over_images_not_over_their_errors() -> None:
    clean = torch.zeros(2, 1, 12, 12)
    denoised = torch.stack([torch.full((1, 12, 12), 0.1), torch.full((1, 12, 12), 0.001)])  # 20 and 60 dB
    table = score_images(clean, ROWS[:2], {"unet": denoised}).assign(emotion=-1)
    of_the_mean_error = -10 * np.log10((0.1**2 + 0.001**2) / 2)
    assert of_the_mean_error == pytest.approx(23.01, abs=0.01)
    assert summarise(table, "unet")["psnr"]["mean"] == pytest.approx(40, abs=1e-4)


def test_a_paired_interval_is_narrower_than_those_of_both() -> None:
    hardness = np.linspace(20, 40, 50)
    table = pd.DataFrame({"emotion": -1, "unet_psnr": hardness + 1, "noisy_psnr": hardness})
    gain = difference(table, "unet", "noisy")["psnr"]
    assert gain == {"mean": 1, "low": 1, "high": 1}
    alone = summarise(table, "unet")["psnr"]
    assert alone["high"] - alone["low"] > 1


def test_a_copy_is_found_pixel_for_pixel() -> None:
    train, test = faces(0), faces(1)
    test[3] = train[7]
    test[4] = train[7]
    test[4, 0, 0, 0] ^= 1
    assert np.flatnonzero(has_copy(test, train)).tolist() == [3]


def test_scores_without_copies_are_those_of_the_other_faces() -> None:
    clean = to_float(faces(0))
    images = {name: to_float(faces(seed)) for seed, name in enumerate(("noisy", "tv", "unet", "gan"), 1)}
    table = score_images(clean, ROWS, images)
    answers = {name: np.zeros(COUNT, dtype=np.int64) for name in images}
    table = table.join(emotion_columns(EMOTION, np.zeros(COUNT, dtype=np.int64), answers))
    seen = np.arange(COUNT) < 4
    panel = assemble_panel(table, images, judge_of(clean), {"tv": Tuned(0.1, 30.0)}, seen)
    assert panel["without_copies"]["faces"] == COUNT - 4
    expected = psnr(clean[4:], images["unet"][4:]).mean()
    assert panel["without_copies"]["unet"]["psnr"]["mean"] == pytest.approx(expected, abs=1e-3)
    assert panel["tv"]["strength"] == 0.1
    unseen = assemble_panel(table, images, judge_of(clean), {"tv": Tuned(0.1, 30.0)}, seen & False)
    assert "without_copies" not in unseen
    all_seen = assemble_panel(table, images, judge_of(clean), {"tv": Tuned(0.1, 30.0)}, seen | True)
    assert all_seen["without_copies"] == {"faces": 0}


def test_the_best_classical_method_is_chosen_on_val_and_named() -> None:
    tuned = {"median": Tuned(3, 28.0), "biharmonic": Tuned(None, 38.0), "tv": Tuned(0.1, 31.0)}
    best = best_classical(tuned)
    assert best == "biharmonic"
    score = {name: {"mean": 1.0, "low": 0.0, "high": 2.0} for name in ("psnr", "ssim")}
    figures = headline(dict.fromkeys(("noisy", "biharmonic", "unet", "gan"), score), best)
    assert figures["classical"] == {"method": "biharmonic", "psnr": 1.0, "ssim": 1.0}
    assert list(figures) == ["noisy", "classical", "unet", "gan"]


def plane_of(unet_error: float, gan_error: float) -> dict[str, dict[str, float]]:
    generator = torch.Generator().manual_seed(0)
    clean = 0.3 + 0.4 * torch.rand(40, 1, 16, 16, generator=generator)
    error = torch.randn(clean.shape, generator=generator)
    other = torch.randn(clean.shape, generator=generator)
    noisy = (clean + 0.1 * error).clamp(0, 1)
    unet, gan = (clean + unet_error * other).clamp(0, 1), (clean + gan_error * other).clamp(0, 1)
    return perception_distortion(noisy, unet, gan, judge_of(clean))


def test_the_blend_with_the_noisy_input_has_the_gans_psnr() -> None:
    plane = plane_of(0.02, 0.04)
    assert plane["unet_noisy_equal"]["psnr"] == pytest.approx(plane["gan"]["psnr"], abs=0.01)
    assert 0 < plane["unet_noisy_equal"]["share"] < 1
    assert plane["unet"]["psnr"] > plane["unet_gan_50"]["psnr"] > plane["gan"]["psnr"]


def test_no_blend_equals_a_gan_that_is_better_or_hopeless() -> None:
    assert "unet_noisy_equal" not in plane_of(0.04, 0.02)
    assert "unet_noisy_equal" not in plane_of(0.02, 0.3)


class _Params:
    class noise:  # noqa: N801
        low_gaussian = GaussianNoise("gaussian", 0.2, 0.2)
        high_gaussian = GaussianNoise("gaussian", 0.4, 0.3)
        salt_pepper = SaltPepperNoise("salt_pepper", 0.1, 0.5)


def write_split(split: str, seed: int, **other: torch.Tensor) -> None:
    """Write a split and its noisy variants; other tensors replace those of the split."""
    tensors = {"images": faces(seed), "row": ROWS, "emotion": EMOTION, **other}
    write_tensors(Path(f"data/splits/{split}.safetensors"), tensors)
    for place, task in enumerate(TASKS):
        noisy = tensors["images"].clone()
        noisy[:, :, place::4] = 255 - noisy[:, :, place::4]
        write_tensors(Path(f"data/noisy/{task}/{split}.safetensors"), {"images": noisy})


def prepare(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder with what `evaluate` reads; a "network" is the path of its weights and adds a little."""
    monkeypatch.chdir(folder)
    for seed, split in enumerate(("test", "train", "val")):
        write_split(split, seed)
    torch.manual_seed(0)
    classifier = EmotionClassifier([4, 4], [1, 1]).eval()
    monkeypatch.setattr(evaluate, "load_params", _Params)
    monkeypatch.setattr(evaluate, "load_emotion", lambda path: classifier)
    monkeypatch.setattr(evaluate, "load_denoiser", lambda path: path)
    monkeypatch.setattr(evaluate, "denoise", lambda path, noisy: (noisy + SHIFT[str(path)]).clamp(0, 1))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    prepare(tmp_path, monkeypatch)
    return tmp_path


class Evaluated(NamedTuple):
    folder: Path
    printed: str


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Evaluated:
    """Run the stage once."""
    folder, printed = tmp_path_factory.mktemp("evaluated"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed):
        prepare(folder, patch)
        evaluate.main()
    return Evaluated(folder, " ".join(printed.getvalue().split()))


@pytest.fixture
def evaluated(finished: Evaluated, monkeypatch: pytest.MonkeyPatch) -> Evaluated:
    """Stand in the folder in which the stage has run."""
    monkeypatch.chdir(finished.folder)
    return finished


def read(path: str) -> Any:
    return json.loads(Path(path).read_text())


def test_the_stage_scores_every_method_of_every_task(evaluated: Evaluated) -> None:
    headlines = read("reports/metrics.json")
    assert list(headlines) == [*TASKS, "clean"]
    assert list(headlines["clean"]) == ["emotion_accuracy"]
    for task in TASKS:
        assert list(headlines[task]) == ["noisy", "classical", "unet", "gan"]
        panel = read(f"reports/eval/{task}.json")
        assert ("biharmonic" in panel) == (task == "salt_pepper")
        for method, scores in headlines[task].items():
            named = scores.pop("method", method)
            assert scores == {name: panel[named][name]["mean"] for name in scores}
            assert list(scores) == ["psnr", "ssim", "emotion_accuracy"]
            assert (
                f"{scores['psnr']:.4f} {scores['ssim']:.4f} {scores['emotion_accuracy']:.4f}"
                in evaluated.printed
            )


def test_the_means_of_the_panel_are_those_of_the_table(evaluated: Evaluated) -> None:
    for task in TASKS:
        table = pd.read_csv(f"reports/eval/{task}.csv")
        panel = read(f"reports/eval/{task}.json")
        assert table["row"].tolist() == ROWS.tolist()
        for method in ("noisy", "median", "nlm", "tv", "wavelet", "unet", "gan"):
            for score in ("psnr", "ssim", "gmsd", "haarpsi"):
                interval = panel[method][score]
                assert interval["mean"] == pytest.approx(table[f"{method}_{score}"].mean(), abs=5e-5)
                assert interval["low"] <= interval["mean"] <= interval["high"]
            assert {"spectrum_error", "two_sample", "frechet"} < set(panel[method])


def test_each_network_is_scored_on_every_noise_and_its_own_stands_in_the_panel(evaluated: Evaluated) -> None:
    clean = to_float(faces(0))
    cross = read("reports/cross_noise.json")
    for noise in TASKS:
        noisy = to_float(read_tensors(Path(f"data/noisy/{noise}/test.safetensors"))["images"])
        for model in ("unet", "gan"):
            for trained in TASKS:
                denoised = (noisy + SHIFT[f"models/{trained}/{model}.safetensors"]).clamp(0, 1)
                expected = psnr(clean, denoised).mean()
                assert cross[model][trained][noise]["psnr"] == pytest.approx(expected, abs=1e-4)
            own = read(f"reports/eval/{noise}.json")[model]["psnr"]["mean"]
            assert own == pytest.approx(cross[model][noise][noise]["psnr"], abs=1e-4)


def test_classical_methods_run_at_the_strength_that_the_panel_states(evaluated: Evaluated) -> None:
    clean = to_float(faces(0))
    for task in TASKS:
        noisy = to_float(read_tensors(Path(f"data/noisy/{task}/test.safetensors"))["images"])
        panel, table = read(f"reports/eval/{task}.json"), pd.read_csv(f"reports/eval/{task}.csv")
        for method in ("median", "tv"):
            expected = psnr(clean, apply(method, noisy, panel[method]["strength"]))
            np.testing.assert_allclose(table[f"{method}_psnr"], expected, atol=1e-4)


def test_denoised_images_are_scored_before_they_are_rounded_to_8_bits(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = faces(0) / 255
    nearly = (clean + 0.001).clamp(0, 1)  # a quarter of a grey level: rounding would undo it
    monkeypatch.setattr(evaluate, "denoise", lambda path, noisy: nearly)
    evaluate.main()
    table = pd.read_csv(workspace / f"reports/eval/{TASKS[0]}.csv")
    np.testing.assert_allclose(table["unet_psnr"], psnr(clean, nearly), atol=5e-5)
    assert table["unet_psnr"].max() < 62


def test_the_same_inputs_give_the_same_bytes(evaluated: Evaluated, workspace: Path) -> None:
    evaluate.main()
    first, again = (
        {path.relative_to(folder): path.read_bytes() for path in folder.glob("reports/**/*.*")}
        for folder in (evaluated.folder, workspace)
    )
    assert again == first
    assert len(first) == 3 + 2 * len(TASKS)
    assert first[Path("reports/metrics.json")].endswith(b"}\n")


def test_a_network_that_gives_no_number_is_no_silent_nan(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "denoise", lambda path, noisy: torch.full_like(noisy, torch.nan))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        evaluate.main()
    assert not (workspace / "reports/metrics.json").exists()


def test_scores_are_also_given_without_the_test_faces_that_the_networks_have_seen(workspace: Path) -> None:
    train = faces(1)
    train[:2] = faces(0)[[3, 8]]
    write_split("train", 1, images=train)
    evaluate.main()
    for task in TASKS:
        unseen = pd.read_csv(f"reports/eval/{task}.csv").drop([3, 8])
        left = read(f"reports/eval/{task}.json")["without_copies"]
        assert left["faces"] == COUNT - 2
        assert left["gan"]["ssim"]["mean"] == pytest.approx(unseen["gan_ssim"].mean(), abs=5e-5)


def test_without_labels_nothing_is_said_of_emotions(workspace: Path) -> None:
    write_split("test", 0, emotion=torch.full((COUNT,), -1))
    evaluate.main()
    assert read("reports/metrics.json")["clean"] == {}
    for path in workspace.glob("reports/**/*.json"):
        assert "emotion" not in path.read_text()


def test_a_single_test_face_is_refused_before_anything_is_scored(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_split("test", 0, images=faces(0, 1), row=ROWS[:1], emotion=EMOTION[:1])
    words = r"^data/splits/test\.safetensors: 1 face; give PrivateTest at least 2 rows$"
    with pytest.raises(InputError, match=words):
        evaluate.main()
    assert capsys.readouterr().out == ""
