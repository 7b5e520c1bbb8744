"""Corrupt the three splits with one task's noise: draw 0, on disk; or take what is given."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facedenoise.files import replacing
from facedenoise.images.tensors import read_tensors, save_arrays, spooled
from facedenoise.noise import Noise, corrupt
from facedenoise.progress import progress_bar
from facedenoise.shards import map_shards
from facedenoise.shards.rows import Rows, finish, shards_of
from stages import run
from stages.paths import SPLIT_NAMES, noisy_file, split_file
from stages.settings import load_task
from stages.states import finished_shards


def main() -> None:
    """Write data/noisy/TASK/{train,val,test}.safetensors."""
    params, task = load_task()
    write_noisy(task, SPLIT_NAMES, params.tasks[task].noise, params.noise.seed)


def write_noisy(task: str, splits: Sequence[str], noise: Noise, seed: int) -> None:
    """Write the noisy images of splits, drawn or given, in their order and in bounded memory."""
    settings = [{"noise": noise.entry(), "seed": seed}]
    with finished_shards(f"noise@{task}", settings, map(split_file, splits)) as folder:
        shards = [rows for split in splits for rows in shards_of(split, count(split))]
        write = partial(write_rows, folder=folder, task=task, noise=noise, seed=seed)
        files = [
            *progress_bar(map_shards(write, shards), total=len(shards), desc=f"noise@{task}", unit=" shards")
        ]
        for split in splits:
            own = (file for rows, file in zip(shards, files, strict=True) if rows.of == split)
            pieces = (read_tensors(file)["images"].numpy() for file in own)
            with replacing(noisy_file(task, split)) as temporary, spooled(pieces, temporary.parent) as images:
                save_arrays(temporary, {"images": images})


def write_rows(rows: Rows, *, folder: Path, task: str, noise: Noise, seed: int) -> Path:
    """Write the noisy images of a shard; return its file."""

    def write(path: Path) -> None:
        save_arrays(path, {"images": noisy_images(rows, task, noise, seed)})

    return finish(folder / rows.file, write)


def noisy_images(rows: Rows, task: str, noise: Noise, seed: int) -> NDArray[np.uint8]:
    """Take the noisy images of a shard from the split if they are given; otherwise draw them."""
    faces = {name: tensor[rows.slice].numpy() for name, tensor in read_tensors(split_file(rows.of)).items()}
    if noise.given:
        return faces[f"noisy/{noise.given}"]
    return corrupt(faces["images"], faces["row"], noise, seed=seed, task=task, draw=0)


def count(split: str) -> int:
    """Return how many faces a split has."""
    return len(read_tensors(split_file(split))["row"])


if __name__ == "__main__":
    run(main)
