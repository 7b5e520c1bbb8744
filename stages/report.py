"""Draw the pictures, and write the page and the model card.

Reads the splits, the noisy test faces, the weights, what `evaluate` wrote and the histories of the
trainings; writes PNG files to `reports/figures`, `reports/index.html` and `reports/model_card.md`. The faces
of the pictures are evenly spaced over the test rows; no score is computed anew.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from facedenoise.data.tensors import read_tensors, to_float, to_uint8
from facedenoise.evaluation.classical import apply
from facedenoise.files import replacing
from facedenoise.inference import denoise, load_denoiser
from facedenoise.models.weights import read_weights
from facedenoise.params import TASKS, Params
from facedenoise.report.curves import training_figure
from facedenoise.report.figures import evenly_spaced, noise_figure, sample_figure, task_figure
from facedenoise.report.gallery import Face, Gallery, build_faces, build_gallery, choose_faces
from facedenoise.report.model_card import render_model_card
from facedenoise.report.page import render_page
from facedenoise.report.results import Results
from facedenoise.report.style import save_png
from stages import run
from stages.paths import (
    CROSS_NOISE,
    DATA_AUDIT,
    EMOTION,
    EMOTION_HISTORY,
    FIGURES,
    METRICS,
    MODEL_CARD,
    PAGE,
    PLANE,
    history_file,
    noisy_file,
    panel_file,
    scores_file,
    split_file,
    weights_file,
)
from stages.settings import load_params

FACES_BY_NOISE, FACES_BY_TASK = 3, 4
MODELS = ("unet", "gan")


def main() -> None:
    """Draw every picture, then write the page and the model card."""
    params = load_params()
    train = read_tensors(split_file("train"))
    save_png(sample_figure(train["images"], train["emotion"]), FIGURES / "samples.png")
    draw_test_faces()
    save_png(training_figure(histories("unet"), histories("gan")), FIGURES / "training.png")
    write_page(params)


def write_page(params: Params) -> None:
    """Write the page and the model card."""
    results = read_results(params)
    write_text(PAGE, render_page(results, hero_faces(), [gallery(task, results) for task in TASKS]))
    write_text(MODEL_CARD, render_model_card(results, network_sizes()))


def histories(model: str) -> dict[str, pd.DataFrame]:
    """Read the training histories of all tasks."""
    return {task: pd.read_csv(history_file(task, model)) for task in TASKS}


def draw_test_faces() -> None:
    """Draw test faces under each noise, and denoised by each task's networks."""
    clean = read_tensors(split_file("test"))["images"]
    noisy: dict[str, torch.Tensor] = {}
    tables: dict[str, pd.DataFrame] = {}
    shown = evenly_spaced(len(clean), FACES_BY_TASK)
    for task in TASKS:
        noisy[task] = read_tensors(noisy_file(task, "test"))["images"]
        tables[task] = pd.read_csv(scores_file(task))
        save_png(task_figure(task, test_faces(task, shown), tables[task], shown), FIGURES / f"{task}.png")
    shown = evenly_spaced(len(clean), FACES_BY_NOISE)
    save_png(noise_figure(clean, noisy, tables, shown), FIGURES / "noise.png")


def test_faces(task: str, shown: NDArray[np.int64]) -> dict[str, torch.Tensor]:
    """Give test faces as uint8: noisy, as each network of their task denoises them, and clean."""
    noisy = read_tensors(noisy_file(task, "test"))["images"][shown]
    networks = {model: load_denoiser(weights_file(task, model)) for model in MODELS}
    denoised = {model: to_uint8(denoise(network, to_float(noisy))) for model, network in networks.items()}
    return {"noisy": noisy, **denoised, "clean": read_tensors(split_file("test"))["images"][shown]}


def read_results(params: Params) -> Results:
    """Read all that a run has found."""
    tensors = [split_file(split) for split in ("train", "val", "test")]
    return Results(
        params=params,
        hashes={str(path): sha256(path) for path in (*tensors, *network_files(), EMOTION)},
        audit=read_json(DATA_AUDIT),
        metrics=read_json(METRICS),
        evaluations={task: read_json(panel_file(task)) for task in TASKS},
        cross_noise=read_json(CROSS_NOISE),
        planes=read_json(PLANE),
        histories={model: histories(model) for model in MODELS},
        emotion_history=pd.read_csv(EMOTION_HISTORY),
    )


def hero_faces() -> list[Face]:
    """Give the middle test face under each noise, noisy and denoised by the U-Net."""
    faces = []
    for task in TASKS:
        table = pd.read_csv(scores_file(task))
        shown = evenly_spaced(len(table), 1)
        images = test_faces(task, shown)
        faces += build_faces(task, table.iloc[shown], {name: images[name] for name in ("noisy", "unet")})
    return faces


def gallery(task: str, results: Results) -> Gallery:
    """Give a task's evenly spaced, best and worst faces, denoised in every way that the page compares."""
    method = results.method(task, "classical")
    table = pd.read_csv(scores_file(task)).rename(columns={f"{method}_psnr": "classical_psnr"})
    groups = choose_faces(table, results.audit["image_size"])
    images = test_faces(task, np.concatenate(list(groups.values())))
    strength = results.evaluations[task][method].get("strength")
    images["classical"] = to_uint8(apply(method, to_float(images["noisy"]), strength))
    return build_gallery(task, groups, table, images)


def network_files() -> list[Path]:
    """Give the weights of all denoisers."""
    return [weights_file(task, model) for task in TASKS for model in MODELS]


def network_sizes() -> dict[str, int]:
    """Count the parameters of all denoisers."""
    return {
        str(path): sum(value.numel() for value in read_weights(path)[0].values()) for path in network_files()
    }


def sha256(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> Any:  # noqa: ANN401
    """Read what `evaluate` or `split` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    run(main)
