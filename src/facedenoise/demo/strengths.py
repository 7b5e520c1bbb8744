"""The kinds of noise that the page offers, each with the one number that its user moves."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import NamedTuple

from facedenoise.noise import Noise, kinds, parse_noise


class Strength(NamedTuple):
    """The number that can be moved, and the others of its kind."""

    title: str
    name: str
    label: str
    low: float
    high: float
    start: float
    fixed: Mapping[str, float] = {}


_KNOWN = {
    "gaussian": Strength("Gaussian", "std", "Standard deviation; white is 1", 0.01, 0.25, 0.1, {"factor": 2}),
    "poisson": Strength("Poisson", "peak", "Photons in a white pixel; fewer are noisier", 10, 300, 40),
    "salt_pepper": Strength("Salt and pepper", "factor", "Share of the pixels", 0.01, 0.6, 0.2),
    "speckle": Strength("Speckle", "std", "Standard deviation, as a share of the intensity", 0.05, 0.5, 0.25),
}


def strengths() -> dict[str, Strength]:
    """Return the kinds of noise that one number describes, each with this number.

    A kind that was added to the package runs from 0 to 0.5, if it has no second number.
    """
    numbers = {each.kind: _KNOWN.get(each.kind) or _only_number(each) for each in kinds()}
    return {kind: number for kind, number in numbers.items() if number}


def noise_of(kind: str, strength: float) -> Noise:
    """Return the noise of a kind in `strengths` with this number; a ValueError if it is out of range."""
    number = strengths()[kind]
    return parse_noise({"kind": kind, number.name: strength, **number.fixed})


def _only_number(kind: type[Noise]) -> Strength | None:
    names = [field.name for field in fields(kind) if field.default is MISSING]  # type: ignore[arg-type]
    if len(names) != 1:
        return None
    number = Strength(_in_words(kind.kind), names[0], _in_words(names[0]), 0, 0.5, 0.1)
    try:
        parse_noise({"kind": kind.kind, number.name: number.start})
    except ValueError:  # a mixture takes a list
        return None
    return number


def _in_words(name: str) -> str:
    return name.replace("_", " ").capitalize()
