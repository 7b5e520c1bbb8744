"""Finding the noise: drawn faces, photographs, text and plain images."""

import io
from collections.abc import Iterable
from dataclasses import replace
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

from facedenoise.denoise.noise_level import NoiseEstimate, estimate_noise
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


def estimates(images: Iterable[NDArray[Any]]) -> list[NoiseEstimate]:
    return [estimate_noise(image) for image in images]


@pytest.fixture(scope="module")
def faces(drawn: torch.Tensor) -> Image:
    return drawn[:, 0].numpy()


def test_drawn_faces_are_clean(faces: Image) -> None:
    assert [each.is_clean for each in estimates(faces)].count(True) >= 0.95 * len(faces)


@pytest.mark.parametrize("task", TASKS)
def test_the_noise_of_the_default_tasks_is_found(faces: Image, task: str) -> None:
    found = estimates(with_noise(faces, NOISES[task]))
    if task == "salt_pepper":
        assert all(each.has_impulses for each in found)
        assert np.median([each.impulses for each in found]) == pytest.approx(0.1, rel=0.3)
    else:
        assert not any(each.is_clean or each.has_impulses for each in found)
        assert np.median([each.sigma for each in found]) == pytest.approx(NOISES[task].sigma, rel=0.1)


def test_more_noise_is_found_where_more_is(faces: Image) -> None:
    sigmas = [0.01, 0.02, 0.04, 0.08, 0.16, 0.25]
    found = [[each.sigma for each in estimates(with_noise(faces, gaussian(s)))] for s in sigmas]
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
    found = estimates(with_noise(faces, mixture))
    assert all(each.has_impulses for each in found)
    assert np.median([each.sigma for each in found]) == pytest.approx(0.06, rel=0.2)
    assert str(found[0]).startswith("sigma 0.0")
    assert str(found[0]).endswith("% of the pixels")


@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
def test_impulses_alone_leave_the_other_pixels_exact(faces: Image, share: float) -> None:
    noisy = with_noise(faces, SaltPepper(factor=share))
    found = estimates(noisy)
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
    found = estimates([compressed(face, quality) for face in faces])
    assert [each.is_clean for each in found].count(True) >= 0.95 * len(faces)


def test_dark_over_exposed_and_cartoon_pictures_are_clean(faces: Image) -> None:
    bright = faces.astype(np.float32)
    cartoons = 85 * np.rint(gaussian_filter(bright, (0, 1, 1)) / 85)
    for changed in (0.3 * bright, 1.6 * bright, cartoons, 255 - bright):
        found = estimates(changed.clip(0, 255).astype(np.uint8))
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
    found = estimates(np.rint(slopes).clip(0, 255).astype(np.uint8))
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


def framed(picture: Image, grey: int, sides: tuple[int, int]) -> Image:
    """Put borders of one grey above and below, and left and right."""
    return np.pad(picture, [(side, side) for side in sides], constant_values=grey)


@pytest.mark.parametrize("grey", [0, 100, 255])
@pytest.mark.parametrize("sides", [(30, 0), (0, 30), (20, 50)])
def test_a_border_of_one_grey_does_not_count(faces: Image, grey: int, sides: tuple[int, int]) -> None:
    for noise in (gaussian(0.06), SaltPepper(factor=0.1)):
        noisy = with_noise(faces[:4], noise)
        assert estimates(framed(each, grey, sides) for each in noisy) == estimates(noisy)
    twice = framed(framed(noisy[0], 255, (2, 2)), grey, sides)
    assert estimate_noise(twice) == estimate_noise(noisy[0])
    assert all(each.is_clean for each in estimates(framed(face, grey, sides) for face in faces[:4]))


@pytest.mark.parametrize("axis", [0, 1])
def test_borders_that_grow_brighter_do_not_count(faces: Image, axis: int) -> None:
    noisy = with_noise(faces[:4], gaussian(0.06))
    border = np.linspace(0, 80, 48).astype(np.uint8)
    ramps = np.broadcast_to(np.expand_dims(border, 1 - axis), (4, 48, 48))
    for beside in (1, 2):
        wider = np.concatenate([ramps, noisy, ramps[:, ::-1]], axis=beside)
        assert estimates(wider) == estimates(noisy)


@pytest.mark.parametrize("channels", [(), (2,), (4,)])
@pytest.mark.parametrize("axis", [0, 1])
def test_two_halves_of_one_colour_each_are_clean(axis: int, channels: tuple[int, ...]) -> None:
    image = np.full((96, 96, *channels), 200, np.uint8)
    image.swapaxes(0, axis)[:40] = 30
    assert estimate_noise(image).is_clean


@pytest.mark.parametrize("hidden", [0, 100])
@pytest.mark.parametrize("side", [48, 200])
def test_what_is_under_alpha_0_does_not_count(side: int, hidden: int) -> None:
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    is_seen = np.hypot(y, x) < side / 2
    for colours in (1, 3):
        image = np.full((side, side, colours + 1), hidden, np.uint8)
        for colour in range(colours):
            image[..., colour][is_seen] = with_sigma(slope(side, side) + colour, 0.06)[is_seen]
        image[..., -1] = np.where(is_seen, 200, 0)
        assert estimate_noise(image).sigma == pytest.approx(0.06, rel=0.2)
        image[..., :-1] = np.where(is_seen, slope(side, side), hidden)[..., np.newaxis]
        assert estimate_noise(image).is_clean


TOO_SMALL = "less than 32 pixels high or wide, too small to judge"
DOTS = "hardly any grey tones, taken for dots and not for noise"
COMPRESSED = "JPEG compression may hide noise"


def test_small_faces_are_left_alone_with_a_remark() -> None:
    small = np.rint(255 * data.lfw_subset()[:100]).astype(np.uint8)
    assert small.shape == (100, 25, 25)
    assert estimates(small) == [NoiseEstimate(remark=TOO_SMALL)] * 100


@pytest.mark.parametrize("kind", ["gaussian", "salt_pepper"])
@pytest.mark.parametrize("quality", [50, 75])
def test_a_noisy_face_in_a_jpeg_is_remarked(faces: Image, quality: int, kind: str) -> None:
    noise = {"gaussian": gaussian(0.06), "salt_pepper": SaltPepper(factor=0.01)}[kind]
    noisy = with_noise(faces, noise)
    remarks = [each.remark for each in estimates(compressed(each, quality) for each in noisy)]
    assert remarks.count(COMPRESSED) >= 0.9 * len(faces)
    assert set(remarks) <= {"", COMPRESSED}
    assert not any(each.remark for each in estimates(noisy))


def test_a_coarse_jpeg_is_known_in_colour_in_any_type_and_a_fine_one_is_not_remarked() -> None:
    coarse = compressed(data.astronaut(), 60)
    for image in (coarse, coarse / np.float32(255), coarse.astype(np.uint16) * 257):
        assert estimate_noise(image).remark == COMPRESSED
    assert not estimate_noise(compressed(data.astronaut(), 95)).remark
    assert not estimate_noise(data.astronaut()).remark


def error_diffused(image: Image) -> Image:
    return np.asarray(PIL.Image.fromarray(image).convert("1").convert("L"))


def raster(image: Image) -> Image:
    y, x = np.indices(image.shape)
    threshold = (np.cos(y) + np.cos(x)) / 4 + 0.5
    return np.where(image / 255 > threshold, 255, 0).astype(np.uint8)


def test_dots_are_no_impulses(faces: Image) -> None:
    for picture in (*faces[:8], photograph("camera"), photograph("coins")):
        for dots in (error_diffused(picture), raster(picture)):
            assert estimate_noise(dots) == NoiseEstimate(remark=DOTS)


@pytest.mark.parametrize("share", [0.01, 0.04, 0.08])
def test_stars_are_no_impulses(share: float) -> None:
    generator = np.random.default_rng(0)
    is_star = generator.random((200, 200)) < share / 2
    for brightness in (255, generator.integers(60, 256, is_star.shape)):
        sky = np.where(is_star, brightness, 0).astype(np.uint8)
        assert estimate_noise(sky) == NoiseEstimate(remark=DOTS)


def test_a_dither_in_a_few_tones_is_no_noise_but_a_dark_picture_has_some(faces: Image) -> None:
    for face in faces[:8]:
        diffused = error_diffused(face)
        assert estimate_noise(np.where(diffused, 245, 10).astype(np.uint8)) == NoiseEstimate(remark=DOTS)
    dark = with_sigma(slope(96, 96) / 20, 0.01)
    assert len(np.unique(dark)) <= 16
    assert not estimate_noise(dark).is_clean


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_many_impulses_are_still_found(faces: Image, share: float) -> None:
    found = estimates(with_noise(faces[:8], SaltPepper(factor=share)))
    assert all(each.has_impulses and not each.remark for each in found)


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_fewer_bits_in_sixteen_are_understood(faces: Image, bits: int) -> None:
    most = 2**bits - 1
    noisy = with_noise(faces[:4], Sequence((gaussian(0.06), SaltPepper(factor=0.05))))
    noisy[:, :2] = 255
    deep = np.rint(noisy / 255 * most).astype(np.uint16)
    remark = f"values below {most + 1:,}, read as {bits} bits"
    assert estimates(deep) == [replace(each, remark=remark) for each in estimates(noisy)]


def test_fine_texture_over_all_of_a_picture_is_no_noise_until_there_is_some() -> None:
    for grass in (data.grass(), data.grass()[-110:, -150:], data.gravel()):
        assert estimate_noise(grass).is_clean
        assert estimate_noise(with_sigma(grass, 0.04)).sigma == pytest.approx(0.04, rel=0.4)
    for name in PHOTOGRAPHS:
        assert estimate_noise(with_sigma(photograph(name)[:160, :160], 0.02)).sigma > 0.015


def test_a_large_picture_is_judged_by_windows_from_all_over_it() -> None:
    picture = zoom(photograph("camera"), 5, order=1)
    estimates = [estimate_noise(with_sigma(picture, 0.06)) for _ in range(2)]
    assert estimates[0] == estimates[1]
    assert estimates[0].sigma == pytest.approx(0.06, rel=0.15)


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
