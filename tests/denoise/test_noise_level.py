"""Measuring the noise, and choosing a network for it: drawn faces, photographs and plain images."""

from typing import Any

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import zoom
from skimage import data
from stand_ins import NOISES, TASKS

from facedenoise.denoise.choice import NONE, OTHER, choose
from facedenoise.denoise.noise_level import NoiseEstimate, estimate_noise
from facedenoise.noise import Noise, corrupt
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.poisson import Poisson
from facedenoise.noise.salt_pepper import SaltPepper

Image = NDArray[np.uint8]


def with_noise(images: Image, task: str) -> Image:
    return corrupt(images, np.arange(len(images)), NOISES[task], seed=1, task=task, draw=0)


def chosen(image: NDArray[Any]) -> str:
    return choose(estimate_noise(image), NOISES).task


def with_sigma(image: NDArray[Any], sigma: float) -> Image:
    noisy = image + 255 * sigma * np.random.default_rng(0).standard_normal(image.shape)
    return np.rint(noisy.clip(0, 255)).astype(np.uint8)


def slope(height: int, width: int) -> NDArray[np.float64]:
    """A picture without texture, far from black and white."""
    return 80 + 90 * np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.5, width))


def test_the_noise_of_drawn_faces_is_recognised(drawn: torch.Tensor) -> None:
    faces = drawn[:, 0].numpy()
    assert [chosen(face) for face in faces].count(NONE) >= 0.95 * len(faces)
    for task in TASKS:
        assert {chosen(noisy) for noisy in with_noise(faces, task)} == {task}


@pytest.mark.parametrize("name", ["camera", "coins", "moon", "text", "page"])
def test_photographs_are_judged_as_faces_are(name: str) -> None:
    photograph = getattr(data, name)()
    assert chosen(photograph) == "none"
    for task in TASKS:
        assert chosen(with_noise(photograph[np.newaxis], task)[0]) == task


@pytest.mark.parametrize("size", [10, 14, 24])
@pytest.mark.parametrize("only_black_and_white", [False, True])
def test_text_is_no_salt_and_pepper(size: int, only_black_and_white: bool) -> None:
    page = PIL.Image.new("L", (400, 300), 255)
    font = PIL.ImageFont.load_default(size)
    for top in range(0, 300, size + 3):
        words = "The quick brown fox jumps over the lazy dog 0123456789 " * 2
        PIL.ImageDraw.Draw(page).text((2, top), words, fill=0, font=font)
    text = np.asarray(page)
    text = np.where(text > 127, 255, 0).astype(np.uint8) if only_black_and_white else text
    for picture in (text, 255 - text):
        assert chosen(picture) != "salt_pepper"


@pytest.mark.parametrize("sigma", [0.12, 0.2, 0.25, 0.3])
@pytest.mark.parametrize("name", ["camera", "astronaut", "chelsea"])
def test_strong_gaussian_noise_that_is_cut_off_is_no_salt_and_pepper(name: str, sigma: float) -> None:
    choice = choose(estimate_noise(with_sigma(getattr(data, name)(), sigma)), NOISES)
    assert choice.task == "high_gaussian"
    assert choice.remark.startswith("outside")


@pytest.mark.parametrize("sigma", [0.02, 0.03, 0.04, 0.06, 0.1])
@pytest.mark.parametrize("shape", [(48, 48), (300, 200), (1500, 1500)])
def test_the_strength_is_estimated(sigma: float, shape: tuple[int, int]) -> None:
    assert estimate_noise(with_sigma(slope(*shape), sigma)).sigma == pytest.approx(sigma, rel=0.12)


def test_black_and_white_areas_hide_no_noise_and_are_no_impulses() -> None:
    image = slope(48, 48)
    assert estimate_noise(image.astype(np.uint8)).sigma < 0.004
    image[:20], image[20:28] = -60, 320
    assert chosen(with_sigma(image, 0.06)) == "high_gaussian"
    assert estimate_noise(image.clip(0, 255).astype(np.uint8)).impulses < 0.001


@pytest.mark.parametrize("share", [0.05, 0.1, 0.15])
def test_the_share_of_impulses_is_counted(share: float) -> None:
    noisy = SaltPepper(factor=share).corrupt(slope(200, 200).astype(np.uint8), np.random.default_rng(0))
    assert chosen(noisy) == "salt_pepper"
    assert estimate_noise(noisy).impulses == pytest.approx(share, rel=0.15)


@pytest.mark.parametrize("shape", [(1, 1), (6, 6), (6, 500), (1, 8000)])
def test_what_is_too_small_to_judge_counts_as_clean(shape: tuple[int, int]) -> None:
    impulses = np.random.default_rng(0).choice([0, 100, 255], shape, p=[0.1, 0.8, 0.1]).astype(np.uint8)
    for noisy in (impulses, with_sigma(np.full(shape, 100), 0.1)):
        assert estimate_noise(noisy).is_clean
    assert not estimate_noise(with_sigma(np.full((7, 7), 128), 0.1)).is_clean


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
    assert chosen(image) == "high_gaussian"


def test_a_large_picture_is_judged_by_patches_from_all_over_it() -> None:
    photograph = zoom(data.camera(), 5, order=1)
    estimates = [estimate_noise(with_sigma(photograph, 0.06)) for _ in range(2)]
    assert estimates[0] == estimates[1]
    assert estimates[0].sigma == pytest.approx(0.06, rel=0.12)


DIM, NOISIER = Gaussian(std=1, factor=0.02), Gaussian(std=1, factor=0.2)  # sigmas 0.01 and 0.1
LEVELS = "the trained levels 0.02 and 0.06; the nearer one is used"
NO_NETWORK = "no network was trained on such noise; left as it is"


@pytest.mark.parametrize(
    ("noises", "estimate", "task", "remark"),
    [
        (NOISES, (0.0159, 0.0), NONE, ""),
        (NOISES, (0.017, 0.0), "low_gaussian", ""),
        (NOISES, (0.032, 0.0), "low_gaussian", ""),
        (NOISES, (0.0325, 0.0), "low_gaussian", f"between {LEVELS}"),
        (NOISES, (0.0399, 0.0), "low_gaussian", f"between {LEVELS}"),
        (NOISES, (0.0401, 0.0), "high_gaussian", f"between {LEVELS}"),
        (NOISES, (0.0511, 0.0), "high_gaussian", ""),
        (NOISES, (0.072, 0.0), "high_gaussian", ""),
        (NOISES, (0.0725, 0.0), "high_gaussian", f"outside {LEVELS}"),
        ({"b": NOISIER, "a": NOISIER, "c": DIM}, (0.1, 0.0), "a", ""),
        ({"b": SaltPepper(0.3), "a": SaltPepper(0.2)}, (0.1, 0.1), "a", ""),
        ({"dim": DIM}, (0.1, 0.0), "dim", "outside the trained level 0.01; the nearer one is used"),
        ({"dim": DIM}, (0.1, 0.1), OTHER, NO_NETWORK),
        ({"shot": Poisson(30), "dead": SaltPepper(0.2)}, (0.1, 0.0), OTHER, NO_NETWORK),
        ({"shot": Poisson(30)}, (0.01, 0.0), NONE, ""),
    ],
)
def test_the_network_of_the_nearest_level_that_there_is_is_chosen(
    noises: dict[str, Noise], estimate: tuple[float, float], task: str, remark: str
) -> None:
    choice = choose(NoiseEstimate(*estimate), noises)
    assert (choice.task, choice.remark) == (task, remark)
