"""Each kind of noise against its theory."""

import numpy as np
import pytest
from numpy.typing import NDArray

from facedenoise.noise import Noise, corrupt
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.poisson import Poisson
from facedenoise.noise.salt_pepper import SaltPepper
from facedenoise.noise.speckle import Speckle

ROWS = np.arange(200, dtype=np.int64)
ROUNDING = 1 / 12  # the variance that rounding adds


def noise_on(value: int, noise: Noise) -> NDArray[np.float64]:
    """Return what the noise adds to images of one grey."""
    images = np.full((len(ROWS), 48, 48), value, np.uint8)
    return corrupt(images, ROWS, noise, seed=0, task="t", draw=0).astype(np.float64) - value


def require_mean_and_variance(difference: NDArray[np.float64], variance: float) -> None:
    """Hold both to four standard errors of a normal distribution."""
    assert abs(difference.mean()) < 4 * np.sqrt(variance / difference.size)
    assert difference.var() == pytest.approx(variance, rel=4 * np.sqrt(2 / difference.size))


@pytest.mark.parametrize(("noise", "sigma"), [(Gaussian(0.2, 0.2), 0.02), (Gaussian(0.4, 0.3), 0.06)])
def test_gaussian_noise_has_half_of_std_times_factor(noise: Gaussian, sigma: float) -> None:
    assert noise.sigma == pytest.approx(sigma)
    require_mean_and_variance(noise_on(128, noise), (255 * sigma) ** 2 + ROUNDING)


def test_gaussian_noise_is_white_and_clipped_not_wrapped() -> None:
    noise = Gaussian(0.4, 0.3)
    difference = noise_on(128, noise)
    for shifted in (difference[..., 1:] * difference[..., :-1], difference[:, 1:] * difference[:, :-1]):
        assert abs(shifted.mean()) < 4 * difference.var() / np.sqrt(shifted.size)
    assert noise_on(0, noise).max() < 128
    assert noise_on(255, noise).min() > -128


@pytest.mark.parametrize("salt_ratio", [0.0, 0.3, 0.5, 1.0])
def test_salt_and_pepper_replaces_the_share_it_should(salt_ratio: float) -> None:
    noisy = noise_on(128, SaltPepper(factor=0.1, salt_ratio=salt_ratio)) + 128
    assert set(np.unique(noisy)) <= {0, 128, 255}
    for value, share in ((255, 0.1 * salt_ratio), (0, 0.1 * (1 - salt_ratio))):
        deviation = np.sqrt(share * (1 - share) / noisy.size)
        assert np.mean(noisy == value) == pytest.approx(share, abs=4 * deviation)


@pytest.mark.parametrize("value", [64, 128])
@pytest.mark.parametrize("peak", [100.0, 400.0])
def test_poisson_noise_has_the_mean_and_variance_of_photon_counts(value: int, peak: float) -> None:
    require_mean_and_variance(noise_on(value, Poisson(peak=peak)), 255 * value / peak + ROUNDING)
    assert not noise_on(0, Poisson(peak=peak)).any(), "black receives no photon"


@pytest.mark.parametrize("value", [32, 128])
def test_speckle_grows_with_the_intensity(value: int) -> None:
    require_mean_and_variance(noise_on(value, Speckle(std=0.15)), (0.15 * value) ** 2 + ROUNDING)
