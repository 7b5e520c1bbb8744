"""One of several noises, drawn for each image."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from facedenoise.noise import Mixture, Noise, Noises
from facedenoise.ranges import STRICT


@dataclass(frozen=True, config=STRICT)
class OneOf(Mixture):
    """Each of `of` is as likely as the others; one that is listed twice is twice as likely."""

    of: Noises
    kind: Literal["one_of"] = "one_of"

    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        """Corrupt with the one that is drawn."""
        return self.drawn(generator).corrupt(image, generator)

    @property
    def description(self) -> str:
        """Words for readers."""
        return f"One of: {'; '.join(each.description for each in self.of)}"

    @property
    def varies(self) -> bool:
        """Whether there are several to draw from."""
        return len(self.of) > 1 or super().varies

    def drawn(self, generator: np.random.Generator) -> Noise:
        """Draw one, and its numbers."""
        return self.of[generator.integers(len(self.of))].drawn(generator)
