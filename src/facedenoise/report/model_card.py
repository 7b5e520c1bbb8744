"""The model card: what the networks are for, what they can, and where they end."""

from collections.abc import Mapping

from facedenoise.params import TASKS, Params
from facedenoise.report import run_tables, score_tables
from facedenoise.report.plane import plane_verdicts
from facedenoise.report.results import Results
from facedenoise.report.style import TASK_TITLES
from facedenoise.report.table import Cell, Group, Row, Table
from facedenoise.report.templating import render


def render_model_card(results: Results, sizes: Mapping[str, int]) -> str:
    """Write the model card.

    Parameters
    ----------
    results : Results
        All numbers; what they do not hold is left out.
    sizes : mapping of str to int
        How many parameters each network has, by the name of its weights file.

    Returns
    -------
    str
        Markdown. What it says of the data is taken from the params and counts alone.
    """
    return render(
        "model_card.md.j2",
        results=results,
        audit=results.audit,
        side=results.audit["image_size"],
        sizes=sizes,
        noise=_noise_table(results.params),
        headline=score_tables.headline_table(results),
        differences=score_tables.difference_table(results),
        without_copies=score_tables.without_copies_table(results),
        verdicts=plane_verdicts(results),
        splits=run_tables.split_table(results.audit),
        shared=run_tables.shared_table(results.audit),
        classes=run_tables.class_table(results.audit),
        task_titles=TASK_TITLES,
    )


def _noise_table(params: Params) -> Table:
    rows = [Row(TASK_TITLES[task], [Cell(getattr(params.noise, task).description)]) for task in TASKS]
    return Table("The three noises", "Task", [("Noise on intensities from 0 to 1", "")], [Group(rows)])
