"""The panel of scores, and the stage that writes it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import write_tensors

from facedenoise.data.tensors import read_tensors, to_float
from facedenoise.evaluation.classical import median_filter
from facedenoise.evaluation.metrics import psnr
from facedenoise.evaluation.panel import mean_scores, score_images
from facedenoise.params import TASKS
from stages import evaluate

ROWS = torch.tensor([11, 7, 30])
WEIGHTS = [f"models/{task}/{model}.safetensors" for task in TASKS for model in ("unet", "gan")]
SHIFT = {path: 0.01 * place for place, path in enumerate(WEIGHTS, start=1)}


def faces(seed: int) -> torch.Tensor:
    return torch.randint(
        0, 256, (3, 1, 12, 12), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed)
    )


def test_a_table_has_a_row_for_each_image_and_a_column_for_each_score() -> None:
    clean, noisy = faces(0) / 255, faces(1) / 255
    table = score_images(clean, ROWS, {"noisy": noisy, "unet": clean})
    assert list(table) == ["row", "noisy_psnr", "noisy_ssim", "unet_psnr", "unet_ssim"]
    assert table["row"].tolist() == [11, 7, 30]
    np.testing.assert_allclose(table["noisy_psnr"], psnr(clean, noisy), atol=5e-5)
    assert table["unet_psnr"].tolist() == [100] * 3
    assert table["unet_ssim"].tolist() == [1] * 3


def test_as_many_rows_as_images_are_wanted() -> None:
    clean = faces(0) / 255
    with pytest.raises(ValueError, match="same length"):
        score_images(clean, ROWS[:2], {"noisy": clean})


def test_psnr_is_averaged_over_images_not_over_their_errors() -> None:
    clean = torch.zeros(2, 1, 12, 12)
    denoised = torch.stack([torch.full((1, 12, 12), 0.1), torch.full((1, 12, 12), 0.001)])  # 20 and 60 dB
    means = mean_scores(score_images(clean, ROWS[:2], {"unet": denoised}))
    of_the_mean_error = -10 * np.log10((0.1**2 + 0.001**2) / 2)
    assert of_the_mean_error == pytest.approx(23.01, abs=0.01)
    assert means["unet"]["psnr"] == pytest.approx(40, abs=1e-4)


def test_means_keep_the_order_of_the_methods_and_four_decimals() -> None:
    table = pd.DataFrame(
        {"row": [1, 2, 3], "b_psnr": [1, 1, 2], "b_ssim": [0, 0, 1], "a_psnr": 0.1, "a_ssim": 0.2}
    )
    expected = {"b": {"psnr": 1.3333, "ssim": 0.3333}, "a": {"psnr": 0.1, "ssim": 0.2}}
    assert mean_scores(table) == expected
    assert list(mean_scores(table)) == ["b", "a"]


def test_no_images_have_no_mean() -> None:
    with pytest.raises(ValueError, match="no images"):
        mean_scores(pd.DataFrame({"row": [], "noisy_psnr": []}))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with what `evaluate` reads; a "network" is the path of its weights and adds a little."""
    monkeypatch.chdir(tmp_path)
    images = faces(0)
    write_tensors(Path("data/splits/test.safetensors"), {"images": images, "row": ROWS})
    for place, task in enumerate(TASKS):
        noisy = images.clone()
        noisy[:, :, place::4] = 255 - noisy[:, :, place::4]
        write_tensors(Path(f"data/noisy/{task}/test.safetensors"), {"images": noisy})
    monkeypatch.setattr(evaluate, "load_params", lambda: None)
    monkeypatch.setattr(evaluate, "load_denoiser", lambda path: path)
    monkeypatch.setattr(evaluate, "denoise", lambda path, noisy: (noisy + SHIFT[str(path)]).clamp(0, 1))
    return tmp_path


def test_the_stage_scores_every_method_of_every_task(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate.main()
    means = json.loads((workspace / "reports/metrics.json").read_text())
    printed = capsys.readouterr().out
    assert list(means) == list(TASKS)
    for task in TASKS:
        assert list(means[task]) == ["noisy", "classical", "unet", "gan"]
        for method, scores in means[task].items():
            assert list(scores) == ["psnr", "ssim"]
            assert f"{scores['psnr']:.4f} {scores['ssim']:.4f}" in " ".join(printed.split())
            assert task in printed
            assert method in printed
    assert len({means[task]["noisy"]["psnr"] for task in TASKS}) == len(TASKS)


def test_the_tables_on_disk_have_the_means_of_the_metrics(workspace: Path) -> None:
    evaluate.main()
    means = json.loads((workspace / "reports/metrics.json").read_text())
    for task in TASKS:
        table = pd.read_csv(workspace / f"reports/eval/{task}.csv")
        assert table["row"].tolist() == ROWS.tolist()
        assert mean_scores(table) == means[task]


def test_each_network_is_scored_on_the_noise_of_its_own_task(workspace: Path) -> None:
    evaluate.main()
    clean = to_float(faces(0))
    for task in TASKS:
        table = pd.read_csv(workspace / f"reports/eval/{task}.csv")
        noisy = to_float(read_tensors(workspace / f"data/noisy/{task}/test.safetensors")["images"])
        expected = {
            model: (noisy + SHIFT[f"models/{task}/{model}.safetensors"]).clamp(0, 1)
            for model in ("unet", "gan")
        }
        for method, images in {"noisy": noisy, "classical": median_filter(noisy), **expected}.items():
            np.testing.assert_allclose(table[f"{method}_psnr"], psnr(clean, images), atol=1e-4)


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


def test_the_same_inputs_give_the_same_bytes(workspace: Path) -> None:
    evaluate.main()
    first = {path: path.read_bytes() for path in (workspace / "reports").rglob("*.*")}
    evaluate.main()
    assert {path: path.read_bytes() for path in (workspace / "reports").rglob("*.*")} == first
    assert len(first) == 1 + len(TASKS)
    assert first[workspace / "reports/metrics.json"].endswith(b"}\n")


def test_a_network_that_gives_no_number_is_no_silent_nan(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "denoise", lambda path, noisy: torch.full_like(noisy, torch.nan))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        evaluate.main()
    assert not (workspace / "reports/metrics.json").exists()
