"""Speckle: multiplicative Gaussian noise, as in images from radar and ultrasound."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from facedenoise.noise import Noise, local_mean
from facedenoise.ranges import STRICT, NotNegative


@dataclass(frozen=True, config=STRICT)
class Speckle(Noise):
    """Each pixel is multiplied by a normal number of mean 1 and standard deviation `std`."""

    std: NotNegative
    kind: Literal["speckle"] = "speckle"

    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        """Multiply each pixel."""
        noisy = image * (1 + self.std * generator.standard_normal(image.shape))
        return np.rint(noisy.clip(0, 255)).astype(np.uint8)

    @property
    def description(self) -> str:
        """Words for readers."""
        return f"Speckle, standard deviation {self.std:g} times the intensity"

    def level(self, noisy: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return `std` times the intensity."""
        return np.float32(self.std) * local_mean(noisy)
