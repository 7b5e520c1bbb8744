"""How far a set of denoised faces is from the set of clean ones, to eyes that were trained on clean faces."""

import numpy as np
import torch
from numpy.typing import NDArray

from facedenoise.evaluation.emotion import embed, predict
from facedenoise.evaluation.frechet import frechet_distance
from facedenoise.evaluation.spectrum import spectrum_error
from facedenoise.evaluation.two_sample import two_sample_accuracy
from facedenoise.models.emotion import EmotionClassifier

DECIMALS = 4
FEWEST = 2  # clean faces; one has no covariance, and no other half that could be asked about
TWO_SAMPLE_SEED = 0


class Judge:
    """The emotion classifier and the clean faces that all others are held against.

    Parameters
    ----------
    classifier : EmotionClassifier
        The emotion classifier.
    clean : torch.Tensor
        float32, shape (N, 1, H, W), values in [0, 1], N at least `FEWEST`.
    """

    def __init__(self, classifier: EmotionClassifier, clean: torch.Tensor) -> None:
        self.classifier = classifier
        self.clean = clean
        self.clean_answers = predict(classifier, clean)
        self.clean_features = embed(classifier, clean)

    def answers(self, images: torch.Tensor) -> NDArray[np.int64]:
        """Give the emotion that the classifier sees in each image, shape (N,)."""
        return predict(self.classifier, images)

    def frechet(self, images: torch.Tensor) -> float:
        """Give the Fréchet distance to the clean faces, on the classifier's features."""
        distance = frechet_distance(self.clean_features, embed(self.classifier, images))
        return round(distance, DECIMALS)

    def spectrum_error(self, images: torch.Tensor) -> float:
        """Give the mean absolute radial log-power error against the clean faces."""
        return round(spectrum_error(self.clean, images), DECIMALS)

    def two_sample(self, images: torch.Tensor) -> float:
        """Give how well a small classifier tells the images from clean ones; 0.5 is indistinguishable."""
        return round(two_sample_accuracy(self.clean, images, seed=TWO_SAMPLE_SEED), DECIMALS)

    def distances(self, images: torch.Tensor) -> dict[str, float]:
        """Give all three as `spectrum_error`, `two_sample` and `frechet`."""
        return {
            "spectrum_error": self.spectrum_error(images),
            "two_sample": self.two_sample(images),
            "frechet": self.frechet(images),
        }
