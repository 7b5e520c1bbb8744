"""The few figures by which versions are compared."""

from collections.abc import Mapping
from typing import Any

import torch

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


def fidelity(clean: torch.Tensor, denoised: torch.Tensor) -> dict[str, float]:
    """Return the mean `psnr` and `ssim` of a batch, rounded to 4 decimals; see `psnr`."""
    scores = {"psnr": psnr(clean, denoised), "ssim": ssim(clean, denoised)}
    return {name: rounded(values.mean()) for name, values in scores.items()}
