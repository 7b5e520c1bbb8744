"""Draw the pictures of faces and noises, and write the page and the model card.

It reads only what other stages wrote: the splits, the noisy test faces, the scores and shown faces of all
tasks, and the histories of the trainings; and what benchmarks/seeds.py has published. It writes two PNG files
to `reports/figures`, `reports/index.html` and `reports/model_card.md`.
"""

import pandas as pd

from facedenoise.files import read_json, sha256_of, write_text
from facedenoise.images.tensors import read_labels, read_tensors
from facedenoise.models import MODELS
from facedenoise.params import Params
from facedenoise.report.figures import noise_figure, sample_figure
from facedenoise.report.grid import save_png
from facedenoise.report.model_card import render_model_card
from facedenoise.report.page import render_page
from facedenoise.report.results import Results
from stages import paths, run
from stages.leftovers import remove_leftovers
from stages.picture import read_shown
from stages.published import faces_here, over_seeds
from stages.settings import load_params


def main() -> None:
    """Write the two pictures, the page and the model card."""
    params = load_params()
    remove_leftovers(params.tasks)
    results = read_results(params)
    train = read_tensors(paths.split_file("train"))
    save_png(sample_figure(train["images"], train["emotion"], results.labels), paths.FIGURES / "samples.png")
    save_png(noise_figure(list(results.shown.values())), paths.FIGURES / "noise.png")
    write_text(paths.PAGE, render_page(results))
    write_text(paths.MODEL_CARD, render_model_card(results))


def read_results(params: Params) -> Results:
    """Read all that a run has found."""
    files = [*map(paths.split_file, paths.SPLIT_NAMES), paths.CLASSIFIER]
    panels = {task: read_json(paths.eval_file(task, "json")) for task in params.tasks}
    networks = {
        str(paths.weights_file(task, model)): panel["networks"][model]
        for task, panel in panels.items()
        for model in MODELS
    }
    return Results(
        params=params,
        hashes={
            **{str(file): sha256_of(file) for file in files},
            **{name: network["sha256"] for name, network in networks.items()},
        },
        sizes={name: network["parameters"] for name, network in networks.items()},
        audit=read_json(paths.DATA_AUDIT),
        panels=panels,
        shown={task: read_shown(task, title) for task, title in params.titles.items()},
        cross_noise=read_json(paths.CROSS_NOISE),
        histories={
            model: {task: pd.read_csv(paths.history_file(task, model)) for task in params.tasks}
            for model in MODELS
        },
        classifier_history=pd.read_csv(paths.CLASSIFIER_HISTORY),
        labels=read_labels(paths.split_file("train")),
        over_seeds={task: over_seeds(task, faces_here(task)) for task in params.tasks},
    )


if __name__ == "__main__":
    run(main)
