"""Corrupt the three splits with one task's noise: draw 0, on disk; or take what is given."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from facedenoise.files import replacing
from facedenoise.images.tensors import read_tensors, save_arrays, spooled
from facedenoise.noise import Noise, corrupt
from facedenoise.progress import progress_bar
from stages import run
from stages.paths import SPLIT_NAMES, noisy_file, split_file
from stages.settings import load_task

PIECE = 1024  # images in memory at a time


def main() -> None:
    """Write data/noisy/TASK/{train,val,test}.safetensors."""
    params, task = load_task()
    for split in SPLIT_NAMES:
        write_noisy(task, split, params.tasks[task].noise, params.noise.seed)


def write_noisy(task: str, split: str, noise: Noise, seed: int) -> None:
    """Write the noisy images of a split, drawn or given, in its order and in bounded memory."""
    faces = read_tensors(split_file(split))
    images, rows = faces[f"noisy/{noise.given}" if noise.given else "images"].numpy(), faces["row"].numpy()

    def pieces() -> Iterator[NDArray[np.uint8]]:
        for start in progress_bar(range(0, len(images), PIECE), desc=f"{task}/{split}", unit="k images"):
            piece = slice(start, start + PIECE)
            if noise.given:
                yield images[piece]
            else:
                yield corrupt(images[piece], rows[piece], noise, seed=seed, task=task, draw=0)

    with replacing(noisy_file(task, split)) as temporary, spooled(pieces(), temporary.parent) as noisy:
        save_arrays(temporary, {"images": noisy})


if __name__ == "__main__":
    run(main)
