"""RUN, the checkout that a benchmark measures on, in which `dvc repro` has finished: its params and faces."""

import os
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from common import command_line
from torch import nn

from facedenoise.errors import InputError
from facedenoise.evaluation.tradeoff import mean_psnr
from facedenoise.images.tensors import read_tensors, to_float
from facedenoise.models.device import describe, training_device
from facedenoise.models.inference import denoise
from facedenoise.params import Params
from facedenoise.training.batches import Pairs
from stages.paths import noisy_file, split_file
from stages.settings import load_params


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
    """Return what a result depends on beside machine and code: device, threads, params."""
    return {"device": describe(training_device()), "params": asdict(params)}


def pairs(task: str, split: str, count: int | None = None) -> Pairs:
    """Return the faces of a split, clean and as a task has them: all, or so many evenly spaced ones."""
    clean = read_tensors(split_file(split))
    images = (clean["images"], read_tensors(noisy_file(task, split))["images"], clean["row"])
    total = len(clean["row"])
    if count is None or count >= total:
        return Pairs(*images)
    chosen = torch.arange(count) * total // count
    return Pairs(*(tensor[chosen] for tensor in images))


def score(network: nn.Module, faces: Pairs) -> float:
    """Return the mean PSNR of a network's estimates in dB, computed in float32."""
    noisy = to_float(faces.noisy).to(training_device())
    return mean_psnr(to_float(faces.clean), denoise(network, noisy).cpu())
