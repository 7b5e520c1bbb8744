"""Several noises, one after the other: first the sensor's, then dead pixels."""

from dataclasses import replace
from functools import reduce
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from facedenoise.noise import MISSING, Mixture, Noise, Noises
from facedenoise.ranges import STRICT


@dataclass(frozen=True, config=STRICT)
class Sequence(Mixture):
    """Each of `of` corrupts what the one before it has made."""

    of: Noises
    kind: Literal["sequence"] = "sequence"

    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        """Corrupt with one after the other."""
        return reduce(lambda noisy, noise: noise.corrupt(noisy, generator), self.of, image)

    @property
    def description(self) -> str:
        """Words for readers."""
        return ", then ".join(each.description for each in self.of)

    def drawn(self, generator: np.random.Generator) -> Noise:
        """Draw the numbers of each."""
        return replace(self, of=tuple(each.drawn(generator) for each in self.of))

    def level(self, noisy: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """Add the variances: the noises are independent."""
        levels = [level for each in self.of if (level := each.level(noisy)) is not None]
        if len(levels) < len(self.of):
            return None
        return np.sqrt(sum(np.square(level) for level in levels)).clip(max=MISSING)
