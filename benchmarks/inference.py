"""Measure how many 48x48 faces per second our networks, BM3D and non-local means clean on the same cores.

    python benchmarks/inference.py RUN        # benchmarks/results/inference.json

RUN is a checkout in which `dvc repro` has finished. Its U-Net and the U-Net of the package get some of the
test faces in one call, and use as many threads as PyTorch takes. The classical denoisers know the true sigma.
They get the faces one by one, in one process per core that has already started. Non-local means is
scikit-image's, in its exact form and in its fast form. All take turns. `facedenoise --help` is timed as a
whole process.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from statistics import median
from typing import Any

import torch
from checkout import circumstances, enter, mean_psnr, pairs, run_command_line
from common import ROOT, print_table, rates_in_turns, write_result
from rivals import apply, bm3d, nonlocal_means, process_per_core
from torch import Tensor

from facedenoise.denoise.denoiser import Denoiser
from facedenoise.denoise.networks import PIPELINE, RELEASED, find_tasks
from facedenoise.images.tensors import to_float
from facedenoise.noise import Noise
from facedenoise.training.batches import Pairs
from stages import run

Way = Callable[[Tensor], Tensor]
"""Maps uint8 (N, 1, H, W) to float32 in [0, 1] of the same shape."""
WEIGHTS = {"unet": PIPELINE, "released_unet": RELEASED}
HELP = "from facedenoise.cli.main import main; main(['--help'])"
HELP_RUNS = 10


def main() -> None:
    """Parse the command line, measure, print and write."""
    parser = run_command_line(__doc__)
    parser.add_argument("--faces", type=int, default=128, help="evenly spaced test faces")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each way")
    arguments = parser.parse_args()
    params = enter(arguments.run)
    rows: list[dict[str, Any]] = []
    with process_per_core() as pool:
        for name, task in params.tasks.items():
            found, faces = ways(name, task.noise, pool), pairs(name, "test", arguments.faces)
            rows += [{"task": name, **row} for row in compare(found, faces, arguments.rounds)]
    print_table(rows)
    seconds = help_seconds()
    print(f"facedenoise --help: {seconds:.3f} s")
    facts = {**circumstances(params), "faces": arguments.faces, "help_seconds": seconds}
    write_result("inference", ("torch", "scikit-image", "bm3d", "bm4d"), {**facts, "ways": rows})


def ways(task: str, noise: Noise, pool: Executor) -> dict[str, Way]:
    """Return the denoisers of a task: the networks, and under noise of one sigma the classical ones."""
    found: dict[str, Way] = {
        name: partial(clean_at_once, Denoiser.load(task, weights=weights))
        for name, weights in WEIGHTS.items()
        if weights != RELEASED or task in find_tasks(RELEASED)
    }
    if noise.sigma is not None:
        classical = {
            "bm3d": partial(bm3d, sigma=noise.sigma),
            "nonlocal_means": partial(nonlocal_means, sigma=noise.sigma, fast=False),
            "nonlocal_means_fast": partial(nonlocal_means, sigma=noise.sigma, fast=True),
        }
        found |= {name: partial(apply, pool, method) for name, method in classical.items()}
    return found


def clean_at_once(denoiser: Denoiser, noisy: Tensor) -> Tensor:
    """Denoise 8-bit images, answered in 8 bits."""
    return to_float(torch.from_numpy(denoiser(noisy[:, 0].numpy()))[:, None])


def compare(found: dict[str, Way], faces: Pairs, rounds: int) -> list[dict[str, Any]]:
    """Let the ways take turns; return the best and median images per second, and the PSNR of each way."""
    denoised: dict[str, Tensor] = {}

    def turn(name: str) -> int:
        denoised[name] = found[name](faces.noisy)
        return len(faces.noisy)

    for name in WEIGHTS.keys() & found.keys():
        found[name](faces.noisy)  # the first call chooses kernels
    rates = rates_in_turns({name: partial(turn, name) for name in found}, rounds)
    psnr = {name: mean_psnr(to_float(faces.clean), images) for name, images in denoised.items()}
    return [
        {"way": name, "images_a_second": max(of), "median": median(of), "psnr": psnr[name]}
        for name, of in rates.items()
    ]


def help_seconds() -> float:
    """Return the median time of a process that prints the help."""
    seconds = []
    for _ in range(HELP_RUNS):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", HELP],
            env={"PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            check=True,
        )
        seconds.append(time.perf_counter() - start)
    return median(seconds)


if __name__ == "__main__":
    run(main)
