"""The types of params: numbers with their ranges, and how strictly a section is read."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
"""For dataclasses that are a section of params.yaml: an unknown key is an error."""


def _number(value: Any) -> Any:  # noqa: ANN401
    """Read the text `1e-05` as a number: YAML 1.1 takes what DVC writes for 0.00001 as a string."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Number = Annotated[float, Field(strict=True, allow_inf_nan=False), BeforeValidator(_number)]
Positive = Annotated[Number, Field(gt=0)]
NotNegative = Annotated[Number, Field(ge=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
Decay = Annotated[Number, Field(ge=0, lt=1)]
Switch = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=1)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
Counts = Annotated[tuple[Count, ...], Field(min_length=1)]
