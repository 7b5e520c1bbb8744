"""Ranges, one of several noises, and several after each other: what is drawn, and what is said of it."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from facedenoise.models.inputs import TaskNoise
from facedenoise.noise import MISSING, UNKNOWN, Noise, corrupt, parse_noise
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.one_of import OneOf
from facedenoise.noise.poisson import Poisson
from facedenoise.noise.salt_pepper import SaltPepper
from facedenoise.noise.sequence import Sequence
from facedenoise.noise.speckle import Speckle

ROWS = np.arange(200, dtype=np.int64)
GAUSSIAN = {"kind": "gaussian", "std": [0.1, 0.5], "factor": 1.0}
SALT_PEPPER = {"kind": "salt_pepper", "factor": [0.1, 0.5], "salt_ratio": 0.5}
IN_TURN = {"kind": "sequence", "of": [GAUSSIAN, SALT_PEPPER]}
FIXED = {"kind": "speckle", "std": 0.2}
ENTRIES = [FIXED, GAUSSIAN, IN_TURN, {"kind": "one_of", "of": [IN_TURN, GAUSSIAN, FIXED]}]


class Rain(Noise):
    """A kind that does not know its level."""

    kind = "rain"

    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        return image

    @property
    def description(self) -> str:
        return "Rain"


def grey(value: int) -> NDArray[np.uint8]:
    return np.full((len(ROWS), 1, 48, 48), value, np.uint8)


def noisy_of(images: NDArray[np.uint8], noise: Noise) -> NDArray[np.uint8]:
    return corrupt(images, ROWS, noise, seed=0, task="t", draw=0)


def drawn_of(noise: Noise, draw: int = 0) -> list[Noise]:
    """Return the noise of each image."""
    return TaskNoise(noise, 0, "t").drawn(torch.from_numpy(ROWS), draw)


def levels_of(noisy: NDArray[np.uint8], noise: Noise) -> NDArray[np.float32]:
    """Return the level of each pixel."""
    level: NDArray[np.float32] = (
        TaskNoise(noise, 0, "t").levels(torch.from_numpy(noisy), torch.from_numpy(ROWS)).numpy()
    )
    return level


def rms(images: NDArray[Any]) -> NDArray[np.float64]:
    return np.sqrt(np.square(images.astype(np.float64)).mean((1, 2, 3)))


def require_between(numbers: Iterable[float], low: float, high: float) -> None:
    """Hold numbers to be those of different images, all over a range and within it."""
    values = np.array(list(numbers))
    assert len(np.unique(values)) == len(values)
    assert low <= values.min() < low + 0.05 * (high - low)
    assert high - 0.05 * (high - low) < values.max() <= high


def test_each_image_has_numbers_of_its_own_within_the_range() -> None:
    noise = parse_noise({**SALT_PEPPER, "salt_ratio": [0, 1]})
    fixed = [each for each in drawn_of(noise) if isinstance(each, SaltPepper)]
    assert len(fixed) == len(ROWS)
    require_between([each.factor for each in fixed], 0.1, 0.5)
    require_between([each.salt_ratio for each in fixed], 0, 1)


def test_another_draw_has_other_numbers_and_the_same_has_the_same() -> None:
    noise = parse_noise(GAUSSIAN)
    one, same, other = (drawn_of(noise, draw) for draw in (0, 0, 1))
    assert one == same
    assert not any(a == b for a, b in zip(one, other, strict=True))


def test_the_noise_is_as_strong_as_the_numbers_say() -> None:
    noise = parse_noise({**GAUSSIAN, "factor": 0.2})
    strengths = rms((noisy_of(grey(128), noise) - 128.0) / 255)
    sigmas = [each.sigma for each in drawn_of(noise)]
    np.testing.assert_allclose(strengths, np.array(sigmas, float), rtol=0.1)


def test_each_of_several_is_as_likely_as_it_is_listed() -> None:
    noise = OneOf((Poisson(peak=30), Speckle(std=0.2), Speckle(std=0.2)))
    shares = np.mean([each == Speckle(std=0.2) for each in drawn_of(noise)])
    assert shares == pytest.approx(2 / 3, abs=0.1)


def test_a_sequence_is_one_noise_on_the_other() -> None:
    noisy = noisy_of(grey(128), Sequence((Speckle(std=0.0), SaltPepper(factor=0.3))))
    assert set(np.unique(noisy)) == {0, 128, 255}
    dead_first = noisy_of(grey(0), Sequence((SaltPepper(0.5, 1.0), Gaussian(2, 0.1))))
    assert np.mean((dead_first > 5) & (dead_first < 250)) > 0, "noise on the dead pixels"


@pytest.mark.parametrize("noise", [Gaussian(0.4, 0.3), Poisson(peak=100), Speckle(std=0.1)])
@pytest.mark.parametrize("value", [64, 160])
def test_the_level_of_a_pixel_is_the_standard_deviation_of_its_noise(noise: Noise, value: int) -> None:
    noisy = noisy_of(grey(value), noise)
    level = levels_of(noisy, noise)
    assert level.dtype == np.float32
    assert level.shape == noisy.shape
    assert level.mean() == pytest.approx(rms((noisy - float(value)) / 255).mean(), rel=0.02)
    assert level.std() < 0.1 * level.mean()


def test_the_level_says_which_pixels_are_missing_and_which_are_clean() -> None:
    noisy = noisy_of(grey(128), SaltPepper(0.3))
    level = levels_of(noisy, SaltPepper(0.3))
    np.testing.assert_array_equal(level, np.where(noisy == 128, 0, MISSING))


def test_the_variances_of_a_sequence_add_up_to_missing_at_most() -> None:
    noise = Sequence((Gaussian(0.6, 0.1), Gaussian(0.8, 0.1), SaltPepper(0.3)))
    noisy = noisy_of(grey(128), noise)
    level = levels_of(noisy, noise)
    dead = (noisy == 0) | (noisy == 255)
    np.testing.assert_allclose(level[~dead], 0.05, rtol=1e-6)
    assert (level[dead] == MISSING).all()


@pytest.mark.parametrize("noise", [Poisson(peak=30), Speckle(std=0.2), parse_noise(IN_TURN)])
def test_each_channel_has_the_level_that_it_would_have_alone(noise: Noise) -> None:
    values = np.array([40, 120, 200], np.uint8).reshape(1, 3, 1, 1)
    noisy = noisy_of(np.broadcast_to(values, (len(ROWS), 3, 48, 48)), noise)
    level = levels_of(noisy, noise)
    assert level.shape == noisy.shape
    for channel in range(3):
        alone = slice(channel, channel + 1)
        np.testing.assert_array_equal(level[:, alone], levels_of(noisy[:, alone], noise))


@pytest.mark.parametrize("noise", [Rain(), Sequence((Gaussian(1, 1), Rain()))])
def test_a_level_that_a_kind_does_not_know_is_unknown(noise: Noise) -> None:
    assert (levels_of(grey(128), noise) == UNKNOWN).all()


def test_each_image_has_the_level_of_what_was_drawn_for_it() -> None:
    noise = OneOf((Gaussian(0.4, 0.3), SaltPepper(0.3)))
    level = levels_of(noisy_of(grey(128), noise), noise)
    for each, of_image in zip(drawn_of(noise), level, strict=True):
        assert set(np.unique(of_image)) == ({np.float32(0.06)} if each.sigma else {0, MISSING})


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_comes_back_as_it_was(entry: dict[str, Any]) -> None:
    noise = parse_noise(entry)
    assert noise.entry() == entry
    assert parse_noise(noise.entry()) == noise
    assert noise.varies == (entry is not FIXED)
    assert not any(each.varies for each in drawn_of(noise))


def test_the_words_say_the_ranges() -> None:
    sigma, factor = "0.05 to 0.25", "0.1 to 0.5 of the pixels replaced, 0.5 of these by white"
    assert parse_noise(IN_TURN).description == (
        f"Gaussian, standard deviation {sigma}, then {factor}, the others by black"
    )
    both = parse_noise({"kind": "one_of", "of": [FIXED, GAUSSIAN]})
    assert both.description == (
        f"One of: Speckle, standard deviation 0.2 times the intensity; Gaussian, standard deviation {sigma}"
    )


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"std": [0.5, 0.1]}, "std"),
        ({"std": [0.5]}, "std"),
        ({"std": [0.1, 0.2, 0.3]}, "std"),
        ({"std": []}, "std"),
        ({"std": [0.1, "much"]}, "std"),
        ({"std": [-0.1, 0.1]}, "std"),
        ({"std": [0.1, 0.2], "blur": [1, 2]}, "blur"),
        ({"kind": ["gaussian", "poisson"]}, "kind"),
    ],
)
def test_a_wrong_range_is_one_problem_at_its_place(wrong: dict[str, Any], place: str) -> None:
    entry = {**GAUSSIAN, **wrong}
    for nested, above in ((entry, ()), ({"kind": "one_of", "of": [FIXED, entry]}, ("of", 1))):
        with pytest.raises(ValidationError) as caught:
            parse_noise(nested)
        [problem] = caught.value.errors()
        assert problem["loc"] == (*above, place)


@pytest.mark.parametrize("parts", [[], None, [3], GAUSSIAN])
def test_what_is_no_list_of_noises_is_refused(parts: Any) -> None:
    with pytest.raises(ValidationError):
        parse_noise({"kind": "sequence", "of": parts})
