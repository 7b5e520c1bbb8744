"""The noises that the page offers: each kind with one number, and the right number."""

from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from facedenoise.demo import strengths as module
from facedenoise.demo.strengths import noise_of, strengths
from facedenoise.noise import Noise, kinds
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.poisson import Poisson
from facedenoise.noise.salt_pepper import SaltPepper
from facedenoise.noise.speckle import Speckle
from facedenoise.ranges import STRICT, NotNegative


@dataclass(frozen=True, config=STRICT)
class HotPixels(Noise):
    """A kind that somebody added."""

    reach: NotNegative
    kind: Literal["hot_pixels"] = "hot_pixels"

    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        return image

    @property
    def description(self) -> str:
        return "Hot pixels"


def test_the_kinds_of_one_number_are_offered_and_no_mixture() -> None:
    assert [*strengths()] == ["gaussian", "poisson", "salt_pepper", "speckle"]


@pytest.mark.parametrize(
    ("kind", "strength", "noise"),
    [
        ("gaussian", 0.1, Gaussian(std=0.1, factor=2)),
        ("poisson", 40, Poisson(peak=40)),
        ("salt_pepper", 0.2, SaltPepper(factor=0.2, salt_ratio=0.5)),
        ("speckle", 0.25, Speckle(std=0.25)),
    ],
)
def test_the_number_is_that_of_the_kind(kind: str, strength: float, noise: Noise) -> None:
    assert noise_of(kind, strength) == noise


def test_the_number_of_gaussian_noise_is_its_sigma() -> None:
    assert noise_of("gaussian", 0.07).sigma == pytest.approx(0.07)


def test_every_end_and_start_is_a_noise() -> None:
    for kind, number in strengths().items():
        assert number.low < number.start < number.high
        assert all(noise_of(kind, end).kind == kind for end in (number.low, number.start, number.high))


def test_a_kind_that_was_added_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    every = [*kinds(), HotPixels]
    monkeypatch.setattr(module, "kinds", lambda: every)
    monkeypatch.setattr("facedenoise.noise.kinds", lambda: every)
    number = strengths()["hot_pixels"]
    assert number == ("Hot pixels", "reach", "Reach", 0, 0.5, 0.1, {})
    assert noise_of("hot_pixels", 0.3) == HotPixels(reach=0.3)
