"""The judge of the noise: drawn faces and plain images of known noise."""

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

from facedenoise.noise import corrupt
from facedenoise.noise_level import Noise, judge_noise
from facedenoise.params import TASKS, GaussianNoise, SaltPepperNoise, Task
from facedenoise.strengths import STRENGTHS

Image = NDArray[np.uint8]


def with_noise(images: Image, task: Task) -> Image:
    return corrupt(images, np.arange(len(images)), STRENGTHS[task], seed=1, task=task, draw=0)


def with_sigma(image: NDArray[Any], sigma: float) -> Image:
    noisy = image + 255 * sigma * np.random.default_rng(0).standard_normal(image.shape)
    return np.rint(noisy.clip(0, 255)).astype(np.uint8)


def slope(height: int, width: int) -> NDArray[np.float64]:
    """A picture without texture, far from black and white."""
    return 80 + 90 * np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.5, width))


@pytest.mark.parametrize("task", TASKS)
def test_the_noise_of_drawn_faces_is_recognised(drawn: torch.Tensor, task: Task) -> None:
    noisy = with_noise(drawn[:, 0].numpy(), task)
    assert [judge_noise(image).kind for image in noisy] == [task] * len(noisy)


def test_drawn_faces_without_noise_are_recognised(drawn: torch.Tensor) -> None:
    kinds = [judge_noise(image).kind for image in drawn[:, 0].numpy()]
    assert kinds.count("none") >= 0.95 * len(kinds)


@pytest.mark.parametrize("name", ["camera", "coins", "moon", "text", "page"])
def test_photographs_are_judged_as_faces_are(name: str) -> None:
    photograph = getattr(data, name)()
    assert judge_noise(photograph).kind == "none"
    for task in TASKS:
        assert judge_noise(with_noise(photograph[np.newaxis], task)[0]).kind == task


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
        assert judge_noise(picture).kind != "salt_pepper"


def test_one_impulse_in_twenty_is_recognised() -> None:
    strength = SaltPepperNoise("salt_pepper", factor=0.05, salt_ratio=0.5)
    rows = np.zeros(1, int)
    noisy = corrupt(data.camera()[np.newaxis], rows, strength, seed=0, task="salt_pepper", draw=0)
    assert judge_noise(noisy[0]).kind == "salt_pepper"


@pytest.mark.parametrize("sigma", [0.12, 0.2, 0.25, 0.3])
@pytest.mark.parametrize("name", ["camera", "astronaut", "chelsea"])
def test_strong_gaussian_noise_that_is_cut_off_is_no_salt_and_pepper(name: str, sigma: float) -> None:
    noise = judge_noise(with_sigma(getattr(data, name)(), sigma))
    assert noise.kind == "high_gaussian"
    assert noise.remark.startswith("outside")


@pytest.mark.parametrize("sigma", [0.02, 0.03, 0.04, 0.06, 0.1])
@pytest.mark.parametrize("shape", [(48, 48), (300, 200), (1500, 1500)])
def test_the_strength_is_estimated(sigma: float, shape: tuple[int, int]) -> None:
    assert judge_noise(with_sigma(slope(*shape), sigma)).sigma == pytest.approx(sigma, rel=0.12)


def test_a_smooth_picture_has_no_noise() -> None:
    noise = judge_noise(slope(48, 48).astype(np.uint8))
    assert noise.kind == "none"
    assert noise.sigma < 0.004


def test_black_and_white_areas_do_not_hide_the_noise() -> None:
    image = slope(48, 48)
    image[:20], image[20:28] = -60, 320
    assert judge_noise(with_sigma(image, 0.06)).kind == "high_gaussian"


def test_black_and_white_areas_are_no_impulses() -> None:
    image = slope(48, 48).astype(np.uint8)
    image[:20], image[30:, :20] = 0, 255
    assert judge_noise(image).impulses < 0.001


def test_the_share_of_impulses_is_counted() -> None:
    image = slope(200, 200).astype(np.uint8)
    chosen = np.random.default_rng(0).random(image.shape)
    image[chosen < 0.05], image[chosen > 0.95] = 0, 255
    noise = judge_noise(image)
    assert noise.kind == "salt_pepper"
    assert noise.impulses == pytest.approx(0.1, abs=0.015)


@pytest.mark.parametrize("shape", [(1, 1), (6, 6), (6, 500), (1, 8000)])
def test_what_is_too_small_to_judge_counts_as_clean(shape: tuple[int, int]) -> None:
    impulses = np.random.default_rng(0).choice([0, 100, 255], shape, p=[0.1, 0.8, 0.1]).astype(np.uint8)
    for noisy in (impulses, with_sigma(np.full(shape, 100), 0.1)):
        assert judge_noise(noisy) == Noise("none", 0.0, 0.0)


def test_seven_pixels_are_enough_to_judge() -> None:
    assert judge_noise(with_sigma(np.full((7, 7), 128), 0.1)).kind == "high_gaussian"


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_the_type_makes_no_difference(dtype: Any) -> None:
    image = with_sigma(slope(48, 48), 0.06)
    other = image.astype(dtype) * 257 if dtype == np.uint16 else (image / 255).astype(dtype)
    assert judge_noise(other).sigma == pytest.approx(judge_noise(image).sigma, rel=1e-4)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_colours_are_judged_together_and_alpha_is_not(channels: int) -> None:
    image = with_sigma(np.repeat(slope(48, 48)[..., np.newaxis], channels, 2), 0.02)
    if channels in (2, 4):
        image[..., -1] = np.random.default_rng(0).integers(0, 2, (48, 48)) * 255
    assert judge_noise(image).kind == "low_gaussian"


def test_one_channel_without_noise_does_not_decide() -> None:
    image = with_sigma(np.repeat(slope(48, 48)[..., np.newaxis], 3, 2), 0.06)
    image[..., 2] = 0
    assert judge_noise(image).kind == "high_gaussian"


def test_a_large_picture_is_judged_by_patches_from_all_over_it() -> None:
    photograph = zoom(data.camera(), 5, order=1)
    noises = [judge_noise(with_sigma(photograph, 0.06)) for _ in range(2)]
    assert noises[0] == noises[1]
    assert noises[0].kind == "high_gaussian"


@pytest.mark.parametrize(
    ("sigma", "kind", "word"),
    [
        (0.02, "low_gaussian", None),
        (0.034, "low_gaussian", "between"),
        (0.045, "high_gaussian", "between"),
        (0.06, "high_gaussian", None),
        (0.1, "high_gaussian", "outside"),
    ],
)
def test_another_strength_takes_the_nearer_level_and_says_so(
    sigma: float, kind: str, word: str | None
) -> None:
    noise = judge_noise(with_sigma(slope(200, 200), sigma))
    assert noise.kind == kind
    assert noise.remark.startswith(word) if word else noise.remark == ""


def test_the_levels_are_those_of_the_tasks() -> None:
    gaussian = {task: strength for task, strength in STRENGTHS.items() if isinstance(strength, GaussianNoise)}
    assert Noise("low_gaussian", 1.0, 0.0).remark.startswith("outside")
    for task, strength in gaussian.items():
        assert Noise(task, strength.sigma, 0.0).remark == ""
        assert f"{strength.sigma:.2f}" in Noise(task, 1.0, 0.0).remark
