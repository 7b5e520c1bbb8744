"""Distances of denoised faces from clean ones, from what is measured on parts of the sets.

No set has to be in memory as a whole.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from facedenoise.classifier.network import LabelClassifier
from facedenoise.classifier.prediction import embed, predict
from facedenoise.errors import InputError
from facedenoise.evaluation.frechet import frechet_distance
from facedenoise.evaluation.rounding import rounded
from facedenoise.evaluation.spectrum import power_error, summed_power
from facedenoise.evaluation.two_sample import told_apart
from facedenoise.images.tensors import NO_LABEL

FEWEST = 2  # clean faces; one has no covariance, and cannot be split into halves
TWO_SAMPLE_SEED = 0


class Traits(NamedTuple):
    """What the distances of a set of images come from."""

    features: NDArray[np.float32]
    """The classifier's features of each image, shape (N, `FEATURES`)."""
    power: NDArray[np.float64]
    """The power of each frequency, summed over the images, shape (H, W)."""


def require_enough(count: int) -> None:
    """Raise an `InputError` if there are fewer than `FEWEST` faces."""
    if count < FEWEST:
        raise InputError(f"{count} test face: too few to compare; give at least {FEWEST}")


def answers(classifier: LabelClassifier, images: torch.Tensor) -> NDArray[np.int64]:
    """Return the label that the classifier gives each image, shape (N,); -1 if it is untrained."""
    return predict(classifier, images) if classifier.labels else np.full(len(images), NO_LABEL)


def traits(classifier: LabelClassifier, images: torch.Tensor) -> Traits:
    """Measure images, float32, shape (N, C, H, W), values in [0, 1]."""
    return Traits(embed(classifier, images), summed_power(images))


def joined(parts: Iterable[Traits]) -> Traits:
    """Return the traits of the set that parts make up."""
    features, power = zip(*parts, strict=True)
    return Traits(np.concatenate(features), np.add.reduce(power))


def distances(clean: Traits, images: Traits) -> dict[str, float]:
    """Return the `frechet` distance on the classifier's features, and the `spectrum_error`."""
    count = len(clean.features)
    return {
        "frechet": rounded(frechet_distance(clean.features, images.features)),
        "spectrum_error": rounded(power_error(clean.power / count, images.power / count)),
    }


def two_sample(clean: NDArray[np.uint8], sets: Sequence[NDArray[np.uint8]]) -> list[float]:
    """Return how often a small network tells the images of each set from clean ones; 0.5 is guessing."""
    return [rounded(accuracy) for accuracy in told_apart(clean, sets, seed=TWO_SAMPLE_SEED)]
