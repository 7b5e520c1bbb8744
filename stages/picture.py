"""Draw the picture of one task: test faces noisy, denoised and clean, with their scores."""

import pandas as pd

from facedenoise.images.tensors import read_tensors
from facedenoise.report.figures import task_figure
from facedenoise.report.grid import save_png
from facedenoise.report.shown import Shown
from stages import run
from stages.paths import FIGURES, eval_file, shown_file
from stages.settings import load_task


def main() -> None:
    """Write reports/figures/TASK.png from what `evaluate` wrote."""
    params, task = load_task()
    save_png(task_figure(read_shown(task, params.titles[task])), FIGURES / f"{task}.png")


def read_shown(task: str, title: str) -> Shown:
    """Read the scores of a task, and the faces that are shown."""
    return Shown(title, pd.read_csv(eval_file(task, "csv")), read_tensors(shown_file(task)))


if __name__ == "__main__":
    run(main)
