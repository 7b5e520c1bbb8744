"""What the trainings of denoisers share: what they read and track, the common learner, the run."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from facedenoise.data.tensors import read_tensors
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.weights import load_weights
from facedenoise.params import Gan, GanTask, Params, SaltPepperNoise, Task, Train, TrainTask
from facedenoise.training.batches import Batches, FreshNoise, Pairs
from facedenoise.training.device import placed, training_device
from facedenoise.training.loop import Learner, Plan, Progress, seed_everything
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.validation import validator
from stages.paths import noisy_file, split_file
from stages.settings import of_task
from stages.training import run_training


def network_settings(params: Params, task: Task) -> dict[str, Any]:
    """Give what the network takes; under salt-and-pepper, unsaturated pixels are clean."""
    keep = isinstance(getattr(params.noise, task), SaltPepperNoise)
    return {**asdict(params.model), "keep_unsaturated": keep}


def description(params: Params, task: Task, model: str) -> dict[str, Any]:
    """Give what the weights file of a denoiser says of it: enough to rebuild it."""
    return {"attention_unet": network_settings(params, task), "task": task, "model": model}


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


def train_denoiser(
    stage: str,
    learner: Learner,
    *,
    plan: Plan,
    data: Batches,
    tracked: dict[str, Any],
    starts: list[Path],
    history: Path,
) -> Progress:
    """Train on a task's pairs from these weights; judge on its validation pairs."""
    task = stage.partition("@")[2]
    print(f"{stage} starts from {', '.join(map(str, starts)) or 'scratch'}")
    validate = validator(_pairs(task, "val"), training_device())
    inputs = [*_inputs(task), *starts]
    return run_training(
        stage,
        learner,
        plan=plan,
        data=data,
        validate=validate,
        tracked=tracked,
        inputs=inputs,
        history=history,
    )


def batches(params: Params, task: Task, section: Train | Gan) -> Batches:
    """Give the training batches of a task."""
    noise = getattr(params.noise, task)
    fresh = FreshNoise(noise, params.noise.seed, task) if params.train.fresh_noise else None
    pairs = _pairs(task, "train").to(training_device())
    return Batches(pairs, section.batch_size, section.seed, fresh)


def _inputs(task: str) -> list[Path]:
    splits = ("train", "val")
    return [split_file(split) for split in splits] + [noisy_file(task, split) for split in splits]


def _pairs(task: str, split: str) -> Pairs:
    clean = read_tensors(split_file(split))
    return Pairs(clean["images"], read_tensors(noisy_file(task, split))["images"], clean["row"])
