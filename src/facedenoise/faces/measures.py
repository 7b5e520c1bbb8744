"""Groups of measures, each drawn at random from a range."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np

Ranges = Mapping[str, tuple[float, float]]


def between(low: float, high: float) -> Any:  # noqa: ANN401  # as dataclasses.field
    """Return the field of a measure that is drawn between two values."""
    return field(metadata={"range": (low, high)})


@dataclass(frozen=True, slots=True)
class Measures:
    """Numbers that are drawn together; a field with a plain default keeps this value."""

    @classmethod
    def draw(cls, generator: np.random.Generator, ranges: Ranges | None = None, tie: float = 0.0) -> Self:
        """Return measures drawn from the ranges of their fields.

        `ranges` replaces some of these ranges. With a `tie` of 0 the measures are drawn independently; the
        nearer it is to 1, the more they move together from one end of their ranges to the other.
        """
        own = {each.name: each.metadata.get("range", (each.default, each.default)) for each in fields(cls)}
        low, high = np.array(list((own | dict(ranges or {})).values())).T
        shares = tie * generator.random() + (1 - tie) * generator.random(len(low))
        return cls(*(low + shares * (high - low)).tolist())
