"""Draw the pictures: sample faces, the noises, what each denoiser makes of test faces, the trainings.

Reads the splits, the noisy test faces, the weights, the scores that `evaluate` wrote and the histories of
the trainings; writes PNG files to `reports/figures`. The faces are evenly spaced over the test rows and the
same in all pictures of denoised faces; no number is computed anew.
"""

import pandas as pd
import torch

from facedenoise.data.tensors import read_tensors, to_float, to_uint8
from facedenoise.inference import denoise, load_denoiser
from facedenoise.params import TASKS
from facedenoise.report.curves import training_figure
from facedenoise.report.figures import evenly_spaced, noise_figure, sample_figure, task_figure
from facedenoise.report.style import save_png
from stages import run
from stages.paths import FIGURES, history_file, noisy_file, scores_file, split_file, weights_file
from stages.settings import load_params

FACES_BY_NOISE, FACES_BY_TASK = 3, 4


def main() -> None:
    """Draw every picture."""
    load_params()  # a bad param stops here as in every stage, before any work
    train = read_tensors(split_file("train"))
    save_png(sample_figure(train["images"], train["emotion"]), FIGURES / "samples.png")
    draw_test_faces()
    save_png(training_figure(histories("unet"), histories("gan")), FIGURES / "training.png")


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
        faces = {**denoised(task, noisy[task][shown]), "clean": clean[shown]}
        save_png(task_figure(task, faces, tables[task], shown), FIGURES / f"{task}.png")
    shown = evenly_spaced(len(clean), FACES_BY_NOISE)
    save_png(noise_figure(clean, noisy, tables, shown), FIGURES / "noise.png")


def denoised(task: str, noisy: torch.Tensor) -> dict[str, torch.Tensor]:
    """Give uint8 faces as they are, and what each network of their task makes of them."""
    faces = {"noisy": noisy}
    for model in ("unet", "gan"):
        network = load_denoiser(weights_file(task, model))
        faces[model] = to_uint8(denoise(network, to_float(noisy)))
    return faces


if __name__ == "__main__":
    run(main)
