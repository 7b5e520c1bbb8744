"""Compare the package's networks at any strength of noise with FFDNet and the classical denoisers.

    python benchmarks/levels.py RUN      # benchmarks/results/levels.json and docs/pictures/levels.png
    python benchmarks/levels.py RUN --faces 50 --cache scores.json

RUN is a checkout in which `dvc repro` has split the faces. We use its test faces, but none of its networks.
All methods get the same noisy pixels, and all but `chosen` are told the true strength. `told` is the network
`any`; `chosen` is what `facedenoise denoise` makes of a face by its own estimate of the noise. Images are
scored before rounding to 8 bits. BM3D takes most of a second for a face on one core; `--cache` keeps the
scores of the classical denoisers, and computes them anew only for other noisy pixels.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from functools import cache, partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
from checkout import Faces, circumstances, enter, estimates, run_command_line
from common import print_table, rates_in_turns, write_result
from ffdnet_published import anscombe_ffdnet, ffdnet, load_ffdnet
from levels_shown import PICTURE, draw_levels
from numpy.typing import NDArray
from quality import Method, classical_scores, intervals
from rivals import apply, biharmonic, bm3d, nonlocal_means, process_per_core
from skimage import data
from skimage.color import rgb2gray
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from facedenoise.denoise.choice import choose
from facedenoise.denoise.cleaning import clean
from facedenoise.denoise.denoiser import BATCH, Denoiser
from facedenoise.denoise.networks import RELEASED, Trained, trained_networks
from facedenoise.denoise.noise_level import estimate_noise
from facedenoise.images.fidelity import psnr
from facedenoise.images.tensors import read_tensors, to_float, to_uint8
from facedenoise.models.device import has_bfloat16, placed
from facedenoise.models.inputs import TaskNoise
from facedenoise.noise import Noise
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.poisson import Poisson
from facedenoise.noise.salt_pepper import SaltPepper
from facedenoise.noise.sequence import Sequence
from facedenoise.report.grid import save_png
from stages import run
from stages.paths import split_file

ANY = "any"
OURS = ("told", "chosen")
SIGMAS = (0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.25)
SHARES = (0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5)
PEAKS = (30, 100, 400)
PHOTOGRAPHS = ("camera", "astronaut", "coins", "coffee", "chelsea")
PHOTOGRAPH_SIGMAS = (0.02, 0.03, 0.04, 0.06, 0.08, 0.1)
TIMED_FACES, TIMED_SIGMA = 128, 0.06
Scores = dict[str, NDArray[np.float64]]
"""Method to its PSNR on each face."""


def gaussian(sigma: float) -> Noise:
    """Return Gaussian noise of a standard deviation on intensities from 0 to 1."""
    return Gaussian(std=sigma, factor=2)


SERIES: dict[str, dict[float, Noise]] = {
    "gaussian": {sigma: gaussian(sigma) for sigma in SIGMAS},
    "salt_pepper": {share: SaltPepper(factor=share) for share in SHARES},
    "poisson": {peak: Poisson(peak=peak) for peak in PEAKS},
    "gaussian_0.03_salt_pepper": {0.05: Sequence((gaussian(0.03), SaltPepper(factor=0.05)))},
}
"""The noises by their strength: sigma, the share of impulses, or the photons of a white pixel."""


class Clean(NamedTuple):
    """Clean images, uint8 (N, 1, H, W), their rows in the CSV, and the seed of their noise."""

    images: Tensor
    rows: Tensor
    seed: int

    def under(self, noise: Noise) -> Faces:
        """Return the images with a noise."""
        drawn = TaskNoise(noise, self.seed, "levels")
        return Faces(self.images, drawn.corrupt(self.images, self.rows, 0), self.rows, drawn)


def main() -> None:
    """Parse the command line, measure, print, write and draw."""
    parser = run_command_line(__doc__)
    parser.add_argument("--faces", type=int, default=300, help="evenly spaced test faces")
    parser.add_argument("--cache", type=Path, help="where the classical scores are kept")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each method that is timed")
    arguments = parser.parse_args()
    kept = arguments.cache.resolve() if arguments.cache else None
    params = enter(arguments.run)
    faces = evenly_spaced(arguments.faces, params.noise.seed)
    with process_per_core() as pool:
        series = {
            name: [{"strength": at, **measure(faces.under(noise), pool, kept)} for at, noise in of.items()]
            for name, of in SERIES.items()
        }
        rates = images_a_second(faces.under(gaussian(TIMED_SIGMA)).noisy, pool, arguments.rounds)
    result = {
        "faces": len(faces.rows),
        "series": series,
        "photographs": [row for name in PHOTOGRAPHS for row in photograph(name)],
        "clean_faces_untouched": untouched(faces.images),
        "images_a_second": rates,
        "operations_a_face": operations(),
    }
    show(result)
    versions = ("torch", "scikit-image", "bm3d", "bm4d", "ffdnet")
    write_result("levels", versions, {**circumstances(params), **result})
    save_png(draw_levels(series), PICTURE)


def evenly_spaced(count: int, seed: int) -> Clean:
    """Return this many evenly spaced test faces, or all if there are fewer."""
    test = read_tensors(split_file("test"))
    total = len(test["row"])
    places = torch.arange(min(count, total)) * total // min(count, total)
    return Clean(test["images"][places], test["row"][places], seed)


def measure(faces: Faces, pool: Executor, kept: Path | None) -> dict[str, Any]:
    """Score all methods, and ours against each of the others, face by face; count what was chosen."""
    truth, (by_estimate, choices) = to_float(faces.clean), chosen(to_float(faces.noisy))
    scores = {
        "noisy": psnr(truth, to_float(faces.noisy)),
        **{name: classical_scores(of, faces, pool, kept)["psnr"] for name, of in classical(faces).items()},
        **{name: psnr(truth, estimate) for name, estimate in told(faces).items()},
        "chosen": psnr(truth, by_estimate),
    }
    return {
        "psnr": intervals(scores),
        **{f"{ours}_over": intervals(differences(scores, ours)) for ours in OURS},
        "choices": choices,
    }


def differences(scores: Scores, ours: str) -> Scores:
    """Return by how much one of our methods exceeds each of the others."""
    return {name: scores[ours] - others for name, others in scores.items() if name not in OURS}


def classical(faces: Faces) -> dict[str, Method]:
    """Return the classical denoisers for the noise of faces."""
    noise = faces.noise.noise
    if noise.keeps_unsaturated:
        return {"biharmonic": partial(biharmonic)}
    if noise.sigma is None:
        return {}
    exact = partial(nonlocal_means, sigma=noise.sigma, fast=False)
    return {"bm3d": partial(bm3d, sigma=noise.sigma), "nonlocal_means": exact}


def told(faces: Faces) -> dict[str, Tensor]:
    """Return the estimates of FFDNet, of the networks of the tasks and of `any` for a kind of noise."""
    noise, noisy = faces.noise.noise, to_float(faces.noisy)
    denoised = {}
    if isinstance(noise, Gaussian):
        denoised["ffdnet"] = ffdnet(noisy, noise.sigma)
    if isinstance(noise, Poisson):
        denoised["anscombe_ffdnet"] = anscombe_ffdnet(noisy, noise.peak)
    tasks = [task for task, trained in package().items() if trained.noise.kind == noise.kind]
    inputs = faces.noise.inputs(faces.noisy, faces.rows, told=True)
    answers = [load(ANY).answer(part) for part in inputs.split(BATCH)]
    ours = {task: estimates(load(task).network, faces) for task in tasks}
    return {**denoised, **ours, "told": torch.cat(answers).clamp(0, 1).cpu()}


def chosen(noisy: Tensor) -> tuple[Tensor, Counter[str]]:
    """Denoise (N, 1, H, W) as `facedenoise denoise` does, by what it finds; count the tasks it takes."""
    cleaned = clean(list(noisy[:, 0].numpy()), lambda image: choose(estimate_noise(image), package()), load)
    images = np.stack([image for image, _ in cleaned])
    return torch.from_numpy(images)[:, None], Counter(choice.task for _, choice in cleaned)


@cache
def package() -> dict[str, Trained]:
    """Return what the package's networks were trained on."""
    return trained_networks("unet", RELEASED)


@cache
def load(task: str) -> Denoiser:
    """Return a network of the package."""
    return Denoiser.load(task, weights=RELEASED)


def untouched(faces: Tensor) -> float:
    """Return the share of clean faces, uint8, that `facedenoise denoise` leaves byte for byte."""
    return (chosen(faces)[0] == faces).all(dim=(1, 2, 3)).float().mean().item()


def photograph(name: str) -> list[dict[str, Any]]:
    """Score FFDNet and ours on a photograph of scikit-image, made grey, under each sigma."""
    picture = getattr(data, name)()
    grey = torch.from_numpy(picture / 255 if picture.ndim == 2 else rgb2gray(picture))[None, None]  # noqa: PLR2004
    original = Clean(to_uint8(grey), torch.tensor([0]), seed=0)
    rows = []
    for sigma in PHOTOGRAPH_SIGMAS:
        faces = original.under(gaussian(sigma))
        denoised = {**told(faces), "chosen": chosen(to_float(faces.noisy))[0]}
        scores = {name: psnr(to_float(faces.clean), estimate).item() for name, estimate in denoised.items()}
        rows.append({"photograph": name, "sigma": sigma, **scores})
    return rows


def images_a_second(noisy: Tensor, pool: Executor, rounds: int) -> dict[str, dict[str, float]]:
    """Let the methods take turns on the first faces; return the best and the median rate."""
    noisy = noisy[:TIMED_FACES]
    exact = partial(nonlocal_means, sigma=TIMED_SIGMA, fast=False)
    ways: dict[str, Callable[[], object]] = {
        "told": partial(load(ANY), noisy[:, 0].numpy(), sigma=TIMED_SIGMA),
        "chosen": partial(chosen, noisy),
        "ffdnet": partial(ffdnet_in_bfloat16, to_float(noisy)),
        "bm3d": partial(apply, pool, partial(bm3d, sigma=TIMED_SIGMA), noisy),
        "nonlocal_means": partial(apply, pool, exact, noisy),
    }
    for name in ("told", "chosen", "ffdnet"):
        ways[name]()  # the first call chooses kernels

    def turn(name: str) -> int:
        ways[name]()
        return len(noisy)

    rates = rates_in_turns({name: partial(turn, name) for name in ways}, rounds)
    return {name: {"best": max(of), "median": median(of)} for name, of in rates.items()}


def ffdnet_in_bfloat16(noisy: Tensor) -> Tensor:
    """Denoise in the precision and memory layout of our networks."""
    placed(load_ffdnet(), noisy.device)
    with torch.autocast(noisy.device.type, torch.bfloat16, enabled=has_bfloat16(noisy.device)):
        return ffdnet(noisy, TIMED_SIGMA)


def operations() -> dict[str, int]:
    """Return how many multiplications and additions `any` and FFDNet need for a face."""
    face = torch.full((1, 2, 48, 48), 0.5)
    passes = {"any": partial(load(ANY).answer, face), "ffdnet": partial(ffdnet, face[:, :1], TIMED_SIGMA)}
    counted = {}
    for name, forward in passes.items():
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            forward()
        counted[name] = counter.get_total_flops()
    return counted


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    for name, measured in result["series"].items():
        print(f"\n{name}, PSNR:")
        means = [{method: interval["mean"] for method, interval in row["psnr"].items()} for row in measured]
        print_table([{"strength": row["strength"], **of} for row, of in zip(measured, means, strict=True)])
    print_table(result["photographs"])
    print_table([{"images a second": name, **of} for name, of in result["images_a_second"].items()])
    print({key: result[key] for key in ("operations_a_face", "clean_faces_untouched")})


if __name__ == "__main__":
    run(main)
