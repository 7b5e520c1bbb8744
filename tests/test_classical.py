"""The classical denoisers against theory, and the search for their strengths."""

import numpy as np
import pytest
import torch

from facedenoise.data.tensors import to_float
from facedenoise.evaluation import classical
from facedenoise.evaluation.classical import Tuned, apply, methods_for, tune
from facedenoise.evaluation.metrics import psnr
from facedenoise.noise import corrupt
from facedenoise.params import GaussianNoise, SaltPepperNoise

LOW = GaussianNoise("gaussian", 0.2, 0.2)
HIGH = GaussianNoise("gaussian", 0.4, 0.3)
SALT_PEPPER = SaltPepperNoise("salt_pepper", 0.1, 0.5)
SMOOTHERS = ["nlm", "tv", "wavelet"]
STRENGTHS = {"median": 3.0, "nlm": 0.06, "tv": 0.03, "wavelet": 0.06, "biharmonic": None}
each_method = pytest.mark.parametrize("method", STRENGTHS)


def with_noise(faces: torch.Tensor, noise: GaussianNoise | SaltPepperNoise) -> torch.Tensor:
    rows = np.arange(len(faces))
    return to_float(torch.from_numpy(corrupt(faces.numpy(), rows, noise, seed=0, task="t", draw=0)))


def random_batch(count: int, height: int = 48, width: int = 48) -> torch.Tensor:
    return torch.rand(count, 1, height, width, generator=torch.Generator().manual_seed(0))


def gain(method: str, noisy: torch.Tensor, clean: torch.Tensor) -> float:
    denoised = apply(method, noisy, tune(method, noisy, clean).strength)
    return float(psnr(clean, denoised).mean() - psnr(clean, noisy).mean())


def test_saturated_pixels_are_inpainted_under_salt_and_pepper_only() -> None:
    assert set(methods_for(SALT_PEPPER)) == set(STRENGTHS)
    assert set(methods_for(SALT_PEPPER)) - set(methods_for(LOW)) == {"biharmonic"}


@pytest.mark.parametrize("side", [3, 5])
def test_median_is_that_of_the_window_with_the_border_continued(side: int) -> None:
    images = random_batch(3, 10, 13)
    continued = torch.nn.functional.pad(images, (side // 2,) * 4, mode="replicate")
    windows = continued.unfold(2, side, 1).unfold(3, side, 1).flatten(-2)
    expected = windows.median(dim=-1).values
    torch.testing.assert_close(apply("median", images, side), expected, rtol=0, atol=0)


def test_total_variation_moves_the_sides_of_a_step_by_weight_over_width() -> None:
    # The minimum of |u_right - u_left| + width / (2 weight) * ((0.2 - u_left)^2 + (0.8 - u_right)^2).
    step = torch.full((1, 1, 16, 16), 0.2)
    step[..., 8:] = 0.8
    expected = torch.where(step < 0.5, 0.2 + 0.4 / 8, 0.8 - 0.4 / 8)
    # Chambolle's iteration stops a little before the minimum.
    torch.testing.assert_close(apply("tv", step, 0.4), expected, rtol=0, atol=0.01)


def test_non_local_means_averages_over_patches_that_are_alike() -> None:
    stripes = torch.tensor([0.2, 0.8]).repeat(24).expand(1, 1, 48, 48)
    noise = 0.02 * torch.randn(stripes.shape, generator=torch.Generator().manual_seed(0))
    left = apply("nlm", stripes + noise, 0.1)[..., 6:-6, 6:-6] - stripes[..., 6:-6, 6:-6]
    # Of the 5 x 5 pixels in reach at least 2 x 5 have the same stripe; a local mean would give 0.1 and more.
    assert left.std() < 1.3 * 0.02 / np.sqrt(10)


@pytest.mark.parametrize("method", SMOOTHERS)
@pytest.mark.parametrize(("noise", "least"), [(LOW, 1.5), (HIGH, 3.5)])
def test_tuned_smoothing_takes_gaussian_noise_away(
    method: str, noise: GaussianNoise, least: float, drawn: torch.Tensor
) -> None:
    few = drawn[:16]
    assert gain(method, with_noise(few, noise), to_float(few)) > least


def test_inpainting_restores_what_the_median_cannot(drawn: torch.Tensor) -> None:
    noisy, clean = with_noise(drawn, SALT_PEPPER), to_float(drawn)
    assert gain("biharmonic", noisy, clean) > gain("median", noisy, clean) + 8


def test_inpainting_is_exact_on_cubic_surfaces() -> None:
    # The biharmonic of a cubic polynomial is zero, also in finite differences.
    y, x = torch.meshgrid(torch.linspace(-1, 1, 24), torch.linspace(-1, 1, 24), indexing="ij")
    clean = (0.5 + 0.1 * (x**3 - x * y**2 + y**2 - 0.5 * x))[None, None]
    noisy = clean.clone()
    noisy[..., 5::4, 5:-3:4], noisy[..., 7:-3:4, 7:-3:4] = 0, 1
    torch.testing.assert_close(apply("biharmonic", noisy, None), clean, rtol=0, atol=1e-5)


def test_inpainting_keeps_every_pixel_between_black_and_white(drawn: torch.Tensor) -> None:
    noisy = with_noise(drawn, SALT_PEPPER)
    known = (noisy > 0) & (noisy < 1)
    assert torch.equal(apply("biharmonic", noisy, None)[known], noisy[known])


def test_inpainting_leaves_an_image_alone_that_has_no_known_pixel() -> None:
    noisy = random_batch(2)
    noisy[0] = noisy[0].round()
    assert torch.equal(apply("biharmonic", noisy, None)[0], noisy[0])


@pytest.mark.parametrize("method", SMOOTHERS)
def test_smoothing_of_almost_no_strength_changes_almost_nothing(method: str, drawn: torch.Tensor) -> None:
    noisy = with_noise(drawn[:8], HIGH)
    torch.testing.assert_close(apply(method, noisy, 1e-4), noisy, rtol=0, atol=1e-3)


@each_method
def test_flat_images_stay_flat(method: str) -> None:
    levels = torch.tensor([0, 0.25, 1]).view(3, 1, 1, 1)
    flat = levels.expand(3, 1, 16, 16).contiguous()
    torch.testing.assert_close(apply(method, flat, STRENGTHS[method]), flat, rtol=0, atol=1e-5)


@each_method
def test_an_image_is_denoised_alone(method: str, drawn: torch.Tensor) -> None:
    noisy = with_noise(drawn[:6], SALT_PEPPER)
    order = [4, 0, 2]
    denoised = apply(method, noisy, STRENGTHS[method])
    assert torch.equal(apply(method, noisy[order], STRENGTHS[method]), denoised[order])


@each_method
@pytest.mark.parametrize("shape", [(0, 48, 48), (2, 8, 8), (1, 33, 20)])
@pytest.mark.filterwarnings("ignore:Level value")  # two wavelet levels are many for 8 px
def test_the_result_is_a_batch_again(method: str, shape: tuple[int, int, int]) -> None:
    noisy = random_batch(*shape).mul(1.2).clamp(0, 1)
    denoised = apply(method, noisy, STRENGTHS[method])
    assert denoised.shape == noisy.shape
    assert denoised.dtype == torch.float32
    assert ((denoised >= 0) & (denoised <= 1)).all()


@each_method
def test_what_is_no_batch_is_refused(method: str) -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        apply(method, random_batch(1) * 255, STRENGTHS[method])
    with pytest.raises(TypeError, match="float32"):
        apply(method, random_batch(1).double(), STRENGTHS[method])


@pytest.mark.parametrize("method", SMOOTHERS)
@pytest.mark.parametrize("noise", [LOW, HIGH, SALT_PEPPER])
def test_no_strength_on_a_fine_grid_is_clearly_better_than_the_tuned_one(
    method: str, noise: GaussianNoise | SaltPepperNoise, drawn: torch.Tensor
) -> None:
    noisy, clean = with_noise(drawn[:8], noise), to_float(drawn[:8])
    fine = [psnr(clean, apply(method, noisy, strength)).mean() for strength in np.geomspace(0.004, 1, 40)]
    tuned = tune(method, noisy, clean)
    assert tuned.psnr > max(fine) - 0.1


def test_noisier_images_get_a_larger_median_window() -> None:
    clean = torch.full((4, 1, 48, 48), 0.5)
    noisy = (clean + 0.1 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))).clamp(0, 1)
    assert tune("median", noisy, clean).strength == 5


def test_a_thin_line_needs_the_smaller_median_window() -> None:
    line = torch.full((1, 1, 48, 48), 0.5)
    line[..., 20:22, :] = 0.9  # two of three rows, but only two of five
    assert tune("median", line, line) == Tuned(3, 100)


@each_method
def test_a_tuned_method_tells_its_psnr(method: str, drawn: torch.Tensor) -> None:
    noisy, clean = with_noise(drawn[:8], SALT_PEPPER), to_float(drawn[:8])
    tuned = tune(method, noisy, clean)
    denoised = apply(method, noisy, tuned.strength)
    assert tuned.psnr == pytest.approx(psnr(clean, denoised).mean(), abs=5e-5)


def test_only_evenly_spaced_images_are_tuned_on(drawn: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classical, "TUNING_IMAGES", 4)
    noisy, clean = with_noise(drawn, HIGH), to_float(drawn)
    looked_at = [0, 21, 42, 63]
    expected = tune("tv", noisy[looked_at], clean[looked_at])
    assert tune("tv", noisy, clean) == expected


@pytest.mark.parametrize("other", [random_batch(2, 48, 47), random_batch(3)])
def test_batches_of_different_shape_are_not_tuned_on(other: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        tune("median", other, random_batch(2))
