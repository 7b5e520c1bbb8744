"""One of several noises, drawn for each image."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from facedenoise.noise import Noise, Noises
from facedenoise.ranges import STRICT


@dataclass(frozen=True, config=STRICT)
class OneOf(Noise):
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
    def keeps_unsaturated(self) -> bool:
        """Whether all do."""
        return all(each.keeps_unsaturated for each in self.of)

    @property
    def parts(self) -> tuple[Noise, ...]:
        """Those of which one is drawn."""
        return self.of

    @property
    def varies(self) -> bool:
        """Whether there are several to draw from."""
        return len(self.of) > 1 or super().varies

    def drawn(self, generator: np.random.Generator) -> Noise:
        """Draw one, and its numbers."""
        return self.of[generator.integers(len(self.of))].drawn(generator)

    def entry(self) -> dict[str, object]:
        """Return the entry with those of its parts."""
        return {"kind": self.kind, "of": [each.entry() for each in self.of]}
