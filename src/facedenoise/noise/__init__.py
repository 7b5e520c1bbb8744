"""The noises: pure functions of (image, seed, task, row, draw).

Each kind of noise has a file here, named like its `kind` in params.yaml. It defines the subclass of `Noise`
with the same name in camel case: `salt_pepper.py` defines `SaltPepper`. In an entry of params.yaml each
number may be a range, such as `[0.1, 0.5]`: `Varying` draws it anew for each image.

Random numbers come from Philox, a counter-based generator (Salmon et al., "Parallel random numbers: as easy
as 1, 2, 3", 2011): the noise of an image does not depend on order, batch, workers or what ran before.
"""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, replace
from functools import cache
from hashlib import sha256
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from scipy.ndimage import uniform_filter

MISSING = 1.0
"""The level of a pixel whose value says nothing of the clean one."""
UNKNOWN = 0.5
"""The level of all pixels where a kind of noise does not know its own."""
_WINDOW = 5  # px; of a local mean
_WRONG_RANGE = "give a range as a list of its low and its high end"


class Noise(ABC):
    """A kind of noise and its numbers, which are the fields of the subclass, a dataclass."""

    kind: str

    @abstractmethod
    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        """Return a noisy copy of an image, of any shape, clipped and rounded to 8 bits."""

    @property
    @abstractmethod
    def description(self) -> str:
        """Words for readers, numbers included; intensities run from 0 to 1."""

    @property
    def keeps_unsaturated(self) -> bool:
        """Whether a noisy pixel that is neither black nor white is a clean one."""
        return False

    @property
    def sigma(self) -> float | None:
        """Standard deviation on intensities from 0 to 1, if it is the same for every pixel."""
        return None

    @property
    def impulses(self) -> float | None:
        """Share of the pixels that black and white replace, if it is the same for every image."""
        return None

    @property
    def parts(self) -> tuple["Noise", ...]:
        """The noises that this one is made of."""
        return ()

    @property
    def given(self) -> str | None:
        """Which noisy pictures of `data.noisy` it is; None: it is drawn."""
        return None

    @property
    def varies(self) -> bool:
        """Whether images differ in the numbers that are drawn for them."""
        return any(part.varies for part in self.parts)

    def drawn(self, generator: np.random.Generator) -> "Noise":
        """Return the noise of one image, in which every number is fixed."""
        return self

    def level(self, noisy: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """Return the standard deviation of each pixel's noise, on intensities from 0 to 1, if it is known.

        It is judged from the noisy image, shape (..., H, W), channel by channel, and from the numbers;
        `MISSING` is the highest.
        """
        return None if self.sigma is None else np.full(noisy.shape, self.sigma, np.float32)

    def entry(self) -> dict[str, Any]:
        """Return what `parse_noise` makes this noise of."""
        return asdict(self)  # type: ignore[call-overload]


@dataclass(frozen=True)
class Varying(Noise):
    """A noise with numbers that are drawn for each image, evenly between those of `low` and `high`."""

    low: Noise
    high: Noise

    @property
    def kind(self) -> str:  # type: ignore[override]
        """The kind of both."""
        return self.low.kind

    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        """Corrupt with numbers of its own."""
        return self.drawn(generator).corrupt(image, generator)

    @property
    def description(self) -> str:
        """The words of both, with `0.1 to 0.5` where they differ."""
        low, high = self.low.description.split(), self.high.description.split()
        if len(low) != len(high):
            return f"{self.low.description} to {self.high.description}"
        return " ".join(a if a == b else f"{a.rstrip(',')} to {b}" for a, b in zip(low, high, strict=True))

    @property
    def keeps_unsaturated(self) -> bool:
        """As of the kind."""
        return self.low.keeps_unsaturated

    @property
    def varies(self) -> bool:
        """Whether it does: always."""
        return True

    def drawn(self, generator: np.random.Generator) -> Noise:
        """Draw the numbers."""
        numbers = {name: _between(low, high, generator) for name, (low, high) in self.ranges.items()}
        return replace(self.low, **numbers)  # type: ignore[type-var]

    def entry(self) -> dict[str, Any]:
        """Return the entry, with its ranges."""
        return self.low.entry() | self.ranges

    @property
    def ranges(self) -> dict[str, list[Any]]:
        """Both ends of each number that varies, by its name."""
        low, high = self.low.entry(), self.high.entry()
        return {name: [low[name], high[name]] for name in low if low[name] != high[name]}


class Mixture(Noise):
    """A noise that is made of others: its subclass has them in the field `of`."""

    of: tuple[Noise, ...]

    @property
    def keeps_unsaturated(self) -> bool:
        """Whether all do."""
        return all(each.keeps_unsaturated for each in self.of)

    @property
    def parts(self) -> tuple[Noise, ...]:
        """The others."""
        return self.of

    def entry(self) -> dict[str, Any]:
        """Return the entry with those of its parts."""
        return {"kind": self.kind, "of": [each.entry() for each in self.of]}


@cache
def kinds() -> tuple[type[Noise], ...]:
    """Return the classes of all kinds, one from each file of this package."""
    names = sorted(module.name for module in iter_modules(__path__))
    return tuple(getattr(import_module(f"{__name__}.{name}"), _class_name(name)) for name in names)


def parse_noise(entry: object) -> Noise:
    """Return the noise of an entry of params.yaml.

    Parameters
    ----------
    entry : dict or Noise
        The `kind` and its numbers. In place of a number may be a range, a list of its two ends.

    Raises
    ------
    ValidationError, a ValueError
        One problem for each key: unknown or missing, of a wrong type, out of range.
    """
    if isinstance(entry, Noise):
        return entry
    if not isinstance(entry, dict):
        raise ValueError("give a `kind` and its numbers")
    known = {each.kind: each for each in kinds()}
    if entry.get("kind") not in [*known]:  # a list, since `kind` may be of any type
        raise _problem("kind", f"choose one of {', '.join(known)}", entry.get("kind", "missing"))
    low, high = ({name: _end(name, value, end) for name, value in entry.items()} for end in (0, -1))
    adapter = TypeAdapter(known[entry["kind"]])
    lowest, highest = adapter.validate_python(low), adapter.validate_python(high)
    varying = Varying(lowest, highest)
    for name, (first, last) in varying.ranges.items():
        if first > last:
            raise _problem(name, _WRONG_RANGE, [first, last])
    return varying if varying.ranges else lowest


def _end(name: str, value: Any, end: int) -> Any:  # noqa: ANN401
    """Return the low or the high end of a range; anything else as it is."""
    if not isinstance(value, list) or not value or any(isinstance(each, dict) for each in value):
        return value
    if len(value) != 2:  # noqa: PLR2004
        raise _problem(name, _WRONG_RANGE, value)
    return value[end]


def _between(low: float, high: float, generator: np.random.Generator) -> float:
    """Draw a number from a range; a whole one if both ends are."""
    if isinstance(low, int) and isinstance(high, int):
        return int(generator.integers(low, high, endpoint=True))
    return generator.uniform(low, high)


def _some(noises: tuple[Noise, ...]) -> tuple[Noise, ...]:
    if not noises:
        raise ValueError("give at least one noise")
    return noises


def _problem(key: str, message: str, value: object) -> ValidationError:
    details = InitErrorDetails(type=PydanticCustomError("noise", message), loc=(key,), input=value)
    return ValidationError.from_exception_data("noise", [details])


AnyNoise = Annotated[Noise, BeforeValidator(parse_noise)]
"""A noise in a section of params.yaml."""

Noises = Annotated[tuple[AnyNoise, ...], AfterValidator(_some)]
"""A list of them."""


def corrupt(
    images: NDArray[np.uint8],
    rows: NDArray[np.int64],
    noise: Noise,
    *,
    seed: int,
    task: str,
    draw: int,
) -> NDArray[np.uint8]:
    """Corrupt images, each with the noise of its own (seed, task, row, draw).

    Parameters
    ----------
    images : ndarray of uint8, shape (N, ...)
        Clean images; the trailing shape is free.
    rows : ndarray of int64, shape (N,)
        The rows of the images in the CSV.
    noise : Noise
        Kind and strength.
    seed : int
        The seed of the project's noise, at least 0.
    task : str
        The task's name; each task has a stream of its own.
    draw : int
        The number of the draw, at least 0: an image has one noise a draw.

    Returns
    -------
    ndarray of uint8, shape (N, ...)
        Noisy images, clipped and rounded to 8 bits.
    """
    noisy = np.empty_like(images)
    for index, row in enumerate(rows.tolist()):
        generator = image_generator(seed, task, row, draw)
        noisy[index] = noise.drawn(generator).corrupt(images[index], generator)
    return noisy


def image_generator(seed: int, task: str, row: int, draw: int) -> np.random.Generator:
    """Return the generator of one image's noise: the low half of the counter is its stream."""
    stream = int.from_bytes(sha256(task.encode()).digest()[:8], "little")
    return np.random.Generator(np.random.Philox(key=[seed, stream], counter=[0, 0, row, draw]))


def local_mean(noisy: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean intensity around each pixel of (..., H, W), from 0 to 1."""
    window = (*[1] * (noisy.ndim - 2), _WINDOW, _WINDOW)
    mean: NDArray[np.float32] = uniform_filter(noisy.astype(np.float32) / 255, window)
    return mean


def _class_name(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))
