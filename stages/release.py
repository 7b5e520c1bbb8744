"""Put networks of this checkout into the package, in half precision, with what they are and score.

This is no stage of dvc.yaml. Run `python -m stages.release` after a `dvc repro` on the real faces, or `python
-m stages.release TASK` once that task is trained, and commit what it writes to `src/facedenoise/pretrained/`.
"""

import subprocess
import sys
from dataclasses import asdict
from hashlib import sha256
from itertools import product
from pathlib import Path
from statistics import stdev
from typing import Any

import pandas as pd

from facedenoise.denoise.networks import RELEASED
from facedenoise.errors import InputError
from facedenoise.evaluation.headline import fidelity, mean_scores
from facedenoise.evaluation.rounding import rounded
from facedenoise.files import sha256_of
from facedenoise.images.tensors import read_tensors, to_float
from facedenoise.models import MODELS
from facedenoise.models.inference import denoise, load_denoiser
from facedenoise.models.inputs import TaskNoise
from facedenoise.models.weights import read_weights, write_weights
from facedenoise.params import Params
from stages import run
from stages.paths import history_file, noisy_file, split_file, weights_file
from stages.published import faces_here, over_seeds
from stages.settings import load_params, load_task


def main() -> None:
    """Write pretrained/TASK/{unet,gan}.safetensors, those that there are."""
    params = load_params()
    tasks = [load_task()[1]] if sys.argv[1:] else list(params.tasks)
    origin = {"commit": commit(), "data_sha256": sha256_of_source(Path(params.data.source))}
    for task, model in product(tasks, MODELS):
        if not weights_file(task, model).is_file():
            continue
        weights, description = read_weights(weights_file(task, model))
        test = test_scores(params, task, model)
        scores = {"val": val_scores(task, model), "test": test}
        trained = {"params": description["params"] | training_params(params, task, model)}
        half = {name: value.half() for name, value in weights.items()}
        path = RELEASED / task / f"{model}.safetensors"
        write_weights(path, half, {**description, **origin, **scores, **seed_spread(task, model), **trained})
        print(f"{path.relative_to(Path.cwd())}: test PSNR {test['psnr']:.2f} dB")


def commit() -> str:
    """Return the commit that is checked out."""
    command = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError("this is no git checkout; released networks name the commit they were trained with")
    return done.stdout.strip()


def sha256_of_source(path: Path) -> str:
    """Return the SHA-256 of a file, or, for a folder, of the names and hashes of its files."""
    if path.is_file():
        return sha256_of(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    listed = "".join(f"{file.relative_to(path).as_posix()} {sha256_of(file)}\n" for file in files)
    return sha256(listed.encode()).hexdigest()


def val_scores(task: str, model: str) -> dict[str, float]:
    """Return the validation scores of the weights that were kept: a U-Net's best, a GAN's last."""
    history = pd.read_csv(history_file(task, model))
    kept = int(history["val_psnr"].argmax()) if model == "unet" else -1
    return {name: round(float(history[f"val_{name}"].iloc[kept]), 4) for name in ("psnr", "ssim")}


def test_scores(params: Params, task: str, model: str) -> dict[str, float]:
    """Return the scores on the test faces, without rounding to 8 bits."""
    clean, noisy = (read_tensors(file) for file in (split_file("test"), noisy_file(task, "test")))
    network = load_denoiser(weights_file(task, model))
    noise = TaskNoise(params.tasks[task].noise, params.noise.seed, task)
    inputs = noise.inputs(noisy["images"], clean["row"], told=network.level)
    return mean_scores([fidelity(to_float(clean["images"]), denoise(network, inputs))])


def seed_spread(task: str, model: str) -> dict[str, dict[str, float]]:
    """Return how far seeds move the test scores, as standard deviations, if that is known."""
    scores = over_seeds(task, faces_here(task)).get(model)
    return {"seed_sd": {name: rounded(stdev(scores[name])) for name in ("psnr", "ssim")}} if scores else {}


def training_params(params: Params, name: str, model: str) -> dict[str, Any]:
    """Return what the network was trained with beside its noise: params of all tasks and its own together."""
    task = params.tasks[name]
    adversarial = {"gan": asdict(params.gan) | asdict(task.gan)} if model == "gan" else {}
    train = asdict(params.train) | asdict(task.train)
    common = {"data": asdict(params.data), "model": asdict(params.model)}
    return {**common, "after": task.after, "train": train, **adversarial}


if __name__ == "__main__":
    run(main)
