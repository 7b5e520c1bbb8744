"""Corrupt the three splits with one task's noise: draw 0, the one on disk."""

from pathlib import Path

import torch
from tqdm import tqdm

from facedenoise.data.tensors import read_tensors, write_tensors
from facedenoise.noise import corrupt
from stages import run
from stages.settings import load_params, task_argument

SPLITS = ("train", "val", "test")


def main() -> None:
    """Write data/noisy/TASK/{train,val,test}.safetensors."""
    task, params = task_argument(), load_params()
    noise, seed = getattr(params.noise, task), params.noise.seed
    for split in tqdm(SPLITS, desc=f"noise@{task}", unit="split"):
        clean = read_tensors(Path(f"data/splits/{split}.safetensors"))
        noisy = corrupt(clean["images"].numpy(), clean["row"].numpy(), noise, seed=seed, task=task, draw=0)
        write_tensors(Path(f"data/noisy/{task}/{split}.safetensors"), {"images": torch.from_numpy(noisy)})


if __name__ == "__main__":
    run(main)
