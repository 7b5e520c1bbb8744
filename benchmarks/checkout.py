"""The checkout that a benchmark measures on, in which `dvc repro` has finished: its params and faces."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import common  # noqa: F401 - puts library and stages on the path
import torch
from torch import nn

from facedenoise.data.tensors import read_tensors, to_float
from facedenoise.evaluation.plane import mean_psnr
from facedenoise.inference import denoise
from facedenoise.params import Params
from facedenoise.training.batches import Pairs
from facedenoise.training.device import describe, training_device
from stages.paths import noisy_file, split_file
from stages.settings import load_params


def enter(folder: Path) -> Params:
    """Make a checkout the working directory, where the stages expect their files; give its params.

    Raises
    ------
    InputError
        If it has no params.yaml, or anything in it is wrong.
    """
    os.chdir(folder)
    return load_params()


def circumstances(params: Params) -> dict[str, Any]:
    """Give what a result depends on beside machine and code: device, threads, params."""
    return {"device": describe(training_device()), "params": asdict(params)}


def pairs(task: str, split: str, count: int | None = None) -> Pairs:
    """Give the faces of a split, clean and as a task has them: all, or so many evenly spaced ones."""
    clean = read_tensors(split_file(split))
    images = (clean["images"], read_tensors(noisy_file(task, split))["images"], clean["row"])
    total = len(clean["row"])
    if count is None or count >= total:
        return Pairs(*images)
    chosen = torch.arange(count) * total // count
    return Pairs(*(tensor[chosen] for tensor in images))


def score(network: nn.Module, faces: Pairs) -> float:
    """Give the mean PSNR of a network's estimates in dB, computed in float32."""
    noisy = to_float(faces.noisy).to(training_device())
    return mean_psnr(to_float(faces.clean), denoise(network, noisy).cpu())
