"""The scores as tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from facedenoise.report.plane import Points, point_title
from facedenoise.report.results import Results
from facedenoise.report.score import SCORES, mean
from facedenoise.report.style import COLUMN_TITLES, METHOD_TITLES
from facedenoise.report.table import HEAT_LEVELS, Cell, Row, RowGroup, Table

Scores = Mapping[str, Any]
PANEL = ("psnr", "ssim", "gmsd", "haarpsi", "spectrum_error", "two_sample", "frechet")
DIFFERENCES = {
    "unet_minus_noisy": "U-Net minus noisy",
    "unet_minus_classical": "U-Net minus best classical",
    "gan_minus_unet": "GAN minus U-Net",
}


def headline_table(results: Results) -> Table:
    """Compare noisy, classical, U-Net and GAN by the numbers of `reports/metrics.json`."""
    names = results.headline_scores
    means = {
        task: [{name: mean(scores[name]) for name in names} for scores in four]
        for task, four in _fours(results, results.panels).items()
    }
    return _comparison(results, f"Means over {_faces(results)}; the best of each row is marked", names, means)


def label_table(results: Results) -> Table:
    """Compare the same four by what the classifier makes of them."""
    balanced = "Balanced: the mean of the accuracies of the labels"
    caption = f"Accuracy: right answers. {balanced}. Agreement: the same answer as on the clean face"
    fours = _fours(results, results.panels)
    return _comparison(results, caption, ("label_accuracy", "balanced_accuracy", "label_agreement"), fours)


def without_copies_table(results: Results) -> Table | None:
    """Compare without the test faces that are also training faces; None if no face is, or all are."""
    if not results.faces_without_copy:
        return None
    fours = _fours(results, {task: panel["without_copies"] for task, panel in results.panels.items()})
    caption = "Without the test faces that have an exact copy among the training faces"
    return _comparison(
        results, f"{caption}; {results.faces_without_copy:,} are left", ("psnr", "ssim"), fours
    )


def difference_table(results: Results) -> Table:
    """Show the paired differences, each with its interval."""
    names = results.headline_scores
    rows = {
        task: [
            Row(title, [_difference(name, panel["differences"][key][name]) for name in names])
            for key, title in DIFFERENCES.items()
        ]
        for task, panel in results.panels.items()
    }
    heads = [(SCORES[name].title, "") for name in names]
    return Table("Paired differences", "Difference", heads, _by_task(results, rows))


def panel_table(title: str, panel: Scores) -> Table:
    """Show every method of a task by every score, with intervals; the best of each column is marked."""
    methods = [method for method in METHOD_TITLES if method in panel]
    columns = [_score_cells(name, [panel[method][name] for method in methods]) for name in PANEL]
    rows = [
        Row(METHOD_TITLES[method], cells, _strength(method, panel[method]))
        for method, cells in zip(methods, zip(*columns, strict=True), strict=True)
    ]
    return Table(title, "Method", _judged_heads(PANEL), [RowGroup(rows)])


def plane_table(title: str, points: Points) -> Table:
    """List the points of a perception-distortion plane."""
    names = ("psnr", "frechet", "spectrum_error")
    rows = [
        Row(point_title(name, point), [Cell(SCORES[score].write(point[score])) for score in names])
        for name, point in points.items()
    ]
    return Table(title, "Image", _judged_heads(names), [RowGroup(rows)])


def strength_table(title: str, curve: pd.DataFrame) -> Table:
    """List the points of the curves over the strength of a noise; the best of each strength is marked."""
    methods = [method for method in METHOD_TITLES if method in curve]
    columns = [_score_cells("psnr", psnr) for psnr in curve[methods].to_numpy().tolist()]
    rows = [
        Row(METHOD_TITLES[method], cells)
        for method, cells in zip(methods, zip(*columns, strict=True), strict=True)
    ]
    heads = [(f"{strength:.3f}", "") for strength in curve.index]
    return Table(f"{title}: PSNR in dB by strength", "Method", heads, [RowGroup(rows)])


def cross_noise_table(model: str, results: Results) -> Table:
    """Show how a model, trained on each noise, does on every noise; heat shows the share of the best gain."""
    short = {task: title.removesuffix(" noise") for task, title in results.titles.items()}
    noisy = {task: mean(panel["noisy"]["psnr"]) for task, panel in results.panels.items()}
    networks = results.cross_noise[model]
    best = {noise: max(by_noise[noise]["psnr"] for by_noise in networks.values()) for noise in noisy}
    write = SCORES["psnr"].write
    rows = []
    for trained_on, by_noise in networks.items():
        psnr = {noise: scores["psnr"] for noise, scores in by_noise.items()}
        heats = [_heat(psnr[noise] - noisy[noise], best[noise] - noisy[noise]) for noise in psnr]
        cells = [Cell(write(value), heat=heat) for value, heat in zip(psnr.values(), heats, strict=True)]
        rows.append(Row(short[trained_on], cells))
    heads = [(short[task], f"noisy {write(psnr)}") for task, psnr in noisy.items()]
    return Table(f"{METHOD_TITLES[model]}: PSNR in dB", "Trained on", heads, [RowGroup(rows)])


def _fours(results: Results, panels: Mapping[str, Scores]) -> dict[str, list[Scores]]:
    """Return the scores of the four that the headline compares, for each task."""
    behind = {task: [results.method(task, column) for column in COLUMN_TITLES] for task in panels}
    return {task: [panels[task][method] for method in methods] for task, methods in behind.items()}


def _comparison(
    results: Results, caption: str, names: Iterable[str], fours: Mapping[str, Sequence[Scores]]
) -> Table:
    """Compare the four, a group of rows for each task and a row for each score."""
    rows = {
        task: [
            Row(SCORES[name].title, _score_cells(name, [scores[name] for scores in four])) for name in names
        ]
        for task, four in fours.items()
    }
    heads = [(title, "") for title in COLUMN_TITLES.values()]
    return Table(caption, "Noise", heads, _by_task(results, rows))


def _by_task(results: Results, rows: Mapping[str, Sequence[Row]]) -> list[RowGroup]:
    notes = {task: f"best classical: {results.classical_title(task).lower()}" for task in rows}
    return [RowGroup(lines, results.titles[task], notes[task]) for task, lines in rows.items()]


def _judged_heads(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(SCORES[name].title, SCORES[name].better) for name in names]


def _faces(results: Results) -> str:
    """Count the test faces, and the faces with a label if these are fewer."""
    test = results.audit["test"]
    labelled = test["kept"] - test["emotions"]["none"]
    faces = f"{test['kept']:,} test faces"
    if results.clean_accuracy is None or labelled == test["kept"]:
        return faces
    return f"{faces}; accuracy over the {labelled:,} that have a label"


def _score_cells(name: str, values: Sequence[Any]) -> list[Cell]:
    """Write scores that are compared with each other, plain numbers or means with intervals."""
    score, means = SCORES[name], [mean(value) for value in values]
    notes = [score.write_range(value) if isinstance(value, dict) else "" for value in values]
    best = score.best(means)
    return [
        Cell(score.write(middle), note, middle == best) for middle, note in zip(means, notes, strict=True)
    ]


def _strength(method: str, scores: Scores) -> str:
    strength = scores.get("strength")
    if strength is None:
        return ""
    return f"window {strength:g} px" if method == "median" else f"strength {strength:g}"


def _difference(name: str, interval: Mapping[str, float]) -> Cell:
    middle, low, high = (SCORES[name].write_difference(interval[key]) for key in ("mean", "low", "high"))
    return Cell(middle, f"{low.removesuffix(' points')} to {high}")


def _heat(gain: float, best: float) -> int | None:
    """Grade a gain by its share of the best one; a gain that rounds to zero has no grade."""
    if not round(gain, 2):
        return None
    return 1 + int(gain / best * (HEAT_LEVELS - 1)) if gain > 0 else 0
