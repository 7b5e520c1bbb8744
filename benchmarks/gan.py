"""Measure what the adversarial loss gains and costs: likeness to clean faces against PSNR.

    python benchmarks/gan.py RUN                                   # benchmarks/results/gan.json
    python benchmarks/gan.py RUN --weight-zero-models OTHER/models
    python benchmarks/gan.py RUN --released                        # benchmarks/results/gan_released.json

RUN is a checkout in which `dvc repro` has finished. In OTHER it has finished with `gan.weight=0`, the same
training without the adversarial gradient. `--released` measures the networks of the package, whose files say
how they were trained; the faces, and the params in the result, come from RUN.

`blend` is the U-Net's estimate, mixed with its noisy input until it has the PSNR of the GAN. A GAN that is
not nearer to the clean faces than the blend has gained nothing. `spectrum_error` is the mean absolute error
of the radial log-power spectrum. `two_sample` is how well a small classifier, trained afresh, tells the
images from clean ones on held-out faces (Lopez-Paz & Oquab 2017): at 0.5 it cannot tell them apart. The
result has the mean, the lowest and the highest value over its seeds.
"""

from pathlib import Path
from statistics import mean
from typing import Any

import torch
from checkout import Faces, circumstances, enter, estimates, mean_psnr, pairs, run_command_line
from common import print_table, write_result
from torch import Tensor

from facedenoise.denoise.networks import PIPELINE, RELEASED, find_tasks, find_weights
from facedenoise.evaluation.spectrum import spectrum_error
from facedenoise.evaluation.tradeoff import equal_share
from facedenoise.evaluation.two_sample import two_sample_accuracy
from facedenoise.images.tensors import to_float
from facedenoise.models import MODELS
from facedenoise.models.inference import load_denoiser
from stages import run

SEEDS = (0, 1, 2)


def main() -> None:
    """Parse the command line, measure every task, print and write."""
    parser = run_command_line(__doc__)
    parser.add_argument("--faces", type=int, help="so many evenly spaced test faces; all if not given")
    parser.add_argument("--weight-zero-models", type=Path, help="the models/ of a run with gan.weight=0")
    parser.add_argument("--released", action="store_true", help="the networks of the package")
    arguments = parser.parse_args()
    weight_zero = arguments.weight_zero_models and arguments.weight_zero_models.resolve()
    params = enter(arguments.run)
    models, name = (RELEASED, "gan_released") if arguments.released else (PIPELINE, "gan")
    tasks: dict[str, dict[str, Any]] = {}
    for task in params.tasks:
        if arguments.released and task not in find_tasks(RELEASED):
            continue
        test = pairs(task, "test", arguments.faces)
        images = image_sets(networks(task, models, weight_zero), test)
        tasks[task] = {of: scores(images["clean"], batch) for of, batch in images.items()}
        print_table([{"task": task, "images": of, **row} for of, row in tasks[task].items()])
    write_result(name, ("torch",), {**circumstances(params), "seeds": SEEDS, "tasks": tasks})


def networks(task: str, models: Path, weight_zero: Path | None) -> dict[str, Path]:
    """Return the weights that are compared."""
    files = {model: find_weights(task, model, models) for model in MODELS}
    return {**files, "gan_weight_zero": find_weights(task, "gan", weight_zero)} if weight_zero else files


def image_sets(files: dict[str, Path], faces: Faces) -> dict[str, Tensor]:
    """Return the noisy images, the clean images, the output of each network, and the blend."""
    clean, noisy = to_float(faces.clean), to_float(faces.noisy)
    images = {name: estimates(load_denoiser(path), faces) for name, path in files.items()}
    return {"noisy": noisy, "clean": clean, **images, **blend(clean, noisy, images["unet"], images["gan"])}


def blend(clean: Tensor, noisy: Tensor, unet: Tensor, gan: Tensor) -> dict[str, Tensor]:
    """Return the U-Net's estimate, mixed with its input down to the GAN's PSNR, if that is lower."""
    target = mean_psnr(clean, gan)
    if not mean_psnr(clean, noisy) < target < mean_psnr(clean, unet):
        return {}
    share = equal_share(lambda share: mean_psnr(clean, torch.lerp(unet, noisy, share)), target)
    return {"blend": torch.lerp(unet, noisy, share)}


def scores(clean: Tensor, images: Tensor) -> dict[str, float]:
    """Score a set of images against the clean ones."""
    told_apart = [two_sample_accuracy(clean, images, seed=seed) for seed in SEEDS]
    return {
        "psnr": mean_psnr(clean, images),
        "spectrum_error": spectrum_error(clean, images),
        "two_sample": mean(told_apart),
        "two_sample_low": min(told_apart),
        "two_sample_high": max(told_apart),
    }


if __name__ == "__main__":
    run(main)
