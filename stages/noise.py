"""Corrupt the three splits with one task's noise: draw 0, on disk; or take what is given."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from facedenoise.files import replacing
from facedenoise.images.tensors import read_tensors, save_arrays, spooled
from facedenoise.noise import Noise, corrupt
from facedenoise.progress import progress_bar
from stages import run
from stages.paths import SPLIT_NAMES, noisy_file, split_file
from stages.settings import load_task

PIECE = 1024  # images in memory at a time

Faces: TypeAlias = Mapping[str, torch.Tensor]
Images: TypeAlias = NDArray[np.uint8]


def main() -> None:
    """Write data/noisy/TASK/{train,val,test}.safetensors."""
    params, task = load_task()
    for split in SPLIT_NAMES:
        write_noisy(task, split, params.tasks[task].noise, params.noise.seed)


def write_noisy(task: str, split: str, noise: Noise, seed: int) -> None:
    """Write the noisy images of a split, drawn or given, in its order and in bounded memory."""
    faces = read_tensors(split_file(split))
    noisy_of = _given(faces, noise.given) if noise.given else _drawn(faces, noise, task, seed)
    starts = progress_bar(range(0, len(faces["row"]), PIECE), desc=f"{task}/{split}", unit="k images")
    pieces = (noisy_of(slice(start, start + PIECE)) for start in starts)
    with replacing(noisy_file(task, split)) as temporary, spooled(pieces, temporary.parent) as noisy:
        save_arrays(temporary, {"images": noisy})


def _given(faces: Faces, name: str) -> Callable[[slice], Images]:
    noisy = faces[f"noisy/{name}"].numpy()
    return lambda piece: noisy[piece]


def _drawn(faces: Faces, noise: Noise, task: str, seed: int) -> Callable[[slice], Images]:
    images, rows = faces["images"].numpy(), faces["row"].numpy()
    return lambda piece: corrupt(images[piece], rows[piece], noise, seed=seed, task=task, draw=0)


if __name__ == "__main__":
    run(main)
