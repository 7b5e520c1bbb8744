"""The tables hold the scores, and mark the best of those that are compared."""

import pytest
from finished_run import Read

from facedenoise.report.plane import EQUAL, plane_chart, plane_verdict
from facedenoise.report.results import Results
from facedenoise.report.score_tables import (
    PANEL,
    cross_noise_table,
    difference_table,
    headline_table,
    panel_table,
)
from facedenoise.report.table import HEAT_LEVELS


@pytest.fixture
def results(read: Read) -> Results:
    return read()


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
    panel = {method: {**others, name: value} for method, value in zip(methods, values, strict=True)}
    rows = panel_table("", panel).groups[0].rows
    assert [place for place, row in enumerate(rows) if row.cells[PANEL.index(name)].best] == best


def test_the_headline_compares_along_its_rows(results: Results) -> None:
    results.panels["high_gaussian"]["gan"] = {
        "psnr": 99.123,
        "ssim": 0.1,
        "label_accuracy": 0.2,
        "balanced_accuracy": 0.9,
    }
    rows = headline_table(results).groups[1].rows
    assert [[place for place, cell in enumerate(row.cells) if cell.best] for row in rows] == [
        [3],
        [2],
        [2],
        [3],
    ]
    assert rows[0].cells[3].text == "99.12"


def test_differences_have_signs_and_shares_are_in_points(results: Results) -> None:
    rows = difference_table(results).groups[0].rows
    assert [cell.text for cell in rows[0].cells] == ["+7.67", "+0.1770", "+32.5 points", "+26.6 points"]
    assert rows[2].cells[0].text == "\N{MINUS SIGN}0.91"
    assert rows[2].cells[2].note == "\N{MINUS SIGN}4.1 to \N{MINUS SIGN}3.6 points"


def test_a_strength_is_said_in_its_own_unit(results: Results) -> None:
    rows = panel_table("", results.panels["salt_pepper"]).groups[0].rows
    notes = {row.head: row.note for row in rows if row.note}
    assert list(notes) == ["Median", "Non-local means", "Total variation", "Wavelet"]
    assert list(notes.values()) == ["window 3 px", "strength 0.08", "strength 0.0566", "strength 0.04"]


def test_where_some_faces_lack_a_label_the_caption_says_so(results: Results) -> None:
    assert headline_table(results).caption == "Means over 5 test faces; the best of each row is marked"
    results.audit["test"] |= {"kept": 1200, "emotions": {"none": 150}}
    assert headline_table(results).caption == (
        "Means over 1,200 test faces; accuracy over the 1,050 that have a label; "
        "the best of each row is marked"
    )


@pytest.mark.parametrize(
    ("psnr", "heat"),
    [(40.0, HEAT_LEVELS), (36.5, 3), (33.01, 1), (33.004, None), (33.0, None), (32.996, None), (32.9, 0)],
)
def test_the_colour_of_another_noise_follows_the_gain(
    results: Results, psnr: float, heat: int | None
) -> None:
    networks = results.cross_noise["unet"]
    networks["low_gaussian"]["low_gaussian"]["psnr"] = 40.0
    networks["high_gaussian"]["low_gaussian"]["psnr"] = 31.0
    networks["salt_pepper"]["low_gaussian"]["psnr"] = psnr
    table = cross_noise_table("unet", results)
    assert table.heads[0] == ("Low Gaussian", "noisy 33.00")
    cells = [row.cells[0] for row in table.groups[0].rows]
    assert [cell.heat for cell in cells] == [HEAT_LEVELS, 0, heat]
    assert cells[2].text == f"{psnr:.2f}"


def plane_with(gan: float, gan_psnr: float = 30.0) -> dict[str, dict[str, float]]:
    points = {
        "noisy": {"psnr": 25.0, "frechet": 9.0, "spectrum_error": 0.2},
        "unet": {"psnr": 31.0, "frechet": 1.5, "spectrum_error": 0.06},
        "gan": {"psnr": gan_psnr, "frechet": gan, "spectrum_error": 0.04},
    }
    if 25.0 < gan_psnr < 31.0:
        blend = {"psnr": gan_psnr, "frechet": 1.0, "spectrum_error": 0.05}
        points[EQUAL] = {**blend, "two_sample": 0.83, "share": 0.1}
    return points


@pytest.mark.parametrize(
    ("gan", "words", "end"),
    [
        (0.9, "(Fréchet distance 0.900) is nearer to the clean faces than", "(1.000): a gain."),
        (1.1, "(Fréchet distance 1.100) is further from the clean faces than", "(1.000): no gain."),
        (1.0, "(Fréchet distance 1.000) is as near to the clean faces as", "(1.000): no gain."),
        (0.9996, "(Fréchet distance 1.000) is as near to the clean faces as", "(1.000): no gain."),
    ],
)
def test_the_gan_is_judged_against_the_blend_of_its_psnr(gan: float, words: str, end: str) -> None:
    verdict = plane_verdict(plane_with(gan), 0.62)
    blend = "the U-Net blended with 10.0% of its noisy input"
    assert verdict == (
        f"At the same PSNR of 30.00 dB the GAN {words} {blend} {end} "
        "Two-sample score: 0.620 against 0.830; spectrum error: 0.0400 against 0.0500."
    )


@pytest.mark.parametrize(
    ("gan", "words"),
    [(1.4, "and it is nearer to"), (1.5, "and it is as near to"), (1.6, "but it is further from")],
)
def test_a_gan_that_gives_up_no_psnr_is_held_against_the_u_net(gan: float, words: str) -> None:
    verdict = plane_verdict(plane_with(gan, gan_psnr=31.2), 0.62)
    assert verdict.startswith("The GAN's PSNR (31.20 dB) is not below that of the U-Net (31.00 dB), ")
    assert f"{words} the clean faces" in verdict
    assert verdict.endswith(f"the U-Net (Fréchet distance {gan:.3f} against 1.500).")


def test_a_gan_without_more_psnr_than_the_noisy_faces_is_no_gain() -> None:
    assert plane_verdict(plane_with(0.1, gan_psnr=10.0), 0.62) == (
        "The GAN's PSNR (10.00 dB) is not above that of the noisy faces (25.00 dB): no gain."
    )


def test_a_line_runs_from_one_end_to_the_other_through_its_blends_by_their_share() -> None:
    points = plane_with(0.9)
    # A little of the noisy input may even raise the PSNR.
    points |= {
        "unet_noisy_40": {"psnr": 27.0, "frechet": 4.0},
        "unet_noisy_5": {"psnr": 31.2, "frechet": 1.2},
    }
    (line,) = [line for line in plane_chart("", points).lines if line.kind == "unet_noisy"]
    marks = {mark.text.split(":")[0]: (mark.x, mark.y) for mark in plane_chart("", points).marks}
    through = ["U-Net", "U-Net with 5% noisy input", "U-Net with 10.0% noisy input, at the GAN's PSNR"]
    through += ["U-Net with 40% noisy input", "Noisy"]
    assert line.points == [marks[name] for name in through]
