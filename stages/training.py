"""What the training stages share: what they read and track, the common learner, the run, their outs."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from facedenoise.data.tensors import read_tensors
from facedenoise.files import replacing
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.weights import load_weights
from facedenoise.params import Gan, GanTask, Params, SaltPepperNoise, Task, Train, TrainTask
from facedenoise.training.batches import Batches, FreshNoise, Pairs
from facedenoise.training.device import describe, placed, training_device
from facedenoise.training.loop import Learner, Plan, Progress, Training, seed_everything
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.validation import validator
from stages.paths import noisy_file, split_file
from stages.resuming import checkpoints
from stages.settings import of_task


def network_settings(params: Params, task: Task) -> dict[str, Any]:
    """Give what `AttentionUNet` takes; under salt-and-pepper, unsaturated pixels are clean and kept."""
    keep = isinstance(getattr(params.noise, task), SaltPepperNoise)
    return {**asdict(params.model), "keep_unsaturated": keep}


def reconstruction(
    params: Params, task: Task, section: Train | Gan, settings: TrainTask | GanTask, start: Path | None
) -> Reconstruction:
    """Make the learner of a denoiser, freshly seeded, or starting from weights."""
    device = training_device()
    seed_everything(section.seed)
    network, average = (placed(AttentionUNet(**network_settings(params, task)), device) for _ in range(2))
    if start:
        load_weights(network, start)
    return Reconstruction(
        network,
        average,
        lr=settings.lr,
        weight_decay=params.train.weight_decay,
        clip=section.clip,
        ema=section.ema,
    )


def common_params(params: Params, task: Task) -> dict[str, Any]:
    """Give the params that every training on this task reads, nested as in params.yaml."""
    train = {"fresh_noise": params.train.fresh_noise, "weight_decay": params.train.weight_decay}
    return {"model": asdict(params.model), "noise": of_task(params.noise, task), "train": train}


def run_training(
    stage: str, learner: Learner, *, plan: Plan, data: Batches, tracked: dict[str, Any], starts: list[Path]
) -> Progress:
    """Train to the end, or go on from where this very training was stopped."""
    device, task = training_device(), stage.partition("@")[2]
    print(f"{stage} on {describe(device)}, from {', '.join(map(str, starts)) or 'scratch'}", flush=True)
    with checkpoints(stage, tracked, [*_inputs(task), *starts]) as saved:
        validate = validator(_pairs(task, "val"), device)
        return Training(learner, data, validate, plan, saved, stage).run()


def batches(params: Params, task: Task, section: Train | Gan) -> Batches:
    """Give the training batches of a task."""
    noise = getattr(params.noise, task)
    fresh = FreshNoise(noise, params.noise.seed, task) if params.train.fresh_noise else None
    return Batches(_pairs(task, "train"), section.batch_size, section.seed, fresh)


def write_history(path: Path, history: list[dict[str, float]]) -> None:
    """Write one row an epoch."""
    with replacing(path) as temporary:
        pd.DataFrame(history).to_csv(temporary, index=False, float_format="%.6g")


def _inputs(task: str) -> list[Path]:
    splits = ("train", "val")
    return [split_file(split) for split in splits] + [noisy_file(task, split) for split in splits]


def _pairs(task: str, split: str) -> Pairs:
    clean: dict[str, torch.Tensor] = read_tensors(split_file(split))
    return Pairs(clean["images"], read_tensors(noisy_file(task, split))["images"], clean["row"])
