"""Put the networks of this checkout into the package, in half precision, with what they are and score.

No stage of dvc.yaml: run `python -m stages.release` after a `dvc repro` on the real faces, and commit what
it writes to `src/facedenoise/pretrained/`.
"""

import json
import subprocess
from dataclasses import asdict
from hashlib import file_digest
from pathlib import Path
from typing import Any

import pandas as pd

from facedenoise.errors import InputError
from facedenoise.models.weights import read_weights, write_weights
from facedenoise.params import TASKS, Params, Task
from facedenoise.released import MODELS, RELEASED
from stages import run
from stages.paths import METRICS, history_file, weights_file
from stages.settings import load_params, of_task


def main() -> None:
    """Write pretrained/TASK/{unet,gan}.safetensors."""
    params = load_params()
    facts = {"commit": commit(), "data_sha256": sha256(Path(params.data.csv))}
    metrics = json.loads(METRICS.read_text(encoding="utf-8"))
    for task in TASKS:
        for model in MODELS:
            weights, description = read_weights(weights_file(task, model))
            scores = {"val": val_scores(task, model), "test": only_fidelity(metrics[task][model])}
            trained_with = {"params": training_params(params, task, model)}
            half = {name: value.half() for name, value in weights.items()}
            path = RELEASED / task / f"{model}.safetensors"
            write_weights(path, half, {**description, **facts, **scores, **trained_with})
            print(f"{path.relative_to(Path.cwd())}: test PSNR {scores['test']['psnr']:.2f} dB")


def commit() -> str:
    """Name the commit that is checked out."""
    command = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError("this is no git checkout; released networks name the commit they were trained with")
    return done.stdout.strip()


def sha256(path: Path) -> str:
    """Give the hash of a file."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def val_scores(task: Task, model: str) -> dict[str, float]:
    """Give the validation scores of the weights that were kept: a U-Net's best, a GAN's last."""
    history = pd.read_csv(history_file(task, model))
    kept = int(history["val_psnr"].argmax()) if model == "unet" else -1
    return {name: round(float(history[f"val_{name}"].iloc[kept]), 4) for name in ("psnr", "ssim")}


def only_fidelity(scores: dict[str, float]) -> dict[str, float]:
    """Leave PSNR and SSIM of a headline."""
    return {name: scores[name] for name in ("psnr", "ssim")}


def training_params(params: Params, task: Task, model: str) -> dict[str, Any]:
    """Give the params that the network was trained with, nested as in params.yaml."""
    sections = {"noise": of_task(params.noise, task), "train": of_task(params.train, task)}
    adversarial = {"gan": of_task(params.gan, task)} if model == "gan" else {}
    return {"data": asdict(params.data), "model": asdict(params.model), **sections, **adversarial}


if __name__ == "__main__":
    run(main)
