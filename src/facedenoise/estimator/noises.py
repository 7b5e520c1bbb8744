"""The noises that the estimator learns to see, drawn for each picture, with the truth about them."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facedenoise.noise import Noise
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.poisson import Poisson
from facedenoise.noise.salt_pepper import SaltPepper
from facedenoise.noise.sequence import Sequence
from facedenoise.noise.speckle import Speckle

_SENSOR, _BOTH, _DEAD = 0.4, 0.12, 0.15  # shares of the pictures; the others stay clean
_KINDS = (0.6, 0.17, 0.17, 0.06)  # shares of sensors' noises
_SALT_AND_PEPPER = 0.7  # share of the impulses that are as often white as black


class Noisy(NamedTuple):
    """A noisy picture, (H, W), and the truth about each of its pixels."""

    image: NDArray[np.uint8]
    level: NDArray[np.float32]
    """Standard deviation of the sensor's noise, on intensities in [0, 1]."""
    replaced: NDArray[np.bool_]
    """Whether the pixel is an impulse."""


def with_noise(picture: NDArray[np.uint8], generator: np.random.Generator) -> Noisy:
    """Add noise of a kind and strength that are drawn, or none, to a picture (H, W)."""
    chance = generator.random()
    sensed, level = picture, np.zeros(picture.shape, np.float32)
    if chance < _SENSOR + _BOTH:
        sensor = _sensor_noise(generator)
        sensed = sensor.corrupt(picture, generator)
        level = np.asarray(sensor.level(sensed))
    image = sensed
    if _SENSOR <= chance < _SENSOR + _BOTH + _DEAD:
        image = _dead_pixels(generator).corrupt(sensed, generator)
    return Noisy(image, level, image != sensed)


def _sensor_noise(generator: np.random.Generator) -> Noise:
    gaussian = Gaussian(std=2.0, factor=_even_in_log(generator, 0.004, 0.3))
    poisson = Poisson(peak=_even_in_log(generator, 15, 1000))
    speckle = Speckle(std=_even_in_log(generator, 0.02, 0.4))
    kinds = (gaussian, poisson, speckle, Sequence((poisson, gaussian)))
    return kinds[generator.choice(len(kinds), p=_KINDS)]


def _dead_pixels(generator: np.random.Generator) -> Noise:
    salt = 0.5 if generator.random() < _SALT_AND_PEPPER else generator.random()
    return SaltPepper(factor=_even_in_log(generator, 0.003, 0.6), salt_ratio=float(salt))


def _even_in_log(generator: np.random.Generator, low: float, high: float) -> float:
    return math.exp(generator.uniform(math.log(low), math.log(high)))
