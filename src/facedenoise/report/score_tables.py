"""The scores as tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from facedenoise.params import TASKS
from facedenoise.report.results import COLUMN_TITLES, Results
from facedenoise.report.score import SCORES, mean
from facedenoise.report.style import METHOD_TITLES, TASK_TITLES
from facedenoise.report.table import HEAT_LEVELS, Cell, Group, Row, Table

PANEL = ("psnr", "ssim", "gmsd", "haarpsi", "spectrum_error", "two_sample", "frechet")
DIFFERENCES = {
    "unet_minus_noisy": "U-Net minus noisy",
    "unet_minus_classical": "U-Net minus best classical",
    "gan_minus_unet": "GAN minus U-Net",
}
MISSING = Cell("\N{EN DASH}")


def headline_table(results: Results) -> Table:
    """Compare noisy, classical, U-Net and GAN by the numbers of `reports/metrics.json`."""
    groups = []
    for task in TASKS:
        scores = [results.metrics[task][column] for column in COLUMN_TITLES]
        rows = _score_rows(results.headline_scores, scores)
        groups.append(Group(rows, TASK_TITLES[task], _classical_note(results, task)))
    caption = f"Means over {_faces(results)}; the best of each row is marked"
    return Table(caption, "Noise", [(title, "") for title in COLUMN_TITLES.values()], groups)


def emotion_table(results: Results) -> Table:
    """Compare the same four by what the emotion classifier makes of them."""
    groups = []
    for task in TASKS:
        scores = [results.scores(task, column) for column in COLUMN_TITLES]
        rows = _score_rows(("emotion_accuracy", "emotion_agreement"), scores)
        groups.append(Group(rows, TASK_TITLES[task], _classical_note(results, task)))
    caption = "Accuracy: right answers. Agreement: the same answer as on the clean face"
    return Table(caption, "Noise", [(title, "") for title in COLUMN_TITLES.values()], groups)


def panel_table(task: str, evaluation: Mapping[str, Any]) -> Table:
    """Show every method of a task by every score, with intervals; the best of each column is marked."""
    methods = [method for method in METHOD_TITLES if method in evaluation]
    columns = [_score_cells(name, [evaluation[method].get(name) for method in methods]) for name in PANEL]
    rows = [
        Row(METHOD_TITLES[method], cells, _strength(method, evaluation[method]))
        for method, cells in zip(methods, zip(*columns, strict=True), strict=True)
    ]
    heads = [(SCORES[name].title, SCORES[name].better) for name in PANEL]
    return Table(TASK_TITLES[task], "Method", heads, [Group(rows)])


def difference_table(results: Results) -> Table:
    """Show the paired differences, each with its interval."""
    names = results.headline_scores
    groups = []
    for task in TASKS:
        differences = results.evaluations[task]["differences"]
        rows = [
            Row(title, [_difference(name, differences[key][name]) for name in names])
            for key, title in DIFFERENCES.items()
        ]
        groups.append(Group(rows, TASK_TITLES[task], _classical_note(results, task)))
    heads = [(SCORES[name].title, "") for name in names]
    return Table("Paired differences", "Difference", heads, groups)


def cross_noise_table(model: str, results: Results) -> Table:
    """Show what a model, trained on each noise, makes of every noise; heat is the share of the best gain."""
    short = {task: title.removesuffix(" noise") for task, title in TASK_TITLES.items()}
    rows = []
    for trained_on, by_noise in results.cross_noise[model].items():
        cells = [_cross_cell(results, model, noise, scores["psnr"]) for noise, scores in by_noise.items()]
        rows.append(Row(short[trained_on], cells))
    write = SCORES["psnr"].write
    heads = [(short[task], f"noisy {write(results.metrics[task]['noisy']['psnr'])}") for task in TASKS]
    return Table(f"{METHOD_TITLES[model]}: PSNR in dB", "Trained on", heads, [Group(rows)])


def plane_table(task: str, points: Mapping[str, Mapping[str, float]], titles: Mapping[str, str]) -> Table:
    """List the points of a perception-distortion plane."""
    names = ("psnr", "frechet", "spectrum_error")
    rows = [
        Row(titles[point], [Cell(SCORES[name].write(scores[name])) for name in names])
        for point, scores in points.items()
    ]
    heads = [(SCORES[name].title, SCORES[name].better) for name in names]
    return Table(TASK_TITLES[task], "Image", heads, [Group(rows)])


def without_copies_table(results: Results) -> Table | None:
    """Compare without the test faces that also stand in the training data; None where none has, or all."""
    groups = []
    for task in TASKS:
        left = results.evaluations[task].get("without_copies", {"faces": 0})
        if left["faces"]:
            scores = [left[results.method(task, column)] for column in COLUMN_TITLES]
            note = f"{left['faces']:,} faces; {_classical_note(results, task)}"
            groups.append(Group(_score_rows(("psnr", "ssim"), scores), TASK_TITLES[task], note))
    caption = "Without the test faces that have an exact copy among the training faces"
    heads = [(title, "") for title in COLUMN_TITLES.values()]
    return Table(caption, "Noise", heads, groups) if groups else None


def _faces(results: Results) -> str:
    """Count the test faces; those with a label too where there are fewer."""
    test = results.audit["test"]
    labelled = test["kept"] - test["emotions"]["none"]
    faces = f"{test['kept']:,} test faces"
    if results.clean_accuracy is None or labelled == test["kept"]:
        return faces
    return f"{faces}; emotion accuracy over the {labelled:,} that have a label"


def _classical_note(results: Results, task: str) -> str:
    return f"best classical: {results.classical_title(task).lower()}"


def _score_rows(names: Iterable[str], scores: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Give a row for each score that there is, the best of each row marked."""
    present = [name for name in names if any(name in method for method in scores)]
    return [
        Row(SCORES[name].title, _score_cells(name, [method.get(name) for method in scores]))
        for name in present
    ]


def _score_cells(name: str, values: Sequence[Any]) -> list[Cell]:
    """Write scores that are compared with each other; None is one that is missing."""
    score = SCORES[name]
    best = score.best([mean(value) for value in values if value is not None])
    return [
        MISSING if value is None else replace(_score_cell(name, value), best=mean(value) == best)
        for value in values
    ]


def _score_cell(name: str, value: Any) -> Cell:  # noqa: ANN401
    note = SCORES[name].write_range(value) if isinstance(value, dict) else ""
    return Cell(SCORES[name].write(mean(value)), note)


def _strength(method: str, scores: Mapping[str, Any]) -> str:
    strength = scores.get("strength")
    if strength is None:
        return ""
    return f"window {strength:g} px" if method == "median" else f"strength {strength:g}"


def _difference(name: str, interval: Mapping[str, float]) -> Cell:
    score = SCORES[name]
    middle, low, high = (score.write_difference(interval[key]) for key in ("mean", "low", "high"))
    return Cell(middle, f"{low.removesuffix(' points')} to {high}")


def _cross_cell(results: Results, model: str, noise: str, psnr: float) -> Cell:
    noisy = results.metrics[noise]["noisy"]["psnr"]
    best = max(by_noise[noise]["psnr"] for by_noise in results.cross_noise[model].values())
    return Cell(SCORES["psnr"].write(psnr), heat=_heat(psnr - noisy, best - noisy))


def _heat(gain: float, best: float) -> int | None:
    """Grade a gain by its share of the best one; nothing that can be seen in print has no grade."""
    if not round(gain, 2):
        return None
    return 1 + int(gain / best * (HEAT_LEVELS - 1)) if gain > 0 else 0
