"""Distances between sets of faces: spectrum, Fréchet, two-sample test."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from facedenoise.data.tensors import to_float
from facedenoise.evaluation.frechet import frechet_distance
from facedenoise.evaluation.spectrum import spectrum_error
from facedenoise.evaluation.two_sample import two_sample_accuracy


def white_noise(count: int, sigma: float, size: tuple[int, int] = (48, 48), seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (0.5 + sigma * torch.randn(count, 1, *size, generator=generator)).clamp(0, 1)


def wave(cycles: int, amplitude: float, side: int = 32) -> Tensor:
    angle = 2 * np.pi * cycles * torch.arange(side) / side
    return (0.5 + amplitude * torch.cos(angle)).expand(1, 1, side, side).contiguous()


def blurred(images: Tensor) -> Tensor:
    return functional.avg_pool2d(functional.pad(images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)


def features(count: int, dimensions: int = 5, seed: int = 0) -> NDArray[np.float64]:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(count, dimensions)) @ generator.normal(size=(dimensions, dimensions))


def test_equal_images_have_no_spectrum_error(drawn: Tensor) -> None:
    assert spectrum_error(to_float(drawn), to_float(drawn)) == 0


def test_twice_the_contrast_is_four_times_the_power_at_every_frequency() -> None:
    clean = white_noise(20, 0.05)
    assert spectrum_error(clean, 0.5 + 2 * (clean - 0.5)) == pytest.approx(np.log10(4), rel=1e-4)


def test_only_the_ring_of_a_wave_differs() -> None:
    error = spectrum_error(wave(5, 0.1), wave(5, 0.2))
    assert error == pytest.approx(np.log10(4) / 16, rel=1e-4)  # 16 rings up to Nyquist


def test_white_noise_has_the_power_of_its_variance() -> None:
    clean, noisy = white_noise(400, 0.02), white_noise(400, 0.06, seed=1)
    assert spectrum_error(clean, noisy) == pytest.approx(np.log10(9), abs=0.02)


def test_place_and_mean_intensity_do_not_matter_to_the_spectrum() -> None:
    clean = white_noise(4, 0.05)
    assert spectrum_error(clean, clean.roll((3, 5), dims=(-2, -1)) + 0.1) < 1e-4


def test_blur_and_noise_both_count(drawn: Tensor) -> None:
    clean = to_float(drawn)
    noise = 0.06 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    assert spectrum_error(clean, blurred(clean)) > 0.1
    assert spectrum_error(clean, (clean + noise).clamp(0, 1)) > 0.1


@pytest.mark.parametrize("size", [(48, 48), (9, 9), (8, 31), (2, 2)])
def test_flat_images_have_a_finite_spectrum_error(size: tuple[int, int]) -> None:
    error = spectrum_error(white_noise(3, 0.1, size), torch.full((3, 1, *size), 0.5))
    assert 0 < error < 10


def test_a_spectrum_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 x 2 pixels"):
        spectrum_error(white_noise(0, 0.1), white_noise(0, 0.1))
    with pytest.raises(ValueError, match="at least 2 x 2 pixels"):
        spectrum_error(white_noise(2, 0.1, (1, 9)), white_noise(2, 0.1, (1, 9)))
    with pytest.raises(ValueError, match="differ in shape"):
        spectrum_error(white_noise(2, 0.1), white_noise(3, 0.1))


def test_frechet_distance_of_one_dimension_is_that_of_means_and_deviations() -> None:
    a, b = features(50, 1), 3 * features(80, 1, seed=1) + 2
    expected = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert frechet_distance(a, b) == pytest.approx(expected)


def test_frechet_distance_is_that_of_its_definition() -> None:
    a, b = features(200), features(300, seed=1) + 1
    covariance_a, covariance_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    common = np.sqrt(np.linalg.eigvals(covariance_a @ covariance_b).real).sum()
    means = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    expected = means + np.trace(covariance_a) + np.trace(covariance_b) - 2 * common
    assert frechet_distance(a, b) == pytest.approx(expected)


def test_frechet_distance_is_zero_for_equal_sets_and_the_same_both_ways() -> None:
    a, b = features(40), features(30, seed=1)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a))
    assert frechet_distance(a, b) > 0.1


def test_a_shift_adds_its_square_to_no_distance() -> None:
    a = features(40)
    assert frechet_distance(a, a + np.array([3, 0, 0, 0, 4])) == pytest.approx(25)


def test_singular_covariances_are_no_obstacle() -> None:
    few = features(3)  # three samples of five dimensions
    flat = np.zeros((10, 5))
    assert frechet_distance(few, few) == pytest.approx(0, abs=1e-9)
    spread = np.square(few.mean(axis=0)).sum() + few.var(axis=0, ddof=1).sum()
    assert frechet_distance(few, flat) == pytest.approx(spread)


@pytest.mark.parametrize(
    "wrong", [features(1), features(10, 4), features(10)[:, 0], np.full((10, 5), np.nan), np.zeros((0, 5))]
)
def test_what_is_no_set_of_features_is_refused(wrong: NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="features"):
        frechet_distance(features(10), wrong)
    with pytest.raises(ValueError, match="features"):
        frechet_distance(wrong, features(10))


def test_noise_and_smoothness_are_told_from_clean_faces(drawn: Tensor) -> None:
    clean = to_float(drawn)
    noise = 0.06 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    assert two_sample_accuracy(clean, (clean + noise).clamp(0, 1), seed=0) > 0.9
    assert two_sample_accuracy(clean, blurred(clean), seed=0) > 0.75


def test_equal_faces_cannot_be_told_apart(drawn: Tensor) -> None:
    assert two_sample_accuracy(to_float(drawn), to_float(drawn), seed=0) == 0.5


def test_other_faces_of_the_same_kind_cannot_be_told_apart() -> None:
    one, other = white_noise(200, 0.1, (12, 12)), white_noise(200, 0.1, (12, 12), seed=1)
    deviation = np.sqrt(0.25 / 400)
    assert two_sample_accuracy(one, other, seed=0) == pytest.approx(0.5, abs=4 * deviation)


def test_what_8_bits_cannot_hold_gives_nothing_away() -> None:
    levels = torch.randint(1, 255, (64, 1, 16, 16), generator=torch.Generator().manual_seed(0))
    clean = to_float(levels.to(torch.uint8))
    assert two_sample_accuracy(clean, clean + 0.4 / 255, seed=0) == 0.5


def test_the_two_sample_test_depends_on_its_seed_alone() -> None:
    clean, other = white_noise(40, 0.1, (8, 9)), white_noise(40, 0.08, (8, 9), seed=1)
    state = torch.random.get_rng_state()
    accuracies = [two_sample_accuracy(clean, other, seed=seed) for seed in (0, 0, 1, 2)]
    assert torch.equal(torch.random.get_rng_state(), state)
    assert accuracies[0] == accuracies[1]
    assert len(set(accuracies)) > 1


def test_one_face_is_too_few_for_a_two_sample_test() -> None:
    with pytest.raises(ValueError, match="at least 2 faces, got 1"):
        two_sample_accuracy(white_noise(1, 0.1), white_noise(1, 0.1), seed=0)
