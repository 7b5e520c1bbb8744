"""The page beside the published scores of other seeds."""

import json
from math import sqrt
from typing import Any

import pytest
import torch
from finished_run import Read

from facedenoise.report.over_seeds import over_seeds_table
from facedenoise.report.page import render_page
from facedenoise.report.score import MINUS
from stages.paths import SEEDS
from stages.published import faces_here

TASK = "high_gaussian"
AROUND = (0.06, -0.06, 0.02, -0.02, 0.0)  # their variance is 0.002
MOVED = 2.77645 * sqrt(0.002 * (1 + 1 / 5))  # of one run beside the mean of five


def publish(**scores: dict[str, list[float]]) -> None:
    """Write what benchmarks/seeds.py has measured on the faces of the run."""
    entry: dict[str, Any] = {"test_md5": faces_here(TASK), **scores}
    SEEDS.parent.mkdir(parents=True, exist_ok=True)
    SEEDS.write_text(json.dumps({"tasks": {TASK: entry}}))


def around(mean: float) -> list[float]:
    return [mean + gain for gain in AROUND]


def test_each_score_is_beside_its_mean_over_seeds_with_what_that_means(read: Read) -> None:
    panel = read().panels[TASK]
    unet, gan = (panel[model]["psnr"]["mean"] for model in ("unet", "gan"))
    publish(
        unet={"psnr": around(unet - 0.5), "ssim": [panel["unet"]["ssim"]["mean"]] * 5},
        gan={"psnr": around(gan + 0.1)},
    )
    table = over_seeds_table(read())
    assert table
    [group] = table.groups
    assert group.title == "High Gaussian noise"
    moved = f"seeds alone move it by up to {MOVED:.2f}"
    assert [(row.head, [cell.text for cell in row.cells], row.cells[2].note) for row in group.rows] == [
        ("U-Net: PSNR, dB", [f"{unet:.2f}", f"{unet - 0.5:.2f}", "different"], f"+0.50, {moved}"),
        ("U-Net: SSIM", [*[f"{panel['unet']['ssim']['mean']:.4f}"] * 2, "the same"], ""),
        (
            "GAN: PSNR, dB",
            [f"{gan:.2f}", f"{gan + 0.1:.2f}", "not told apart"],
            f"{MINUS}0.10, {moved}",
        ),
    ]
    assert "Beside the default run over seeds" in render_page(read())


@pytest.mark.parametrize("published", [False, True])
def test_nothing_is_said_where_these_faces_were_not_measured(
    read: Read, drawn: torch.Tensor, published: bool
) -> None:
    results = read()
    if published:
        publish(unet={"psnr": around(30)}, gan={"psnr": around(30)})
        results = read(drawn[5:10])
    assert over_seeds_table(results) is None
    assert "Is it a difference?" not in render_page(results)
