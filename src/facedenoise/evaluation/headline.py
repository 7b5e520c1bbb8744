"""The few figures by which versions are compared."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from facedenoise.evaluation.rounding import rounded
from facedenoise.images.fidelity import psnr, ssim

HEADLINE = ("psnr", "ssim", "label_accuracy", "balanced_accuracy")


def headline(panel: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the few figures of a panel by which versions are compared.

    `noisy`, `classical`, `unet` and `gan` have the means of `psnr`, `ssim` and, if there are labels, of
    `label_accuracy` and `balanced_accuracy`. `classical` is the best classical method, and also has its name
    as `method`. Both accuracies are needed if some labels are rare: `label_accuracy` hides the rare labels,
    and `balanced_accuracy` varies more by chance, because few faces have these labels.
    """
    best = panel["best_classical"]
    return {
        "noisy": means(panel["noisy"]),
        "classical": {"method": best, **means(panel[best])},
        "unet": means(panel["unet"]),
        "gan": means(panel["gan"]),
    }


def means(scores: Mapping[str, Any]) -> dict[str, float]:
    """Return the means of those scores that are in the headline."""
    return {name: scores[name]["mean"] for name in HEADLINE if name in scores}


def fidelity(clean: torch.Tensor, denoised: torch.Tensor) -> dict[str, NDArray[np.float64]]:
    """Return `psnr` and `ssim` of each image of a batch; see `psnr`."""
    return {"psnr": psnr(clean, denoised), "ssim": ssim(clean, denoised)}


def mean_scores(parts: Iterable[Mapping[str, NDArray[np.float64]]]) -> dict[str, float]:
    """Return the mean of each score over the images of all parts of a set, rounded to 4 decimals."""
    together = [*parts]
    return {name: rounded(np.concatenate([part[name] for part in together]).mean()) for name in together[0]}
