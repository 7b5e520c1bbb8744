"""What several tests call."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from facedenoise.classifier.network import LabelClassifier
from facedenoise.images.fer2013 import EMOTIONS
from facedenoise.pictures import Picture, read_pages

Network = TypeVar("Network", bound=nn.Module)
TINY_CLASSIFIER: dict[str, Any] = {"widths": (8, 16, 32), "blocks": (1, 1, 1), "labels": EMOTIONS}


def write_tensors(path: Path, tensors: dict[str, Tensor], labels: Sequence[str] = ()) -> None:
    """Write a safetensors file that names labels, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, path, {"labels": json.dumps(labels)})


@dataclass
class CountedReads:
    """Reads picture files and counts them; instead of one more than `stop` comes a Ctrl-C."""

    stop: int
    done: int = 0

    def __call__(self, path: Path) -> list[Picture]:
        """Read a file."""
        if self.done == self.stop:
            raise KeyboardInterrupt
        self.done += 1
        return read_pages(path)


def read_fer_csv(path: Path) -> tuple[NDArray[np.uint8], list[int], list[str]]:
    """Read a CSV in the layout of FER2013 by other means: images (N, 1, H, H), emotions and Usage."""
    table = pd.read_csv(path)
    images = np.array([row.split() for row in table["pixels"]], np.uint8)
    side = int(images.shape[1] ** 0.5)
    return images.reshape(-1, 1, side, side), table["emotion"].tolist(), table["Usage"].tolist()


def random_images(
    count: int = 2, height: int = 48, width: int = 48, seed: int = 0, *, channels: int = 1
) -> Tensor:
    """Return uniform pixels in [0, 1], float32 (count, channels, height, width)."""
    return torch.rand(count, channels, height, width, generator=torch.Generator().manual_seed(seed))


def tinted(faces: Tensor) -> Tensor:
    """Return grey faces, uint8 (N, 1, H, W), in colour, uint8 (N, 3, H, W): dark parts are blue."""
    grey = faces.float()
    return torch.cat([grey, 0.7 * grey, 220 - 0.6 * grey], dim=1).round().to(torch.uint8)


def awake(network: Network) -> Network:
    """Move all parameters, since those that start at zero let no gradient pass."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return network


def tiny_classifier(**settings: Any) -> LabelClassifier:
    """Return a classifier of few channels with random weights, always the same."""
    torch.manual_seed(0)
    return LabelClassifier(**{**TINY_CLASSIFIER, **settings}).eval()
