"""What the training stages share: their inputs by task, and their outs."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from facedenoise.data.tensors import read_tensors
from facedenoise.files import replacing
from facedenoise.params import Params, SaltPepperNoise, Task
from facedenoise.training.batches import Batches, FreshNoise, Pairs


def inputs(task: Task) -> list[Path]:
    """List the tensors that a training on this task reads."""
    splits = ("train", "val")
    clean = [Path(f"data/splits/{split}.safetensors") for split in splits]
    return clean + [Path(f"data/noisy/{task}/{split}.safetensors") for split in splits]


def pairs(task: Task, split: str) -> Pairs:
    """Read clean and noisy images of a split."""
    clean = read_tensors(Path(f"data/splits/{split}.safetensors"))
    noisy = read_tensors(Path(f"data/noisy/{task}/{split}.safetensors"))
    return Pairs(clean["images"], noisy["images"], clean["row"])


def batches(params: Params, task: Task, batch_size: int, seed: int) -> Batches:
    """Give the training batches of a task."""
    noise = getattr(params.noise, task)
    fresh = FreshNoise(noise, params.noise.seed, task) if params.train.fresh_noise else None
    return Batches(pairs(task, "train"), batch_size, seed, fresh)


def network_settings(params: Params, task: Task) -> dict[str, Any]:
    """Give what `AttentionUNet` takes; under salt-and-pepper, unsaturated pixels are clean and kept."""
    keep = isinstance(getattr(params.noise, task), SaltPepperNoise)
    return {**asdict(params.model), "keep_unsaturated": keep}


def write_history(path: Path, history: list[dict[str, float]]) -> None:
    """Write one row an epoch."""
    with replacing(path) as temporary:
        pd.DataFrame(history).round(6).to_csv(temporary, index=False)
