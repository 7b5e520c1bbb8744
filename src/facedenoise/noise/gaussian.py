"""Additive white Gaussian noise: the noise of a warm sensor."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from facedenoise.noise import Noise
from facedenoise.ranges import STRICT, NotNegative


@dataclass(frozen=True, config=STRICT)
class Gaussian(Noise):
    """Standard deviation std * factor on intensities in [-1, 1], half of that on [0, 1]."""

    std: NotNegative
    factor: NotNegative
    kind: Literal["gaussian"] = "gaussian"

    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        """Add the noise."""
        noisy = image + 255 * self.sigma * generator.standard_normal(image.shape)
        return np.rint(noisy.clip(0, 255)).astype(np.uint8)

    @property
    def description(self) -> str:
        """Words for readers."""
        return f"Gaussian, standard deviation {self.sigma:g}"

    @property
    def sigma(self) -> float:
        """Standard deviation on intensities in [0, 1]."""
        return self.std * self.factor / 2
