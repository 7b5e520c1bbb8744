"""What stands in the place of the real thing: denoisers whose answers are known, a folder that is closed."""

import errno
import os
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from facedenoise.models import MODELS
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.weights import write_weights
from facedenoise.noise import Noise
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.salt_pepper import SaltPepper

NOISES: dict[str, Gaussian | SaltPepper] = {
    "low_gaussian": Gaussian(std=0.2, factor=0.2),
    "high_gaussian": Gaussian(std=0.4, factor=0.3),
    "salt_pepper": SaltPepper(factor=0.1),
}
"""What the stand-ins say that they were trained on, by task."""

TASKS = tuple(NOISES)

BRIGHTER = {"low_gaussian": 10, "high_gaussian": 20, "salt_pepper": -40 * 255 / 256}
"""What a task's stand-in adds to each pixel, of 255; for `salt_pepper` to saturated ones alone, once filled.

That of `salt_pepper` is a bfloat16, and leads no mean of eight pixels or fewer to the middle between two
integers: no rounding can go either way.
"""

_TIMES = {"unet": 1, "gan": 2}  # a GAN adds twice as much


def stand_in(task: str, model: str = "unet") -> AttentionUNet:
    """Return a network that only adds a constant."""
    network = AttentionUNet((2, 2), (1, 1), keep_unsaturated=task == "salt_pepper")
    with torch.no_grad():
        assert network.head.bias is not None
        network.head.bias.fill_(BRIGHTER[task] * _TIMES[model] / 255)
    return network


def rgb_stand_in() -> AttentionUNet:
    """Return a network for RGB that changes nothing until it is `awake`."""
    torch.manual_seed(0)
    return AttentionUNet((2, 2), (1, 1), channels=3)


def write_stand_ins(folder: Path) -> None:
    """Write TASK/unet.safetensors and TASK/gan.safetensors for all tasks."""
    for task, model in product(TASKS, MODELS):
        network = stand_in(task, model)
        settings = {"widths": (2, 2), "blocks": (1, 1), "keep_unsaturated": network.keep_unsaturated}
        noise = {"seed": 0, **asdict(NOISES[task])}
        about = {"attention_unet": settings, "task": task, "model": model, "params": {"noise": noise}}
        write_weights(folder / task / f"{model}.safetensors", network.state_dict(), about)


def work_in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a new folder, with stand-ins as the released weights; return it."""
    write_stand_ins(tmp_path / "released")
    monkeypatch.setattr("facedenoise.denoise.networks.RELEASED", tmp_path / "released")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def told_stand_in(channels: int = 1) -> AttentionUNet:
    """Return a network that adds the square root of its level to each pixel, once missing ones are filled.

    One for RGB adds that of the last colour to all.
    """
    network = AttentionUNet((2, 2), (1, 1), channels=channels, attention=False, level=True)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        level, first = -1, 0
        network.stem.weight[first, level, 1, 1] = 1
        network.ups[0].get_parameter("merge.weight")[first, first] = 1
        network.head.weight[:, first, 1, 1] = 1
    return network


def write_told_stand_in(folder: Path, noise: Noise) -> None:
    """Write FOLDER/unet.safetensors, as trained on a noise."""
    settings = {"widths": (2, 2), "blocks": (1, 1), "attention": False, "level": True}
    params = {"noise": {"seed": 0, **noise.entry()}}
    about = {"attention_unet": settings, "task": folder.name, "model": "unet", "params": params}
    write_weights(folder / "unet.safetensors", told_stand_in().state_dict(), about)


def denoised_by_stand_in(task: str, image: NDArray[np.uint8], model: str = "unet") -> NDArray[np.uint8]:
    """Return what the stand-in makes of a grey image, a stack of them, or an image with one channel."""
    filled = filled_by_hand(image) if task == "salt_pepper" else image.astype(float)
    changed = np.rint(np.clip(filled + BRIGHTER[task] * _TIMES[model], 0, 255)).astype(np.uint8)
    return np.where((image == 0) | (image == 255), changed, image) if task == "salt_pepper" else changed


def filled_by_hand(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Fill each saturated pixel with the mean of its unsaturated neighbours."""
    if image.ndim == 3:
        planes = [image[..., 0]] if image.shape[-1] == 1 else image
        return np.stack([filled_by_hand(plane) for plane in planes]).reshape(image.shape)
    filled = image.astype(float)
    for row, column in np.argwhere((image == 0) | (image == 255)):
        window = image[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        known = window[(window > 0) & (window < 255)]
        filled[row, column] = known.mean() if known.size else image[row, column]
    return filled


def close(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a folder be one that may not be read; permissions would not stop root."""
    scandir = os.scandir

    def refuse(place: Any) -> Any:
        if not isinstance(place, int) and Path(place).resolve() == folder.resolve():
            raise PermissionError(errno.EACCES, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", refuse)
