"""Salt-and-pepper noise: dead and stuck pixels."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from facedenoise.noise import MISSING, Noise
from facedenoise.ranges import STRICT, Share


@dataclass(frozen=True, config=STRICT)
class SaltPepper(Noise):
    """Each pixel is replaced with probability `factor`: by white with `salt_ratio`, else by black."""

    factor: Share
    salt_ratio: Share = 0.5
    kind: Literal["salt_pepper"] = "salt_pepper"

    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        """Replace pixels."""
        chance = generator.random(image.shape)
        salt = chance < self.factor * self.salt_ratio
        pepper = ~salt & (chance < self.factor)
        return np.where(salt, 255, np.where(pepper, 0, image)).astype(np.uint8)

    @property
    def description(self) -> str:
        """Words for readers."""
        white = f"{self.salt_ratio:.4g} of these by white, the others by black"
        return f"{self.factor:.4g} of the pixels replaced, {white}"

    @property
    def impulses(self) -> float:
        """Share of the pixels that are replaced."""
        return self.factor

    @property
    def keeps_unsaturated(self) -> bool:
        """Only black and white pixels are replaced ones."""
        return True

    def level(self, noisy: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return `MISSING` where the pixel may have been replaced, else 0: it is exact."""
        black, white = 0, 255
        return np.float32(MISSING) * ((noisy == black) | (noisy == white))
