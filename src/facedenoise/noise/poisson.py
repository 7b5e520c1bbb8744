"""Poisson noise: the shot noise of a camera that counts few photons."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from facedenoise.noise import Noise, local_mean
from facedenoise.ranges import STRICT, Positive


@dataclass(frozen=True, config=STRICT)
class Poisson(Noise):
    """A white pixel receives `peak` photons on average, a darker one in proportion."""

    peak: Positive
    kind: Literal["poisson"] = "poisson"

    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        """Count the photons of each pixel."""
        photons = generator.poisson(image / 255 * self.peak)
        return np.rint((255 / self.peak * photons).clip(0, 255)).astype(np.uint8)

    @property
    def description(self) -> str:
        """Words for readers."""
        return f"Poisson, {self.peak:g} photons in a white pixel"

    def level(self, noisy: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the square root of the photons, in units of `peak`."""
        return np.sqrt(local_mean(noisy) / np.float32(self.peak))
