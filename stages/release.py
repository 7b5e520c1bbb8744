"""Put the networks of this checkout into the package, in half precision, with what they are and score.

No stage of dvc.yaml: run `python -m stages.release` after a `dvc repro` on the real faces, and commit what
it writes to `src/facedenoise/pretrained/`.
"""

import subprocess
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from facedenoise.denoise.networks import RELEASED
from facedenoise.errors import InputError
from facedenoise.files import read_json, sha256_of
from facedenoise.models import MODELS
from facedenoise.models.weights import read_weights, write_weights
from facedenoise.params import Params
from stages import run
from stages.paths import METRICS, history_file, weights_file
from stages.settings import load_params


def main() -> None:
    """Write pretrained/TASK/{unet,gan}.safetensors."""
    params, metrics = load_params(), read_json(METRICS)
    origin = {"commit": commit(), "data_sha256": sha256_of(Path(params.data.csv))}
    for task, model in product(params.tasks, MODELS):
        weights, description = read_weights(weights_file(task, model))
        test = {name: metrics[task][model][name] for name in ("psnr", "ssim")}
        scores = {"val": val_scores(task, model), "test": test}
        trained = {"params": description["params"] | training_params(params, task, model)}
        half = {name: value.half() for name, value in weights.items()}
        path = RELEASED / task / f"{model}.safetensors"
        write_weights(path, half, {**description, **origin, **scores, **trained})
        print(f"{path.relative_to(Path.cwd())}: test PSNR {test['psnr']:.2f} dB")


def commit() -> str:
    """Return the commit that is checked out."""
    command = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError("this is no git checkout; released networks name the commit they were trained with")
    return done.stdout.strip()


def val_scores(task: str, model: str) -> dict[str, float]:
    """Return the validation scores of the weights that were kept: a U-Net's best, a GAN's last."""
    history = pd.read_csv(history_file(task, model))
    kept = int(history["val_psnr"].argmax()) if model == "unet" else -1
    return {name: round(float(history[f"val_{name}"].iloc[kept]), 4) for name in ("psnr", "ssim")}


def training_params(params: Params, name: str, model: str) -> dict[str, Any]:
    """Return what the network was trained with beside its noise: params of all tasks and its own together."""
    task = params.tasks[name]
    adversarial = {"gan": asdict(params.gan) | asdict(task.gan)} if model == "gan" else {}
    train = asdict(params.train) | asdict(task.train)
    common = {"data": asdict(params.data), "model": asdict(params.model)}
    return {**common, "after": task.after, "train": train, **adversarial}


if __name__ == "__main__":
    run(main)
