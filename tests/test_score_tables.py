"""The tables hold the scores, and mark the best of those that are compared."""

from pathlib import Path

import pytest
import torch
from finished_run import run_params, write_run

from facedenoise.report.plane import plane_verdict
from facedenoise.report.results import Results
from facedenoise.report.score import SCORES
from facedenoise.report.score_tables import (
    PANEL,
    cross_noise_table,
    difference_table,
    emotion_table,
    headline_table,
    panel_table,
)
from facedenoise.report.table import HEAT_LEVELS, Table
from stages import report


@pytest.fixture
def results(tmp_path: Path, drawn: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> Results:
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path, drawn[:3])
    return report.read_results(run_params())


def column(table: Table, name: str, group: int = 0) -> list[tuple[str, bool]]:
    place = [title for title, _ in table.heads].index(name)
    return [(row.cells[place].text, row.cells[place].best) for row in table.groups[group].rows]


@pytest.mark.parametrize(
    ("name", "values", "best"),
    [
        ("psnr", [20.0, 31.0, 30.0], [1]),
        ("gmsd", [0.3, 0.1, 0.2], [1]),
        ("two_sample", [0.9, 0.4, 0.62], [1]),
        ("two_sample", [0.9, 0.38, 0.55], [2]),
        ("ssim", [0.9, 0.95, 0.95], [1, 2]),
    ],
)
def test_the_best_of_a_column_is_marked(name: str, values: list[float], best: list[int]) -> None:
    others = dict.fromkeys(PANEL, 0.5)
    methods = ("noisy", "unet", "gan")
    evaluation = {method: {**others, name: value} for method, value in zip(methods, values, strict=True)}
    marked = [is_best for _, is_best in column(panel_table("low_gaussian", evaluation), SCORES[name].title)]
    assert [place for place, is_best in enumerate(marked) if is_best] == best


def test_the_headline_compares_along_its_rows(results: Results) -> None:
    results.metrics["high_gaussian"]["gan"] = {"psnr": 99.123, "ssim": 0.1, "emotion_accuracy": 0.2}
    rows = headline_table(results).groups[1].rows
    assert [[cell.best for cell in row.cells] for row in rows] == [
        [False, False, False, True],
        [False, False, True, False],
        [False, False, True, False],
    ]
    assert rows[0].cells[3].text == "99.12"


def test_a_score_has_its_interval_below(results: Results) -> None:
    cell = emotion_table(results).groups[0].rows[0].cells[0]
    assert (cell.text, cell.note) == ("41.0%", "38.9% to 43.1%")


def test_differences_have_signs_and_shares_are_in_points(results: Results) -> None:
    rows = difference_table(results).groups[0].rows
    assert [cell.text for cell in rows[0].cells] == ["+6.10", "+0.0610", "+6.1 points"]
    assert rows[2].cells[0].text == "\N{MINUS SIGN}0.70"
    assert rows[2].cells[2].note == "\N{MINUS SIGN}1.0 to \N{MINUS SIGN}0.4 points"


def test_the_colour_of_another_noise_follows_the_gain(results: Results) -> None:
    psnr = {"low_gaussian": 40.0, "high_gaussian": 36.5, "salt_pepper": 32.0}
    for trained, value in psnr.items():
        results.cross_noise["unet"][trained]["low_gaussian"]["psnr"] = value
    results.metrics["low_gaussian"]["noisy"]["psnr"] = 33.0
    place = [title for title, _ in cross_noise_table("unet", results).heads].index("Low Gaussian")
    cells = [row.cells[place] for row in cross_noise_table("unet", results).groups[0].rows]
    assert [cell.heat for cell in cells] == [HEAT_LEVELS, 3, 0]
    assert [cell.note for cell in cells] == ["+7.00", "+3.50", "\N{MINUS SIGN}1.00"]


@pytest.mark.parametrize(("gan", "verdict"), [(0.9, ": a gain."), (1.1, ": no gain."), (1.0, ": no gain.")])
def test_the_gan_is_judged_against_the_blend_of_its_psnr(gan: float, verdict: str) -> None:
    points = {
        "unet": {"psnr": 31.0, "frechet": 1.5},
        "gan": {"psnr": 30.0, "frechet": gan},
        "unet_noisy_equal": {"psnr": 30.0, "frechet": 1.0, "share": 0.1},
    }
    assert plane_verdict(points).endswith(verdict)
    assert "10.0% of its noisy input" in plane_verdict(points)


def test_a_gan_without_a_blend_of_its_psnr_is_judged_too() -> None:
    unet = {"psnr": 31.0, "frechet": 1.5}
    above = plane_verdict({"unet": unet, "gan": {"psnr": 31.2, "frechet": 1.4}})
    assert "gives up no PSNR" in above
    assert "is nearer to the clean faces" in above
    assert plane_verdict({"unet": unet, "gan": {"psnr": 10.0, "frechet": 1.4}}).endswith("no gain.")
