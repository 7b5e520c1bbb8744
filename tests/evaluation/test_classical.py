"""The classical denoisers, and the search for their strengths."""

import numpy as np
import pytest
import torch
from helpers import random_images, tinted
from numpy.typing import NDArray
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle, denoise_wavelet

from facedenoise.evaluation import classical
from facedenoise.evaluation.classical import Tuned, apply, methods_for, tune
from facedenoise.images.fidelity import psnr
from facedenoise.images.tensors import to_float
from facedenoise.noise import Noise, corrupt
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.salt_pepper import SaltPepper

LOW, HIGH, SALT_PEPPER = Gaussian(std=0.2, factor=0.2), Gaussian(std=0.4, factor=0.3), SaltPepper(factor=0.1)
STRENGTHS = {"median": 3.0, "nlm": 0.06, "tv": 0.03, "wavelet": 0.06, "biharmonic": None}
each_method = pytest.mark.parametrize("method", STRENGTHS)
each_smoother = pytest.mark.parametrize("method", ["nlm", "tv", "wavelet"])


def with_noise(faces: torch.Tensor, noise: Noise) -> torch.Tensor:
    rows = np.arange(len(faces))
    return to_float(torch.from_numpy(corrupt(faces.numpy(), rows, noise, seed=0, task="t", draw=0)))


def gain(method: str, faces: torch.Tensor, noise: Noise) -> float:
    noisy, clean = with_noise(faces, noise), to_float(faces)
    denoised = apply(method, noisy, tune(method, noisy, clean).strength)
    return float(psnr(clean, denoised).mean() - psnr(clean, noisy).mean())


def test_saturated_pixels_are_inpainted_under_salt_and_pepper_only() -> None:
    assert set(methods_for(SALT_PEPPER)) == set(STRENGTHS)
    assert set(methods_for(SALT_PEPPER)) - set(methods_for(LOW)) == {"biharmonic"}


@pytest.mark.parametrize("side", [3, 5])
def test_median_is_that_of_the_window_with_the_border_continued(side: int) -> None:
    images = random_images(3, 10, 13)
    continued = torch.nn.functional.pad(images, (side // 2,) * 4, mode="replicate")
    expected = continued.unfold(2, side, 1).unfold(3, side, 1).flatten(-2).median(dim=-1).values
    torch.testing.assert_close(apply("median", images, side), expected, rtol=0, atol=0)


def shrunk(image: NDArray[np.float32], channel_axis: int | None) -> NDArray[np.float32]:
    """Shrink the wavelets of an image, shape (H, W) or (H, W, 3), in four places, and average."""
    settings = {"sigma": 0.06, "wavelet": "db2", "wavelet_levels": 2, "rescale_sigma": False}
    moved = [
        np.roll(
            denoise_wavelet(np.roll(image, shift, (0, 1)), **settings, channel_axis=channel_axis),
            np.negative(shift),
            (0, 1),
        )
        for shift in ((0, 0), (0, 1), (1, 0), (1, 1))
    ]
    return sum(moved[1:], moved[0]) / 4


def directly(method: str, image: NDArray[np.float32], channel_axis: int | None) -> NDArray[np.float32]:
    """Smooth an image, shape (H, W) or (H, W, 3), by scikit-image itself, at the strength of the tests."""
    match method:
        case "nlm":
            return denoise_nl_means(image, 5, 2, h=0.06, channel_axis=channel_axis)
        case "tv":
            return denoise_tv_chambolle(image, 0.03, channel_axis=channel_axis)
        case _:
            return shrunk(image, channel_axis)


@each_smoother
def test_a_grey_image_is_smoothed_bit_for_bit_as_scikit_image_smooths_a_matrix(
    method: str, drawn: torch.Tensor
) -> None:
    noisy = with_noise(drawn[:4], LOW)
    for image, denoised in zip(noisy[:, 0].numpy(), apply(method, noisy, STRENGTHS[method]), strict=True):
        np.testing.assert_array_equal(denoised[0], directly(method, image, None).clip(0, 1))


@each_smoother
def test_colours_are_smoothed_as_scikit_image_smooths_them(method: str, drawn: torch.Tensor) -> None:
    noisy = with_noise(tinted(drawn[:4]), LOW)
    denoised = apply(method, noisy, STRENGTHS[method]).movedim(1, -1)
    for image, smooth in zip(noisy.movedim(1, -1).numpy(), denoised, strict=True):
        np.testing.assert_allclose(smooth, directly(method, image, -1).clip(0, 1), rtol=0, atol=1e-6)


@each_method
@pytest.mark.parametrize("noise", [LOW, SALT_PEPPER])
def test_of_the_methods_only_non_local_means_treat_channels_together(
    method: str, noise: Noise, drawn: torch.Tensor
) -> None:
    noisy = with_noise(tinted(drawn[:4]), noise)
    alone = [apply(method, noisy[:, channel : channel + 1], STRENGTHS[method]) for channel in range(3)]
    together = apply(method, noisy, STRENGTHS[method])
    assert torch.allclose(together, torch.cat(alone, dim=1), atol=1e-6) == (method != "nlm")


@each_method
def test_three_equal_channels_are_denoised_as_one(method: str, drawn: torch.Tensor) -> None:
    noisy = with_noise(drawn[:4], SALT_PEPPER)
    grey = apply(method, noisy, STRENGTHS[method])
    colour = apply(method, noisy.expand(-1, 3, -1, -1), STRENGTHS[method])
    torch.testing.assert_close(colour, grey.expand(-1, 3, -1, -1), rtol=0, atol=1e-6)


def test_non_local_means_find_more_that_is_alike_in_three_noisy_channels_than_in_one(
    drawn: torch.Tensor,
) -> None:
    assert gain("nlm", tinted(drawn[:16]), HIGH) > gain("nlm", drawn[:16], HIGH) + 0.5


@each_smoother
@pytest.mark.parametrize(("noise", "least"), [(LOW, 1.5), (HIGH, 3.5)])
def test_tuned_smoothing_takes_gaussian_noise_away(
    method: str, noise: Noise, least: float, drawn: torch.Tensor
) -> None:
    assert gain(method, drawn[:16], noise) > least


def test_inpainting_restores_what_the_median_cannot(drawn: torch.Tensor) -> None:
    assert gain("biharmonic", drawn[:16], SALT_PEPPER) > gain("median", drawn[:16], SALT_PEPPER) + 8


def test_inpainting_keeps_every_pixel_between_black_and_white_and_an_image_without_any(
    drawn: torch.Tensor,
) -> None:
    noisy = torch.cat([with_noise(drawn[:16], SALT_PEPPER), torch.zeros(1, 1, 48, 48)])
    known = (noisy > 0) & (noisy < 1)
    inpainted = apply("biharmonic", noisy, None)
    assert torch.equal(inpainted[known], noisy[known])
    assert torch.equal(inpainted[-1], noisy[-1])


@each_method
def test_an_image_is_denoised_alone(method: str, drawn: torch.Tensor) -> None:
    noisy, order = with_noise(drawn[:6], SALT_PEPPER), [4, 0, 2]
    denoised = apply(method, noisy, STRENGTHS[method])
    assert torch.equal(apply(method, noisy[order], STRENGTHS[method]), denoised[order])


@each_method
@pytest.mark.parametrize("shape", [(0, 48, 48), (2, 8, 8), (1, 33, 20)])
@pytest.mark.filterwarnings("ignore:Level value")  # two wavelet levels are many for 8 px
def test_the_result_is_a_batch_again(method: str, shape: tuple[int, int, int]) -> None:
    noisy = random_images(*shape).mul(1.2).clamp(0, 1)
    denoised = apply(method, noisy, STRENGTHS[method])
    assert denoised.shape == noisy.shape
    assert denoised.dtype == torch.float32
    assert ((denoised >= 0) & (denoised <= 1)).all()


def test_what_is_no_batch_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        apply("tv", random_images() * 255, 0.1)
    with pytest.raises(ValueError, match="differ in shape"):
        tune("median", random_images(3), random_images())


@each_smoother
@pytest.mark.parametrize("noise", [LOW, HIGH, SALT_PEPPER])
def test_no_strength_on_a_fine_grid_is_clearly_better_than_the_tuned_one(
    method: str, noise: Noise, drawn: torch.Tensor
) -> None:
    noisy, clean = with_noise(drawn[:8], noise), to_float(drawn[:8])
    fine = [psnr(clean, apply(method, noisy, strength)).mean() for strength in np.geomspace(0.004, 1, 40)]
    assert tune(method, noisy, clean).psnr > max(fine) - 0.1


def test_a_thin_line_needs_the_smaller_median_window_and_much_noise_the_larger() -> None:
    line = torch.full((1, 1, 48, 48), 0.5)
    line[..., 20:22, :] = 0.9  # two of three rows, but only two of five
    assert tune("median", line, line) == Tuned(3, 100)
    clean = torch.full((4, 1, 48, 48), 0.5)
    noise = 0.1 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    assert tune("median", (clean + noise).clamp(0, 1), clean).strength == 5


@each_method
def test_the_psnr_of_a_tuned_method_is_the_one_it_reaches(method: str, drawn: torch.Tensor) -> None:
    noisy, clean = with_noise(drawn[:8], SALT_PEPPER), to_float(drawn[:8])
    tuned = tune(method, noisy, clean)
    reached = psnr(clean, apply(method, noisy, tuned.strength)).mean()
    assert tuned.psnr == pytest.approx(reached, abs=5e-5)


def test_only_evenly_spaced_images_are_tuned_on(drawn: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classical, "TUNING_IMAGES", 4)
    noisy, clean = with_noise(drawn, HIGH), to_float(drawn)
    looked_at = [0, 21, 42, 63]
    assert tune("tv", noisy, clean) == tune("tv", noisy[looked_at], clean[looked_at])
