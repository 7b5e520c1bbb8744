"""Set what a trained estimator calls noise, take its bias away, and measure it: on faces it has not seen."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facedenoise.estimator.network import IMPULSES, LEVEL, NOISY, NoiseEstimator, judge, log_levels
from facedenoise.images.tensors import to_float
from facedenoise.models.inputs import TaskNoise
from facedenoise.noise import Noise
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.salt_pepper import SaltPepper

CLEAN = 0.965
"""Share of the clean faces that are called clean."""
_WITHOUT_IMPULSES = 0.998  # share of them in which no impulses are found, at least
_SIGMAS = (0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.2)
_SHARES = (0.01, 0.03, 0.1, 0.3)


def calibrate(network: NoiseEstimator, faces: Tensor) -> None:
    """Shift the output: a logit above 0 is a finding, and the level of Gaussian noise is right in the mean.

    Parameters
    ----------
    network : NoiseEstimator
        Trained; changed in place.
    faces : Tensor
        Clean, uint8, shape (N, 1, H, W).
    """
    clean = judge(network, faces)
    noisy = clean[:, NOISY].quantile(CLEAN).item()
    impulses = max(clean[:, IMPULSES].quantile(_WITHOUT_IMPULSES).item(), 0.0)
    ratios = [_estimated(network, _with_sigma(faces, sigma)) / sigma for sigma in _SIGMAS]
    network.shift(level=-float(np.log(np.median(ratios))), noisy=-noisy, impulses=-impulses)


def figures(network: NoiseEstimator, faces: Tensor) -> dict[str, dict[str, float]]:
    """Measure a calibrated estimator.

    Parameters
    ----------
    network : NoiseEstimator
        Calibrated.
    faces : Tensor
        Clean, uint8, shape (N, 1, H, W).

    Returns
    -------
    dict of str to dict
        `clean`: the share of the faces in which nothing is found; `found`: by sigma, that in which Gaussian
        noise is; `impulses`: by their share, that in which they are; `ratio`: by sigma, the estimate to it,
        the median over the faces.
    """
    gaussian = {f"{sigma:g}": _with_sigma(faces, sigma) for sigma in _SIGMAS}
    replaced = {f"{share:g}": _with_noise(faces, SaltPepper(factor=share)) for share in _SHARES}
    ratios = {name: np.median(_estimated(network, noisy)) / float(name) for name, noisy in gaussian.items()}
    return {
        "clean": {"faces": _share((judge(network, faces)[:, [NOISY, IMPULSES]] <= 0).all(1))},
        "found": {name: _share(judge(network, noisy)[:, NOISY] > 0) for name, noisy in gaussian.items()},
        "impulses": {
            name: _share(judge(network, noisy)[:, IMPULSES] > 0) for name, noisy in replaced.items()
        },
        "ratio": {name: round(float(ratio), 3) for name, ratio in ratios.items()},
    }


def _estimated(network: NoiseEstimator, noisy: Tensor) -> NDArray[np.float32]:
    """Return the standard deviation of the noise of each image, (N,)."""
    mean = to_float(noisy).mean((1, 2, 3), keepdim=True)
    return log_levels(judge(network, noisy)[:, LEVEL], mean).exp().flatten().numpy()


def _with_sigma(faces: Tensor, sigma: float) -> Tensor:
    return _with_noise(faces, Gaussian(std=2.0, factor=sigma))


def _with_noise(faces: Tensor, noise: Noise) -> Tensor:
    return TaskNoise(noise, seed=0, task="calibration").corrupt(faces, torch.arange(len(faces)), draw=0)


def _share(answers: Tensor) -> float:
    return round(answers.float().mean().item(), 4)
