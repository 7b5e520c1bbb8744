"""Distances between sets of faces: spectrum, Fréchet, two-sample test."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from facedenoise.evaluation import two_sample
from facedenoise.evaluation.frechet import frechet_distance
from facedenoise.evaluation.spectrum import spectrum_error
from facedenoise.evaluation.two_sample import two_sample_accuracy
from facedenoise.images.tensors import to_float, to_uint8

told_apart = partial(two_sample_accuracy, seed=0)


def white_noise(count: int, sigma: float, size: tuple[int, int] = (48, 48), seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (0.5 + sigma * torch.randn(count, 1, *size, generator=generator)).clamp(0, 1)


def stacked(grey: Tensor) -> Tensor:
    """Return grey images, (N, 1, H, W), as those of three equal channels."""
    return grey.expand(-1, 3, -1, -1)


def pixels_of(*sets: Tensor) -> list[NDArray[np.uint8]]:
    return [to_uint8(images).numpy() for images in sets]


def wave(cycles: int, amplitude: float, side: int = 32) -> Tensor:
    angle = 2 * np.pi * cycles * torch.arange(side) / side
    return (0.5 + amplitude * torch.cos(angle)).expand(1, 1, side, side).contiguous()


def spoiled(clean: Tensor) -> tuple[Tensor, Tensor]:
    """Return the faces with noise, and blurred."""
    noise = 0.06 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    continued = functional.pad(clean, (1, 1, 1, 1), mode="replicate")
    return (clean + noise).clamp(0, 1), functional.avg_pool2d(continued, 3, stride=1)


def wrong_colours(count: int) -> tuple[Tensor, Tensor]:
    """Return noise in colour, and the same with other noise that leaves its luminance as it is."""
    clean = torch.cat([white_noise(count, 0.02, seed=seed) for seed in range(3)], dim=1)
    red = 0.02 * torch.randn(count, 48, 48, generator=torch.Generator().manual_seed(3))
    return clean, clean + torch.stack([red, 0 * red, -0.2125 / 0.0721 * red], dim=1)


def features(count: int, dimensions: int = 5, seed: int = 0) -> NDArray[np.float64]:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(count, dimensions)) @ generator.normal(size=(dimensions, dimensions))


def test_twice_the_contrast_is_four_times_the_power_at_every_frequency() -> None:
    clean = white_noise(20, 0.05)
    assert spectrum_error(clean, 0.5 + 2 * (clean - 0.5)) == pytest.approx(np.log10(4), rel=1e-4)


def test_only_the_ring_of_a_wave_differs() -> None:
    error = spectrum_error(wave(5, 0.1), wave(5, 0.2))
    assert error == pytest.approx(np.log10(4) / 16, rel=1e-4)  # 16 rings up to Nyquist


def test_place_and_mean_intensity_do_not_matter_to_the_spectrum() -> None:
    clean = white_noise(4, 0.05)
    assert spectrum_error(clean, clean.roll((3, 5), dims=(-2, -1)) + 0.1) < 1e-4


def test_blur_and_noise_both_have_a_spectrum_error_and_equal_faces_have_none(drawn: Tensor) -> None:
    clean = to_float(drawn)
    assert all(spectrum_error(clean, images) > 0.1 for images in spoiled(clean))
    assert spectrum_error(clean, clean) == 0


def test_the_spectrum_of_colours_is_that_of_their_luminance(drawn: Tensor) -> None:
    assert spectrum_error(*wrong_colours(20)) < 1e-4
    clean, noisy = to_float(drawn[:8]), spoiled(to_float(drawn[:8]))[0]
    grey, colour = (spectrum_error(*pair) for pair in ((clean, noisy), (stacked(clean), stacked(noisy))))
    assert colour == pytest.approx(grey, rel=1e-5)


@pytest.mark.parametrize("size", [(48, 48), (9, 9), (8, 31), (2, 2)])
def test_flat_images_have_a_finite_spectrum_error(size: tuple[int, int]) -> None:
    assert 0 < spectrum_error(white_noise(3, 0.1, size), torch.full((3, 1, *size), 0.5)) < 10


def test_frechet_distance_is_that_of_its_definition_both_ways() -> None:
    a, b = features(200), features(300, seed=1) + 1
    covariance_a, covariance_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    common = np.sqrt(np.linalg.eigvals(covariance_a @ covariance_b).real).sum()
    means = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    expected = means + np.trace(covariance_a) + np.trace(covariance_b) - 2 * common
    assert frechet_distance(a, b) == pytest.approx(expected)
    assert frechet_distance(b, a) == pytest.approx(expected)


def test_singular_covariances_are_no_obstacle() -> None:
    few = features(3)  # three samples of five dimensions
    assert frechet_distance(few, few) == pytest.approx(0, abs=1e-9)
    spread = np.square(few.mean(axis=0)).sum() + few.var(axis=0, ddof=1).sum()
    assert frechet_distance(few, np.zeros((10, 5))) == pytest.approx(spread)


@pytest.mark.parametrize(
    "wrong", [features(1), features(10, 4), features(10)[:, 0], np.full((10, 5), np.nan), np.zeros((0, 5))]
)
def test_what_is_no_set_of_features_is_refused(wrong: NDArray[np.float64]) -> None:
    for pair in ((features(10), wrong), (wrong, features(10))):
        with pytest.raises(ValueError, match="features"):
            frechet_distance(*pair)


def test_noise_and_smoothness_are_told_from_clean_faces(drawn: Tensor) -> None:
    clean = to_float(drawn)
    noisy, blurred = spoiled(clean)
    assert told_apart(clean, noisy) > 0.9
    assert told_apart(clean, blurred) > 0.75


def test_wrong_colours_of_the_right_luminance_are_told_from_clean_images() -> None:
    assert told_apart(*wrong_colours(64)) > 0.9


def test_other_faces_of_the_same_kind_cannot_be_told_apart() -> None:
    one, other = white_noise(200, 0.1, (12, 12)), white_noise(200, 0.1, (12, 12), seed=1)
    deviation = np.sqrt(0.25 / 400)
    assert told_apart(one, other) == pytest.approx(0.5, abs=4 * deviation)


def test_what_8_bits_cannot_hold_gives_nothing_away() -> None:
    levels = torch.randint(1, 255, (64, 1, 16, 16), generator=torch.Generator().manual_seed(0))
    clean = to_float(levels.to(torch.uint8))
    assert told_apart(clean, clean + 0.4 / 255) == 0.5


def test_the_two_sample_test_depends_on_its_seed_alone() -> None:
    clean, other = white_noise(40, 0.1, (8, 9)), white_noise(40, 0.08, (8, 9), seed=1)
    state = torch.random.get_rng_state()
    accuracies = [two_sample_accuracy(clean, other, seed=seed) for seed in (0, 0, 1, 2)]
    assert torch.equal(torch.random.get_rng_state(), state)
    assert accuracies[0] == accuracies[1]
    assert len(set(accuracies)) > 1


def test_sets_are_told_apart_side_by_side_as_each_alone(drawn: Tensor) -> None:
    clean = to_float(drawn)
    sets = [*spoiled(clean), clean]
    (pixels,) = pixels_of(clean)
    together = two_sample.told_apart(pixels, pixels_of(*sets), seed=0)
    alone = [told_apart(clean, images) for images in sets]
    assert together == pytest.approx(alone, abs=0.02)  # a convolution of three groups rounds otherwise
    assert together[2] == alone[2] == 0.5


@pytest.mark.parametrize(
    ("distance", "one", "other", "words"),
    [
        (spectrum_error, white_noise(2, 0.1), white_noise(3, 0.1), "differ in shape"),
        (told_apart, white_noise(2, 0.1), white_noise(3, 0.1), "differ in shape"),
        (told_apart, white_noise(1, 0.1), white_noise(1, 0.1), "at least 2 faces, got 1"),
        (spectrum_error, *2 * [white_noise(0, 0.1)], "at least 2 x 2 pixels"),
        (spectrum_error, *2 * [white_noise(2, 0.1, (1, 9))], "at least 2 x 2 pixels"),
    ],
)
def test_sets_that_cannot_be_compared_are_refused(
    distance: Callable[[Tensor, Tensor], float], one: Tensor, other: Tensor, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        distance(one, other)
