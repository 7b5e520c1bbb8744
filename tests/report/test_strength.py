"""The curves over the strength: in a section of the page where the noise of a task varies, else nowhere."""

import pytest
from finished_run import DRAWN, MIXTURE, Read

from facedenoise.evaluation.strength import strength_curves
from facedenoise.report.model_card import render_model_card
from facedenoise.report.page import render_page
from facedenoise.report.results import Results
from facedenoise.report.run_tables import params_table
from facedenoise.report.score_tables import strength_table
from facedenoise.report.strength import curves_by_task, kind_title, strength_chart

DESCRIPTION = (
    "One of: Gaussian, standard deviation 0 to 0.25; Poisson, 20 to 500 photons in a white pixel; Gaussian, "
    "standard deviation 0 to 0.1, then 0 to 0.3 of the pixels replaced, 0.5 of these by white, the others by "
    "black"
)


@pytest.fixture
def results(read: Read) -> Results:
    return read(noise=MIXTURE)


def test_only_a_task_whose_noise_varies_has_curves_and_says_its_noise(read: Read, results: Results) -> None:
    assert list(curves_by_task(results)) == ["low_gaussian"]
    text = render_page(results)
    assert text.count('href="#strength"') == text.count('id="strength"') == 1
    assert f"<p>{DESCRIPTION}.</p>" in text
    assert '"#strength"' not in render_page(read())


def test_a_chart_has_a_line_for_each_method_with_a_dot_at_the_strongest_noise(results: Results) -> None:
    curves = curves_by_task(results)["low_gaussian"]
    assert sorted(curves) == sorted(DRAWN)
    chart = strength_chart("gaussian", curves["gaussian"])
    kinds = ["noisy", "median", "nlm", "tv", "wavelet", "unet", "gan"]
    assert [line.kind for line in chart.lines] == [mark.kind for mark in chart.marks] == kinds
    for line, mark in zip(chart.lines, chart.marks, strict=True):
        assert line.points[-1] == (mark.x, mark.y)
        assert line.points[0][0] < mark.x
        assert f"{mark.text}." in chart.description


def test_the_table_has_the_points_and_marks_the_best_of_each_strength(results: Results) -> None:
    curve = strength_curves(results.shown["low_gaussian"].table)["poisson"]
    table = strength_table("Poisson", curve)
    assert [head for head, _ in table.heads] == [f"{strength:.3f}" for strength in curve.index]
    rows = {row.head: row.cells for row in table.groups[0].rows}
    assert [cell.text for cell in rows["U-Net"]] == [f"{psnr:.2f}" for psnr in curve["unet"]]
    for place in range(len(curve)):
        (best,) = [cells[place].text for cells in rows.values() if cells[place].best]
        assert best == f"{curve.iloc[place].max():.2f}"


def test_kinds_are_named_in_words() -> None:
    assert kind_title("gaussian+salt_pepper") == "Gaussian, then salt pepper"


def test_the_model_card_and_the_params_say_a_mixture_as_it_was_given(results: Results) -> None:
    assert f"- **Low Gaussian noise**: {DESCRIPTION}\n" in render_model_card(results)
    rows = {row.head: row.cells[0].text for row in params_table(results.params).groups[0].rows}
    assert rows["data.noisy"] == "[]", "no cell is empty"
    noise = {key: text for key, text in rows.items() if key.startswith("tasks.low_gaussian.noise.")}
    assert {key.removeprefix("tasks.low_gaussian.noise."): text for key, text in noise.items()} == {
        "kind": "one_of",
        "of.0.kind": "gaussian",
        "of.0.std": "0.0, 0.25",
        "of.0.factor": "2.0",
        "of.1.kind": "poisson",
        "of.1.peak": "20.0, 500.0",
        "of.2.kind": "sequence",
        "of.2.of.0.kind": "gaussian",
        "of.2.of.0.std": "0.0, 0.1",
        "of.2.of.0.factor": "2.0",
        "of.2.of.1.kind": "salt_pepper",
        "of.2.of.1.factor": "0.0, 0.3",
        "of.2.of.1.salt_ratio": "0.5",
    }
    assert rows["model.widths"] == "16, 64, 128"
    assert rows["train.fresh_noise"] == "true"
