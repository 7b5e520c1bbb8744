"""PSNR and SSIM against outside references and theory."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from helpers import random_images
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from facedenoise.images.fidelity import PSNR_CAP, psnr, ssim

Metric = Callable[[torch.Tensor, torch.Tensor], NDArray[np.float64]]
both_metrics = pytest.mark.parametrize("metric", [psnr, ssim])


def noisy_pair() -> tuple[torch.Tensor, torch.Tensor]:
    clean = random_images(6)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    strength = 0.1 * torch.arange(1, 7).view(-1, 1, 1, 1)  # so that the images differ in score
    return clean, (clean + strength * noise).clamp(0, 1)


def test_psnr_is_ten_log_of_the_inverse_mean_squared_error() -> None:
    clean, noisy = noisy_pair()
    errors = (clean - noisy).double().square().mean(dim=(1, 2, 3)).numpy()
    np.testing.assert_allclose(psnr(clean, noisy), -10 * np.log10(errors), rtol=1e-6)


@pytest.mark.parametrize(
    ("height", "width", "window"), [(48, 48, 7), (6, 48, 5), (5, 5, 5), (4, 6, 3), (3, 3, 3), (7, 8, 7)]
)
def test_ssim_is_that_of_scikit_image_with_the_largest_window_that_fits(
    height: int, width: int, window: int
) -> None:
    clean, other = (random_images(1, height, width, seed) for seed in range(2))
    images = (batch[0, 0].double().numpy() for batch in (clean, other))
    reference = structural_similarity(*images, win_size=window, data_range=1)
    np.testing.assert_allclose(ssim(clean, other), [reference], rtol=1e-9)


def test_of_colours_scikit_image_is_asked_in_its_own_form() -> None:
    clean, noisy = (random_images(2, 12, 16, seed, channels=3) for seed in range(2))
    assert not torch.equal(clean[:, 0], clean[:, 1])
    truths, estimates = (batch.permute(0, 2, 3, 1).double().numpy() for batch in (clean, noisy))
    for metric, reference in (
        (psnr, partial(peak_signal_noise_ratio, data_range=1)),
        (ssim, partial(structural_similarity, data_range=1, channel_axis=-1)),
    ):
        expected = [reference(*pair) for pair in zip(truths, estimates, strict=True)]
        np.testing.assert_allclose(metric(clean, noisy), expected, rtol=1e-9)


@both_metrics
def test_a_grey_image_scores_the_same_in_three_equal_channels(metric: Metric) -> None:
    clean, noisy = noisy_pair()
    expected = metric(clean, noisy)
    in_colour = metric(*(images.expand(-1, 3, -1, -1) for images in (clean, noisy)))
    np.testing.assert_allclose(in_colour, expected, rtol=1e-12)


def test_ssim_says_that_an_image_is_too_small() -> None:
    with pytest.raises(ValueError, match="at least 3 x 3 pixels, got 2 x 48"):
        ssim(random_images(1, 2), random_images(1, 2))


def test_identical_images_have_the_highest_scores_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    clean = torch.cat([random_images(), torch.zeros(1, 1, 48, 48)])
    almost = clean.clone()
    almost[..., 0, 0] += 1e-5 * (almost[..., 0, 0] < 0.5)  # 10 log10(48 * 48 * 1e10) = 134 dB
    for denoised in (clean, almost):
        assert psnr(clean, denoised).tolist() == [PSNR_CAP] * 3
    np.testing.assert_allclose(ssim(clean, clean), 1)
    assert not recwarn.list


@both_metrics
def test_an_image_is_scored_alone(metric: Metric) -> None:
    clean, noisy = noisy_pair()
    order = torch.tensor([4, 0, 2])
    scores = metric(clean, noisy)
    assert scores.shape == (6,)
    assert len(set(scores.tolist())) == 6
    np.testing.assert_array_equal(metric(clean[order], noisy[order]), scores[order])
    assert metric(clean[:0], noisy[:0]).shape == (0,)


@both_metrics
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (random_images().double(), TypeError),
        ((random_images() * 255).to(torch.uint8), TypeError),
        (random_images() * 2 - 1, ValueError),
        (random_images() * 255, ValueError),
        (random_images().fill_(torch.nan), ValueError),
        (random_images()[:, 0], ValueError),
        (random_images().expand(2, 2, 48, 48), ValueError),
        (random_images().expand(2, 3, 48, 48), ValueError),  # would broadcast
        (random_images(1), ValueError),  # would broadcast
        (random_images(2, 48, 47), ValueError),
    ],
)
def test_what_is_no_matching_batch_is_refused(
    metric: Metric, wrong: torch.Tensor, error: type[Exception]
) -> None:
    for pair in ((random_images(), wrong), (wrong, random_images())):
        with pytest.raises(error):
            metric(*pair)
