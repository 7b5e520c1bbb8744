"""Collect the results of all tasks: headline, each network on each noise, perception-distortion plane."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facedenoise.evaluation.headline import fidelity, headline, mean_scores
from facedenoise.files import read_json, write_json
from facedenoise.images.tensors import read_tensors, to_float
from facedenoise.models import MODELS
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.inference import denoise, load_denoiser
from facedenoise.models.inputs import TaskNoise
from facedenoise.params import Params
from facedenoise.progress import progress_bar
from facedenoise.shards import map_shards
from facedenoise.shards.rows import Rows, shards_of
from stages import run
from stages.leftovers import remove_leftovers
from stages.paths import CROSS_NOISE, METRICS, PLANE, eval_file, noisy_file, split_file, weights_file
from stages.settings import load_params

FaceScores: TypeAlias = Mapping[tuple[str, str], Mapping[str, NDArray[np.float64]]]
Headlines: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Any]]]


def main() -> None:
    """Write reports/metrics.json, reports/cross_noise.json and reports/perception_distortion.json."""
    params = load_params()
    tasks = list(params.tasks)
    remove_leftovers(tasks)
    panels = {task: read_json(eval_file(task, "json")) for task in tasks}
    headlines = {task: headline(panel) for task, panel in panels.items()}
    write_json(CROSS_NOISE, cross_noise(params, headlines))
    write_json(PLANE, {task: panel["plane"] for task, panel in panels.items()})
    write_json(METRICS, {**headlines, "clean": panels[tasks[0]]["clean"]})  # the same for all tasks
    print(readable(headlines))


def cross_noise(params: Params, headlines: Headlines) -> dict[str, Any]:
    """Score each network on each noise: by model, by the task it was trained on, by the task of the noise.

    The scores of a network on its own noise come from the headlines.
    """
    count = len(read_tensors(split_file("test"))["row"])
    shards = [Noisy(task, rows) for task in params.tasks for rows in shards_of("test", count)]
    scores = map_shards(CrossScoring(params), shards)
    bar = progress_bar(scores, total=len(shards), desc="each network on each noise", unit=" shards")
    parts: dict[str, list[FaceScores]] = {task: [] for task in params.tasks}
    for shard, of_faces in zip(shards, bar, strict=True):
        parts[shard.task].append(of_faces)
    return {
        model: {
            trained: {
                task: own_scores(headlines[task][model])
                if task == trained
                else mean_scores(each[model, trained] for each in parts[task])
                for task in parts
            }
            for trained in params.tasks
        }
        for model in MODELS
    }


def own_scores(scores: Mapping[str, Any]) -> dict[str, float]:
    """Return the scores of a headline that `fidelity` gives, too."""
    return {name: scores[name] for name in ("psnr", "ssim")}


class Noisy(NamedTuple):
    """Some test faces under the noise of a task."""

    task: str
    rows: Rows

    def __str__(self) -> str:
        """Say which."""
        return f"{self.task}: {self.rows}"


@dataclass(frozen=True)
class CrossScoring:
    """Scores the networks of other tasks on shards of noisy test faces; it keeps those that it has loaded."""

    params: Params

    def __call__(self, shard: Noisy) -> FaceScores:
        """Return the scores of each face, by the model and the task that it was trained on."""
        noise = TaskNoise(self.params.tasks[shard.task].noise, self.params.noise.seed, shard.task)
        test = read_tensors(split_file("test"))
        clean, rows = to_float(test["images"][shard.rows.slice]), test["row"][shard.rows.slice]
        noisy = read_tensors(noisy_file(shard.task, "test"))["images"][shard.rows.slice]
        return {
            (model, trained): fidelity(clean, denoise(network, noise.inputs(noisy, rows, told=network.level)))
            for (model, trained), network in self._networks.items()
            if trained != shard.task
        }

    @cached_property
    def _networks(self) -> dict[tuple[str, str], AttentionUNet]:
        names = product(MODELS, self.params.tasks)
        return {(model, task): load_denoiser(weights_file(task, model)) for model, task in names}


def readable(headlines: Headlines) -> str:
    """Lay out the headline as a table for the terminal."""
    lines = {(task, method): scores for task, panel in headlines.items() for method, scores in panel.items()}
    table = pd.DataFrame.from_dict(lines, orient="index")
    table["method"] = table["method"].fillna("")
    return table.rename_axis(["task", ""]).to_string(float_format="%.4f", na_rep="")


if __name__ == "__main__":
    run(main)
