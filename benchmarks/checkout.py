"""The params and faces of RUN: the checkout that a benchmark uses, in which `dvc repro` has finished."""

import os
from argparse import ArgumentParser
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from common import command_line
from torch import Tensor, nn

from facedenoise.errors import InputError
from facedenoise.images.fidelity import psnr
from facedenoise.images.tensors import read_tensors, to_float
from facedenoise.models.device import describe, training_device
from facedenoise.models.inference import denoise
from facedenoise.models.inputs import TaskNoise
from facedenoise.params import Params
from facedenoise.training.batches import Pairs
from stages.paths import noisy_file, split_file
from stages.settings import load_params


@dataclass(frozen=True)
class Faces(Pairs):
    """Pairs of a task, and their noise."""

    noise: TaskNoise


def run_command_line(description: str | None) -> ArgumentParser:
    """Return the parser of a script that measures on RUN."""
    parser = command_line(description)
    parser.add_argument("run", type=Path, metavar="RUN", help="a checkout in which `dvc repro` has finished")
    return parser


def enter(folder: Path, *tasks: str) -> Params:
    """Make a checkout the working directory, where the stages expect their files; return its params.

    Raises
    ------
    InputError
        If it has no params.yaml, anything in it is wrong, or it lacks one of the tasks.
    """
    os.chdir(folder)
    params = load_params()
    if missing := [task for task in tasks if task not in params.tasks]:
        raise InputError(f"{folder}: no task {missing[0]!r}; its tasks are {', '.join(params.tasks)}")
    return params


def circumstances(params: Params) -> dict[str, Any]:
    """Return what a result depends on besides machine and code: device, threads, params."""
    return {"device": describe(training_device()), "params": asdict(params)}


def pairs(task: str, split: str, count: int | None = None) -> Faces:
    """Return the faces of a split, clean and with a task's noise: all, or this many evenly spaced ones."""
    params, clean, noisy = (
        load_params(),
        read_tensors(split_file(split)),
        read_tensors(noisy_file(task, split)),
    )
    total = len(clean["row"])
    chosen = slice(None) if count is None or count >= total else torch.arange(count) * total // count
    return Faces(
        clean=clean["images"][chosen],
        noisy=noisy["images"][chosen],
        rows=clean["row"][chosen],
        noise=TaskNoise(params.tasks[task].noise, params.noise.seed, task),
    )


def score(network: nn.Module, faces: Faces) -> float:
    """Return the mean PSNR of a network's estimates in dB."""
    return mean_psnr(to_float(faces.clean), estimates(network, faces))


def estimates(network: nn.Module, faces: Faces) -> Tensor:
    """Return a network's estimates, computed in float32; tell it the level of the noise if it takes one."""
    inputs = faces.noise.inputs(faces.noisy, faces.rows, told=getattr(network, "level", False))
    return denoise(network, inputs.to(next(network.parameters()).device)).cpu()


def mean_psnr(clean: Tensor, images: Tensor) -> float:
    """Average the PSNR over images, in dB."""
    return float(psnr(clean, images).mean())
