"""Corrupt the three splits with one task's noise: draw 0, the one on disk."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facedenoise.data.streamed import Streamed, write_streamed
from facedenoise.data.tensors import read_tensors
from facedenoise.files import replacing
from facedenoise.noise import corrupt
from facedenoise.params import Noise, Task
from stages import run
from stages.settings import load_params, task_argument

PIECE = 1024  # images in memory at a time


def main() -> None:
    """Write data/noisy/TASK/{train,val,test}.safetensors."""
    task, noise = task_argument(), load_params().noise
    for split in ("train", "val", "test"):
        clean = read_tensors(Path(f"data/splits/{split}.safetensors"))
        images, rows = clean["images"].numpy(), clean["row"].numpy()
        noisy = Streamed("uint8", images.shape, _pieces(images, rows, noise, task))
        path = Path(f"data/noisy/{task}/{split}.safetensors")
        with replacing(path) as temporary, temporary.open("wb") as file:
            write_streamed(file, {"images": noisy})


def _pieces(
    images: NDArray[np.uint8], rows: NDArray[np.int64], noise: Noise, task: Task
) -> Iterator[NDArray[np.uint8]]:
    for start in tqdm(range(0, len(images), PIECE), desc=f"noise@{task}", unit="k images", leave=False):
        piece = slice(start, start + PIECE)
        yield corrupt(images[piece], rows[piece], getattr(noise, task), seed=noise.seed, task=task, draw=0)


if __name__ == "__main__":
    run(main)
