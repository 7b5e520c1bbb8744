"""PSNR and SSIM against outside references and theory."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from facedenoise.evaluation.metrics import PSNR_CAP, psnr, ssim

Metric = Callable[[torch.Tensor, torch.Tensor], NDArray[np.float64]]
both_metrics = pytest.mark.parametrize("metric", [psnr, ssim])


def random_batch(count: int, height: int = 48, width: int = 48, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 1, height, width, generator=torch.Generator().manual_seed(seed))


def noisy_pair(count: int = 6, sigma: float = 0.1) -> tuple[torch.Tensor, torch.Tensor]:
    clean = random_batch(count)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    strength = sigma * torch.arange(1, count + 1).view(-1, 1, 1, 1)  # so that the images differ in score
    return clean, (clean + strength * noise).clamp(0, 1)


def test_psnr_is_that_of_scikit_image() -> None:
    clean, noisy = noisy_pair()
    reference = [
        peak_signal_noise_ratio(a[0].numpy(), b[0].numpy(), data_range=1)
        for a, b in zip(clean, noisy, strict=True)
    ]
    np.testing.assert_allclose(psnr(clean, noisy), reference, rtol=1e-6)


def test_psnr_is_ten_log_of_the_inverse_mean_squared_error() -> None:
    clean, noisy = noisy_pair()
    errors = (clean - noisy).double().square().mean(dim=(1, 2, 3)).numpy()
    np.testing.assert_allclose(psnr(clean, noisy), -10 * np.log10(errors), rtol=1e-6)


@pytest.mark.parametrize("sigma", [0.02, 0.06])
def test_noise_that_is_left_as_it_is_scores_its_analytic_psnr(sigma: float) -> None:
    clean = torch.full((64, 1, 48, 48), 0.5)  # eight sigmas from both ends: nothing is clipped
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(2))
    # The relative error of a mean of n squares is sqrt(2 / n), and a relative error e is 10 log10(1 + e) dB.
    deviation = 10 / np.log(10) * np.sqrt(2 / clean.numel())
    assert psnr(clean, clean + sigma * noise).mean() == pytest.approx(
        20 * np.log10(1 / sigma), abs=4 * deviation
    )


def test_ssim_is_that_of_scikit_image() -> None:
    clean, noisy = noisy_pair()
    reference = [
        structural_similarity(a[0].numpy(), b[0].numpy(), data_range=1)
        for a, b in zip(clean.double(), noisy.double(), strict=True)
    ]
    np.testing.assert_allclose(ssim(clean, noisy), reference, rtol=1e-9)


def test_ssim_of_flat_images_is_its_luminance_term() -> None:
    darker, lighter = torch.full((1, 1, 9, 9), 0.25), torch.full((1, 1, 9, 9), 0.5)
    stabiliser = 0.01**2  # (K1 * data range) squared, of Wang et al. 2004
    expected = (2 * 0.25 * 0.5 + stabiliser) / (0.25**2 + 0.5**2 + stabiliser)
    np.testing.assert_allclose(ssim(darker, lighter), [expected], rtol=1e-12)


@pytest.mark.parametrize(
    ("height", "width", "window"), [(6, 48, 5), (5, 5, 5), (4, 6, 3), (3, 3, 3), (7, 8, 7)]
)
def test_ssim_of_small_images_takes_the_largest_window_that_fits(
    height: int, width: int, window: int
) -> None:
    clean, other = random_batch(1, height, width), random_batch(1, height, width, seed=1)
    a, b = clean[0, 0].double().numpy(), other[0, 0].double().numpy()
    reference = structural_similarity(a, b, win_size=window, data_range=1)
    np.testing.assert_allclose(ssim(clean, other), [reference], rtol=1e-9)


def test_ssim_says_that_an_image_is_too_small() -> None:
    with pytest.raises(ValueError, match="at least 3 x 3 pixels, got 2 x 48"):
        ssim(random_batch(1, 2), random_batch(1, 2))


def test_identical_images_have_the_highest_scores_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    clean = torch.cat([random_batch(2), torch.zeros(1, 1, 48, 48)])
    assert psnr(clean, clean).tolist() == [PSNR_CAP] * 3
    np.testing.assert_allclose(ssim(clean, clean), 1)
    assert not recwarn.list


def test_psnr_is_capped_below_infinity() -> None:
    clean = torch.full((1, 1, 4, 4), 0.5)
    almost = clean.clone()
    almost[0, 0, 0, 0] += 1e-6  # 10 log10(16e12) = 132 dB
    assert psnr(clean, almost).tolist() == [100]


@both_metrics
def test_an_image_is_scored_alone(metric: Metric) -> None:
    clean, noisy = noisy_pair()
    order = torch.tensor([4, 0, 2])
    scores = metric(clean, noisy)
    assert scores.dtype == np.float64
    assert scores.shape == (6,)
    assert len(set(scores.tolist())) == 6
    np.testing.assert_array_equal(metric(clean[order], noisy[order]), scores[order])


@both_metrics
def test_no_images_have_no_scores(metric: Metric) -> None:
    assert metric(random_batch(0), random_batch(0)).shape == (0,)


@both_metrics
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (random_batch(2).double(), TypeError),
        ((random_batch(2) * 255).to(torch.uint8), TypeError),
        (random_batch(2) * 2 - 1, ValueError),  # the range of the networks of old
        (random_batch(2) * 255, ValueError),
        (random_batch(2).fill_(torch.nan), ValueError),
        (random_batch(2)[:, 0], ValueError),
        (random_batch(2).expand(2, 3, 48, 48), ValueError),
        (random_batch(1), ValueError),  # would broadcast
        (random_batch(2, 48, 47), ValueError),
    ],
)
def test_what_is_no_matching_batch_is_refused(
    metric: Metric, wrong: torch.Tensor, error: type[Exception]
) -> None:
    with pytest.raises(error):
        metric(random_batch(2), wrong)
    with pytest.raises(error):
        metric(wrong, random_batch(2))
