"""Corrupt the three splits with one task's noise: draw 0, the one on disk."""

from facedenoise.data.noisy import write_noisy
from stages import run
from stages.paths import noisy_file, split_file
from stages.settings import load_params, task_argument


def main() -> None:
    """Write data/noisy/TASK/{train,val,test}.safetensors."""
    task, params = task_argument(), load_params().noise
    for split in ("train", "val", "test"):
        clean, noisy = split_file(split), noisy_file(task, split)
        write_noisy(clean, noisy, getattr(params, task), seed=params.seed, task=task)


if __name__ == "__main__":
    run(main)
