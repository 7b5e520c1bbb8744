"""Collect the results of all tasks: headline, each network on each noise, perception-distortion plane."""

from typing import Any

import pandas as pd

from facedenoise.evaluation.headline import fidelity, headline
from facedenoise.files import read_json, write_json
from facedenoise.images.tensors import read_tensors, to_float
from facedenoise.models import MODELS
from facedenoise.models.inference import denoise, load_denoiser
from facedenoise.models.inputs import TaskNoise
from facedenoise.params import Params
from facedenoise.progress import progress_bar
from stages import run
from stages.leftovers import remove_leftovers
from stages.paths import CROSS_NOISE, METRICS, PLANE, eval_file, noisy_file, split_file, weights_file
from stages.settings import load_params


def main() -> None:
    """Write reports/metrics.json, reports/cross_noise.json and reports/perception_distortion.json."""
    params = load_params()
    tasks = list(params.tasks)
    remove_leftovers(tasks)
    panels = {task: read_json(eval_file(task, "json")) for task in tasks}
    headlines = {task: headline(panel) for task, panel in panels.items()}
    write_json(CROSS_NOISE, cross_noise(params))
    write_json(PLANE, {task: panel["plane"] for task, panel in panels.items()})
    write_json(METRICS, {**headlines, "clean": panels[tasks[0]]["clean"]})  # the same for all tasks
    print(readable(headlines))


def cross_noise(params: Params) -> dict[str, Any]:
    """Score each network on each noise: by model, by the task it was trained on, by the task of the noise."""
    test = read_tensors(split_file("test"))
    clean = to_float(test["images"])
    scores: dict[str, Any] = {model: {trained: {} for trained in params.tasks} for model in MODELS}
    for name, task in progress_bar(params.tasks.items(), desc="each network on each noise", unit=" noises"):
        noise = TaskNoise(task.noise, params.noise.seed, name)
        noisy = read_tensors(noisy_file(name, "test"))["images"]
        for model, by_trained in scores.items():
            for trained, by_noise in by_trained.items():
                network = load_denoiser(weights_file(trained, model))
                inputs = noise.inputs(noisy, test["row"], told=network.level)
                by_noise[name] = fidelity(clean, denoise(network, inputs))
    return scores


def readable(headlines: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Lay out the headline as a table for the terminal."""
    lines = {(task, method): scores for task, panel in headlines.items() for method, scores in panel.items()}
    table = pd.DataFrame.from_dict(lines, orient="index")
    table["method"] = table["method"].fillna("")
    return table.rename_axis(["task", ""]).to_string(float_format="%.4f", na_rep="")


if __name__ == "__main__":
    run(main)
