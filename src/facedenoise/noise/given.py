"""Noise that nobody draws: pairs of clean and noisy pictures come with the data."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass

from facedenoise.errors import InputError
from facedenoise.noise import Noise
from facedenoise.ranges import STRICT


@dataclass(frozen=True, config=STRICT)
class Given(Noise):
    """The noisy pictures `name` of `data.noisy`: there is one of each face, and its level is not known."""

    name: Annotated[str, Field(min_length=1)]
    kind: Literal["given"] = "given"

    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        """Raise an InputError: there is no formula."""
        raise InputError(
            f"the noise {self.name!r} is known from pairs alone and cannot be drawn; name another"
        )

    @property
    def description(self) -> str:
        """Words for readers."""
        return f"As in the given pictures {self.name!r}"

    @property
    def given(self) -> str:
        """Its name."""
        return self.name
