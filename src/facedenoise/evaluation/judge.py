"""Distances of denoised faces from clean ones, and the labels that the classifier gives them."""

import numpy as np
import torch
from numpy.typing import NDArray

from facedenoise.classifier.network import LabelClassifier
from facedenoise.classifier.prediction import embed, predict
from facedenoise.errors import InputError
from facedenoise.evaluation.frechet import frechet_distance
from facedenoise.evaluation.rounding import rounded
from facedenoise.evaluation.spectrum import spectrum_error
from facedenoise.evaluation.two_sample import two_sample_accuracy
from facedenoise.images.tensors import NO_LABEL

FEWEST = 2  # clean faces; one has no covariance, and cannot be split into halves
TWO_SAMPLE_SEED = 0


class Judge:
    """The classifier of labels, and the clean faces with which all others are compared.

    Parameters
    ----------
    classifier : LabelClassifier
        In evaluation mode.
    clean : torch.Tensor
        float32, shape (N, C, H, W), values in [0, 1].

    Raises
    ------
    InputError
        If there are fewer than `FEWEST` faces.
    """

    def __init__(self, classifier: LabelClassifier, clean: torch.Tensor) -> None:
        if len(clean) < FEWEST:
            raise InputError(f"{len(clean)} test face: too few to compare; give at least {FEWEST}")
        self.classifier = classifier
        self.clean = clean
        self.clean_answers = self.answers(clean)
        self.clean_features = embed(classifier, clean)

    def answers(self, images: torch.Tensor) -> NDArray[np.int64]:
        """Return the label that the classifier gives each image, shape (N,); -1 if it is untrained."""
        if not self.classifier.labels:
            return np.full(len(images), NO_LABEL)
        return predict(self.classifier, images)

    def frechet(self, images: torch.Tensor) -> float:
        """Return the Fréchet distance to the clean faces, on the classifier's features."""
        return rounded(frechet_distance(self.clean_features, embed(self.classifier, images)))

    def spectrum_error(self, images: torch.Tensor) -> float:
        """Return the mean absolute radial log-power error against the clean faces."""
        return rounded(spectrum_error(self.clean, images))

    def two_sample(self, images: torch.Tensor) -> float:
        """Return the accuracy of a small network in telling the images from clean ones; 0.5 is guessing."""
        return rounded(two_sample_accuracy(self.clean, images, seed=TWO_SAMPLE_SEED))

    def distances(self, images: torch.Tensor) -> dict[str, float]:
        """Return all three as `spectrum_error`, `two_sample` and `frechet`."""
        return {
            "spectrum_error": self.spectrum_error(images),
            "two_sample": self.two_sample(images),
            "frechet": self.frechet(images),
        }
