"""Finding the noise: drawn faces, photographs, text and plain images."""

import io
from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom
from skimage import color, data
from stand_ins import NOISES, TASKS

from facedenoise.denoise.noise_level import NoiseEstimate, estimate_noise, estimate_noises
from facedenoise.noise import MISSING, Noise, corrupt
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.poisson import Poisson
from facedenoise.noise.salt_pepper import SaltPepper
from facedenoise.noise.sequence import Sequence
from facedenoise.noise.speckle import Speckle

Image = NDArray[np.uint8]

PHOTOGRAPHS = ["camera", "astronaut", "coins", "coffee", "chelsea", "text", "brick"]


def photograph(name: str) -> Image:
    """Return one of scikit-image's photographs in grey."""
    pixels = getattr(data, name)()
    return pixels if pixels.ndim == 2 else np.rint(255 * color.rgb2gray(pixels)).astype(np.uint8)


def with_noise(images: Image, noise: Noise) -> Image:
    return corrupt(images, np.arange(len(images)), noise, seed=1, task="test", draw=0)


def gaussian(sigma: float) -> Gaussian:
    return Gaussian(std=2.0, factor=sigma)


def with_sigma(image: NDArray[Any], sigma: float) -> Image:
    noisy = image + 255 * sigma * np.random.default_rng(0).standard_normal(image.shape)
    return np.rint(noisy.clip(0, 255)).astype(np.uint8)


def slope(height: int, width: int) -> NDArray[np.float64]:
    """A picture without texture, far from black and white."""
    return 80 + 90 * np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.5, width))


def compressed(image: Image, quality: int) -> Image:
    file = io.BytesIO()
    PIL.Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(PIL.Image.open(file))


@pytest.fixture(scope="module")
def faces(drawn: torch.Tensor) -> Image:
    return drawn[:, 0].numpy()


def test_drawn_faces_are_clean(faces: Image) -> None:
    assert [each.is_clean for each in estimate_noises(list(faces))].count(True) >= 0.95 * len(faces)


@pytest.mark.parametrize("task", TASKS)
def test_the_noise_of_the_default_tasks_is_found(faces: Image, task: str) -> None:
    found = estimate_noises(list(with_noise(faces, NOISES[task])))
    if task == "salt_pepper":
        assert all(each.has_impulses for each in found)
        assert np.median([each.impulses for each in found]) == pytest.approx(0.1, rel=0.3)
    else:
        assert not any(each.is_clean or each.has_impulses for each in found)
        assert np.median([each.sigma for each in found]) == pytest.approx(NOISES[task].sigma, rel=0.1)


def test_more_noise_is_found_where_more_is(faces: Image) -> None:
    sigmas = [0.01, 0.02, 0.04, 0.08, 0.16, 0.25]
    found = [[each.sigma for each in estimate_noises(list(with_noise(faces, gaussian(s))))] for s in sigmas]
    assert np.mean(np.diff(found, axis=0) > 0) > 0.99
    np.testing.assert_allclose(np.median(found, axis=1), sigmas, rtol=0.2)


@pytest.mark.parametrize("noise", [Poisson(peak=50), Speckle(std=0.2)])
def test_noise_that_depends_on_the_intensity_is_told_so(faces: Image, noise: Noise) -> None:
    errors = []
    for noisy in with_noise(faces[:16], noise):
        level, true = estimate_noise(noisy).level(noisy / np.float32(255)), noise.level(noisy)
        assert true is not None
        errors.append(np.log(level[true > 0.02] / true[true > 0.02]))
    assert np.mean(np.abs(np.concatenate(errors))) < 0.2


def test_both_noises_of_a_mixture_are_found(faces: Image) -> None:
    mixture = Sequence((gaussian(0.06), SaltPepper(factor=0.05)))
    found = estimate_noises(list(with_noise(faces, mixture)))
    assert all(each.has_impulses for each in found)
    assert np.median([each.sigma for each in found]) == pytest.approx(0.06, rel=0.2)
    assert str(found[0]).startswith("sigma 0.0")
    assert str(found[0]).endswith("% of the pixels")


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
def test_impulses_alone_leave_the_other_pixels_exact(faces: Image, share: float) -> None:
    noisy = with_noise(faces, SaltPepper(factor=share))
    found = estimate_noises(list(noisy))
    assert all(each.has_impulses for each in found)
    assert [each.sigma for each in found].count(0) > 0.9 * len(found)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs_are_judged_as_faces_are(name: str) -> None:
    picture = photograph(name)
    assert estimate_noise(picture).is_clean
    for sigma in (0.03, 0.06, 0.15):
        estimate = estimate_noise(with_sigma(picture, sigma))
        assert not estimate.has_impulses
        assert estimate.sigma == pytest.approx(sigma, rel=0.2)
    assert estimate_noise(with_noise(picture[np.newaxis], SaltPepper(factor=0.05))[0]).has_impulses


@pytest.mark.parametrize("quality", [20, 50, 80])
def test_jpeg_is_no_noise(faces: Image, quality: int) -> None:
    assert estimate_noise(compressed(photograph("camera"), quality)).is_clean
    found = estimate_noises([compressed(face, quality) for face in faces])
    assert [each.is_clean for each in found].count(True) >= 0.95 * len(faces)


def test_dark_over_exposed_and_cartoon_pictures_are_clean(faces: Image) -> None:
    bright = faces.astype(np.float32)
    cartoons = 85 * np.rint(gaussian_filter(bright, (0, 1, 1)) / 85)
    for changed in (0.3 * bright, 1.6 * bright, cartoons, 255 - bright):
        found = estimate_noises(list(changed.clip(0, 255).astype(np.uint8)))
        assert [each.is_clean for each in found].count(True) >= 0.9 * len(faces)


@pytest.mark.parametrize("size", [10, 14, 24])
@pytest.mark.parametrize("only_black_and_white", [False, True])
def test_text_is_clean(size: int, only_black_and_white: bool) -> None:
    page = PIL.Image.new("L", (400, 300), 255)
    font = PIL.ImageFont.load_default(size)
    for top in range(0, 300, size + 3):
        words = "The quick brown fox jumps over the lazy dog 0123456789 " * 2
        PIL.ImageDraw.Draw(page).text((2, top), words, fill=0, font=font)
    text = np.asarray(page)
    text = np.where(text > 127, 255, 0).astype(np.uint8) if only_black_and_white else text
    for picture in (text, 255 - text):
        assert estimate_noise(picture).is_clean


@pytest.mark.parametrize("sigma", [0.12, 0.2])
@pytest.mark.parametrize("name", ["camera", "astronaut", "chelsea"])
def test_strong_gaussian_noise_that_is_cut_off_has_no_impulses(name: str, sigma: float) -> None:
    estimate = estimate_noise(with_sigma(photograph(name), sigma))
    assert not estimate.has_impulses
    assert estimate.sigma == pytest.approx(sigma, rel=0.15)


@pytest.mark.parametrize("shape", [(1, 1), (31, 31), (31, 500), (1, 8000)])
def test_what_is_too_small_to_judge_counts_as_clean(shape: tuple[int, int]) -> None:
    assert estimate_noise(with_sigma(np.full(shape, 100), 0.1)).is_clean


@pytest.mark.parametrize("shape", [(32, 32), (33, 300), (48, 48), (97, 50), (300, 200), (1500, 1500)])
@pytest.mark.parametrize("sigma", [0.02, 0.1])
def test_any_size_is_judged(shape: tuple[int, int], sigma: float) -> None:
    assert estimate_noise(with_sigma(slope(*shape), sigma)).sigma == pytest.approx(sigma, rel=0.25)
    assert estimate_noise(slope(*shape).astype(np.uint8)).is_clean


@pytest.mark.parametrize("side", [32, 48, 96])
def test_the_rounding_of_slopes_is_no_noise(side: int) -> None:
    rng = np.random.default_rng(0)
    steps = rng.uniform(0, 120 / side, (100, 2, 1, 1))
    slopes = 5 + steps[:, 0] * np.arange(side) + steps[:, 1] * np.arange(side)[:, np.newaxis]
    found = estimate_noises(list(np.rint(slopes).clip(0, 255).astype(np.uint8)))
    assert [each.is_clean for each in found].count(True) >= 95


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_the_type_makes_no_difference(dtype: Any) -> None:
    image = with_sigma(slope(48, 48), 0.06)
    other = image.astype(dtype) * 257 if dtype == np.uint16 else (image / 255).astype(dtype)
    assert estimate_noise(other).sigma == pytest.approx(estimate_noise(image).sigma, rel=1e-4)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_colours_are_judged_together_and_alpha_is_not(channels: int) -> None:
    image = with_sigma(np.repeat(slope(48, 48)[..., np.newaxis], channels, 2), 0.06)
    if channels in (2, 4):
        image[..., -1] = np.random.default_rng(0).integers(0, 2, (48, 48)) * 255
    if channels == 3:
        image[..., 2] = 0  # one channel without noise does not decide
    level = estimate_noise(image).level((image[..., 0] / 255).astype(np.float32))
    assert level.mean() == pytest.approx(0.06, rel=0.2)
    assert not estimate_noise(image).has_impulses


def test_a_large_picture_is_judged_by_windows_from_all_over_it() -> None:
    picture = zoom(photograph("camera"), 5, order=1)
    estimates = [estimate_noise(with_sigma(picture, 0.06)) for _ in range(2)]
    assert estimates[0] == estimates[1]
    assert estimates[0].sigma == pytest.approx(0.06, rel=0.15)


def test_many_are_judged_as_one_is(faces: Image) -> None:
    noisy = list(with_noise(faces[:5], gaussian(0.06)))
    alone = [estimate_noise(each).sigma for each in noisy]
    np.testing.assert_allclose([each.sigma for each in estimate_noises(noisy)], alone, rtol=1e-3)


def test_the_level_is_that_of_each_pixel() -> None:
    plane = np.full((9, 9), 0.5, np.float32)
    plane[0, 0], plane[8, 8] = 0, 1
    estimate = NoiseEstimate(constant=0.01, linear=0.02, quadratic=0.04, sigma=0.2)
    level = estimate.level(plane)
    assert level.dtype == np.float32
    assert level.shape == plane.shape
    assert level[4, 4] == pytest.approx(0.03**0.5, rel=0.01)
    assert level[0, 0] < level[4, 4] < level[8, 8] < MISSING
    missing = NoiseEstimate(impulses=0.02).level(plane)
    assert missing[0, 0] == missing[8, 8] == MISSING
    assert missing.sum() == 2 * MISSING


def test_a_clean_image_has_no_level() -> None:
    assert NoiseEstimate().is_clean
    assert not NoiseEstimate().level(np.eye(9, dtype=np.float32)).any()
