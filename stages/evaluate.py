"""Score every denoiser of every task on the test faces and their fixed noise.

Reads the splits, the noisy variants, the networks and the emotion classifier. Writes, for each task,
`reports/eval/TASK.csv`, one row per image, and `reports/eval/TASK.json`, the panel; across tasks
`reports/cross_noise.json` and `reports/perception_distortion.json`; and `reports/metrics.json`, the headline.
Denoised images are scored in floating point, clipped to [0, 1] and not rounded to 8 bits: what a
method does, not what a file format keeps of it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from facedenoise.data.tensors import read_tensors, to_float
from facedenoise.errors import InputError
from facedenoise.evaluation.classical import Tuned, apply, methods_for, tune
from facedenoise.evaluation.copies import has_copy
from facedenoise.evaluation.emotion import load_emotion
from facedenoise.evaluation.judge import FEWEST, Judge
from facedenoise.evaluation.panel import (
    assemble_panel,
    best_classical,
    emotion_columns,
    fidelity,
    headline,
    score_images,
    summarise,
)
from facedenoise.evaluation.plane import perception_distortion
from facedenoise.files import replacing
from facedenoise.inference import denoise, load_denoiser
from facedenoise.params import TASKS, Params, Task
from stages import run
from stages.paths import (
    CROSS_NOISE,
    EMOTION,
    METRICS,
    PLANE,
    noisy_file,
    panel_file,
    scores_file,
    split_file,
    weights_file,
)
from stages.settings import load_params

MODELS = ("unet", "gan")


@dataclass(frozen=True)
class TestFaces:
    """What all tasks share: the clean test faces, and what is known of each.

    Attributes
    ----------
    judge : Judge
        Holds the clean images.
    row, emotion : Tensor
        int64, shape (N,): the row in the CSV, and the label, -1 for none.
    seen : NDArray[np.bool_]
        Shape (N,): which have an exact copy among the training faces.
    """

    judge: Judge
    row: Tensor
    emotion: Tensor
    seen: NDArray[np.bool_]


def main() -> None:
    """Score each task, then what lies across tasks."""
    params, faces = load_params(), read_test_faces()
    cross: dict[str, Any] = {model: {trained: {} for trained in TASKS} for model in MODELS}
    planes: dict[str, Any] = {}
    headlines: dict[str, Any] = {}
    for task in TASKS:
        print(f"scoring {task}", flush=True)
        noisy = noisy_images(task, "test")
        own = network_estimates(task, noisy, faces.judge, cross)
        headlines[task] = score_task(params, task, faces, noisy, own)
        planes[task] = perception_distortion(noisy, own["unet"], own["gan"], faces.judge)
    write_json(CROSS_NOISE, cross)
    write_json(PLANE, planes)
    write_json(METRICS, {**headlines, "clean": clean_headline(faces.emotion, faces.judge.clean_answers)})
    print(readable(headlines))


def read_test_faces() -> TestFaces:
    """Read the test split and the classifier; refuse too few faces to be compared as a set."""
    path = split_file("test")
    test = read_tensors(path)
    if (count := len(test["images"])) < FEWEST:
        raise InputError(f"{path}: {count} face; give PrivateTest at least {FEWEST} rows")
    seen = has_copy(test["images"], read_tensors(split_file("train"))["images"])
    judge = Judge(load_emotion(EMOTION), to_float(test["images"]))
    return TestFaces(judge, test["row"], test["emotion"], seen)


def score_task(
    params: Params, task: Task, faces: TestFaces, noisy: Tensor, own: dict[str, Tensor]
) -> dict[str, dict[str, Any]]:
    """Write the table and the panel of a task's methods; give their headline."""
    baselines, tuned = classical_estimates(params, task, noisy)
    images = {"noisy": noisy, **baselines, **own}
    table = score_table(faces, images)
    panel = assemble_panel(table, images, faces.judge, tuned, faces.seen)
    write_table(scores_file(task), table)
    write_json(panel_file(task), panel)
    return headline(panel, best_classical(tuned))


def noisy_images(task: Task, split: str) -> Tensor:
    """Give the noisy images of a split."""
    return to_float(read_tensors(noisy_file(task, split))["images"])


def classical_estimates(
    params: Params, task: Task, noisy: Tensor
) -> tuple[dict[str, Tensor], dict[str, Tuned]]:
    """Give what the classical methods make of the test faces, and how they were tuned on val."""
    clean_val = to_float(read_tensors(split_file("val"))["images"])
    noisy_val = noisy_images(task, "val")
    methods = methods_for(getattr(params.noise, task))
    tuned = {method: tune(method, noisy_val, clean_val) for method in methods}
    return {method: apply(method, noisy, tuned[method].strength) for method in methods}, tuned


def network_estimates(task: Task, noisy: Tensor, judge: Judge, cross: dict[str, Any]) -> dict[str, Tensor]:
    """Give what the task's own networks make of the test faces; enter in `cross` what all networks score."""
    own = {}
    for model in MODELS:
        for trained in TASKS:
            denoised = denoise(load_denoiser(weights_file(trained, model)), noisy)
            cross[model][trained][task] = fidelity(judge.clean, denoised)
            if trained == task:
                own[model] = denoised
    return own


def score_table(faces: TestFaces, images: dict[str, Tensor]) -> pd.DataFrame:
    """Score each image of each method, and ask the classifier about each."""
    judge = faces.judge
    answers = {method: judge.answers(batch) for method, batch in images.items()}
    emotions = emotion_columns(faces.emotion, judge.clean_answers, answers)
    return score_images(judge.clean, faces.row, images).join(emotions)


def clean_headline(emotion: Tensor, answers: NDArray[np.int64]) -> dict[str, float]:
    """Give the classifier's accuracy on the clean images; nothing where there are no labels."""
    scores = summarise(emotion_columns(emotion, answers, {}), "clean")
    return {name: scores[name]["mean"] for name in ("emotion_accuracy",) if name in scores}


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, the same bytes on every system."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write JSON for people and programs."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def readable(headlines: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Lay out the headline as a table for the terminal."""
    lines = {(task, method): scores for task, panel in headlines.items() for method, scores in panel.items()}
    table = pd.DataFrame.from_dict(lines, orient="index")
    table["method"] = table["method"].fillna("")
    return table.rename_axis(["task", ""]).to_string(float_format="%.4f", na_rep="")


if __name__ == "__main__":
    run(main)
