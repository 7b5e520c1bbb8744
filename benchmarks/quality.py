"""Compare the networks with the best classical denoiser of each noise, on the same noisy pixels.

    python benchmarks/quality.py RUN                    # all test faces: benchmarks/results/quality.json
    python benchmarks/quality.py RUN --released         # benchmarks/results/quality_released.json
    python benchmarks/quality.py RUN --faces 200 --cache scores.json

RUN is a checkout in which `dvc repro` has finished; `--released` measures the networks of the package, and
needs only its splits and noise. For salt-and-pepper noise the classical denoiser is
biharmonic inpainting of the saturated pixels. For other noise it is BM3D, which is told the true sigma, or
its root mean square if sigma differs between pixels. BM3D takes most of a second for a face on one core;
`--cache` keeps its scores, and computes them anew only for other noisy pixels.
"""

import json
from concurrent.futures import Executor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from checkout import Faces, circumstances, enter, estimates, pairs, run_command_line
from common import print_table, write_result
from numpy.typing import NDArray
from rivals import Image, apply, biharmonic, bm3d, process_per_core
from torch import Tensor

from facedenoise.denoise.networks import PIPELINE, RELEASED, find_weights
from facedenoise.evaluation.intervals import mean_interval
from facedenoise.images.fidelity import psnr, ssim
from facedenoise.images.tensors import to_float
from facedenoise.models import MODELS
from facedenoise.models.inference import load_denoiser
from facedenoise.noise import Noise
from facedenoise.training.batches import Pairs
from stages import run

METRICS = {"psnr": psnr, "ssim": ssim}
Method = partial[Image]
"""A function of `rivals`; its name and its keywords say what it is."""
Scores = dict[str, NDArray[np.float64]]
"""Metric to its value for each image, shape (N,)."""


def main() -> None:
    """Parse the command line, score every method on every task, print and write."""
    parser = run_command_line(__doc__)
    parser.add_argument("--faces", type=int, help="so many evenly spaced test faces; all if not given")
    parser.add_argument("--cache", type=Path, help="where the classical scores are kept")
    parser.add_argument("--released", action="store_true", help="the networks of the package")
    arguments = parser.parse_args()
    cache = arguments.cache.resolve() if arguments.cache else None
    params = enter(arguments.run)
    models, result_name = (RELEASED, "quality_released") if arguments.released else (PIPELINE, "quality")
    tasks = {}
    with process_per_core() as pool:
        for name, task in params.tasks.items():
            faces = pairs(name, "test", arguments.faces)
            method = best_classical(task.noise, faces)
            tasks[name] = compare(name, models, faces, method, classical_scores(method, faces, pool, cache))
            print_table([{"task": name, **row} for row in table(tasks[name])])
    result = {**circumstances(params), "faces": len(faces.rows), "tasks": tasks}
    write_result(result_name, ("torch", "scikit-image", "bm3d", "bm4d"), result)


def best_classical(noise: Noise, faces: Pairs) -> Method:
    """Return the best classical denoiser for a noise."""
    if noise.keeps_unsaturated:
        return partial(biharmonic)
    sigma = noise.sigma
    if sigma is None:
        sigma = (to_float(faces.noisy) - to_float(faces.clean)).square().mean().sqrt().item()
    return partial(bm3d, sigma=sigma)


def classical_scores(method: Method, faces: Pairs, pool: Executor, cache: Path | None) -> Scores:
    """Return the scores of a classical denoiser, computed or looked up."""
    key = f"{method.func.__name__} {method.keywords} {digest(faces)}"
    kept = json.loads(cache.read_text()) if cache and cache.exists() else {}
    if key not in kept:
        computed = scores(faces, apply(pool, method, faces.noisy))
        kept[key] = {metric: values.tolist() for metric, values in computed.items()}
        if cache:
            cache.write_text(json.dumps(kept))
    return {metric: np.array(values) for metric, values in kept[key].items()}


def digest(faces: Pairs) -> str:
    """Return the SHA-256 of the noisy pixels."""
    return sha256(faces.noisy.numpy().tobytes()).hexdigest()


def scores(faces: Pairs, denoised: Tensor) -> Scores:
    """Score each image: in floating point, clipped to [0, 1], not rounded to 8 bits."""
    return {name: metric(to_float(faces.clean), denoised) for name, metric in METRICS.items()}


def compare(task: str, models: Path, faces: Faces, method: Method, classical: Scores) -> dict[str, Any]:
    """Score every method on a task, and the networks against the classical denoiser, face by face."""
    paths = {model: find_weights(task, model, models) for model in MODELS}
    networks = {name: scores(faces, estimates(load_denoiser(path), faces)) for name, path in paths.items()}
    methods = {"noisy": scores(faces, to_float(faces.noisy)), method.func.__name__: classical, **networks}
    return {
        "noisy_sha256": digest(faces),
        "methods": {name: intervals(measured) for name, measured in methods.items()},
        "over_classical": {
            name: intervals({metric: measured[metric] - classical[metric] for metric in METRICS})
            for name, measured in networks.items()
        },
    }


def intervals(of_method: Scores) -> dict[str, dict[str, float]]:
    """Return the means with their bootstrap intervals."""
    return {metric: mean_interval(values) for metric, values in of_method.items()}


def table(compared: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a task's result, one row per method."""
    rows = []
    for name, measured in compared["methods"].items():
        row = {"method": name, **spread("psnr", measured["psnr"]), "ssim": measured["ssim"]["mean"]}
        if name in compared["over_classical"]:
            row |= spread("over_classical", compared["over_classical"][name]["psnr"])
        rows.append(row)
    return rows


def spread(name: str, interval: dict[str, float]) -> dict[str, float]:
    """Return an interval as three columns."""
    return {name: interval["mean"], f"{name}_low": interval["low"], f"{name}_high": interval["high"]}


if __name__ == "__main__":
    run(main)
