"""What every noise must be: a function of (image, seed, task, row, draw) and of nothing else."""

from hashlib import sha256

import numpy as np
import pytest
from numpy.typing import NDArray

from facedenoise.noise import Noise, Varying, corrupt, kinds
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.given import Given
from facedenoise.noise.one_of import OneOf
from facedenoise.noise.poisson import Poisson
from facedenoise.noise.salt_pepper import SaltPepper
from facedenoise.noise.sequence import Sequence
from facedenoise.noise.speckle import Speckle

LOW, HIGH = Gaussian(std=0.2, factor=0.2), Gaussian(std=0.4, factor=0.3)
SALT_PEPPER = SaltPepper(factor=0.1, salt_ratio=0.5)
NUMBERED = [LOW, HIGH, SALT_PEPPER, Poisson(peak=30), Speckle(std=0.2)]
RANGES = [Varying(LOW, HIGH), Varying(SALT_PEPPER, SaltPepper(factor=0.5, salt_ratio=0.5))]
MIXED, IN_TURN = OneOf((RANGES[0], Poisson(peak=30))), Sequence((RANGES[0], SALT_PEPPER))
NOISES: list[Noise] = [*NUMBERED, MIXED, IN_TURN]
ROWS = np.arange(200, dtype=np.int64)
of_every_kind = pytest.mark.parametrize("noise", [*NOISES, *RANGES])


def random_images(count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, 1, 48, 48), dtype=np.uint8)


def grey(value: int, count: int = 200) -> NDArray[np.uint8]:
    return np.full((count, 1, 48, 48), value, np.uint8)


def test_each_file_of_the_package_is_a_kind_and_each_kind_is_tested() -> None:
    assert set(kinds()) - {Given} == {type(noise) for noise in NOISES}  # what is given is not drawn
    assert len({kind.kind for kind in kinds()}) == len(kinds())


@of_every_kind
def test_noise_depends_neither_on_batch_nor_on_order(noise: Noise) -> None:
    images, rows = random_images(20), np.arange(20, dtype=np.int64) * 7
    whole = corrupt(images, rows, noise, seed=3, task="t", draw=2)
    for chosen in (np.random.default_rng(1).permutation(20), *np.arange(20)[:, np.newaxis]):
        part = corrupt(images[chosen], rows[chosen], noise, seed=3, task="t", draw=2)
        np.testing.assert_array_equal(part, whole[chosen])


@of_every_kind
@pytest.mark.parametrize("changed", [{"seed": 1}, {"task": "u"}, {"draw": 1}])
def test_another_seed_task_or_draw_is_another_noise(noise: Noise, changed: dict[str, int | str]) -> None:
    settings = {"seed": 0, "task": "t", "draw": 0}
    one = corrupt(grey(128), ROWS, noise, **settings)  # type: ignore[arg-type]
    other = corrupt(grey(128), ROWS, noise, **{**settings, **changed})  # type: ignore[arg-type]
    assert all((a != b).any() for a, b in zip(one, other, strict=True))


@of_every_kind
def test_no_two_rows_have_the_same_noise_and_the_input_is_left_as_it_was(noise: Noise) -> None:
    images = grey(128)
    noisy = corrupt(images, ROWS, noise, seed=0, task="t", draw=0)
    assert len({image.tobytes() for image in noisy}) == len(ROWS)
    np.testing.assert_array_equal(images, grey(128))


@of_every_kind
def test_each_channel_has_noise_of_its_own_and_of_the_same_strength(noise: Noise) -> None:
    colours = grey(128).repeat(3, axis=1)
    noisy = corrupt(colours, ROWS, noise, seed=0, task="t", draw=0)
    assert noisy.shape == colours.shape
    spoilt = noisy.astype(float) - 128
    red, green, blue = spoilt.transpose(1, 0, 2, 3).reshape(3, len(ROWS), -1)
    for one, other in ((red, green), (green, blue), (red, blue)):
        share = (one * other).mean() / np.sqrt(np.square(one).mean() * np.square(other).mean())
        assert abs(share) < 0.01
        assert np.std(one) == pytest.approx(np.std(other), rel=0.02)


@of_every_kind
def test_only_a_noise_that_says_so_keeps_unsaturated_pixels(noise: Noise) -> None:
    images = random_images(20)
    noisy = corrupt(images, ROWS[:20], noise, seed=0, task="t", draw=0)
    kept = (noisy == images)[(noisy > 0) & (noisy < 255)]
    assert kept.all() == noise.keeps_unsaturated


@pytest.mark.parametrize("noise", NUMBERED)
def test_the_words_name_each_number(noise: Noise) -> None:
    assert noise.description[0].isupper() or noise.description[0].isdigit()
    assert f"{noise.sigma or next(iter(vars(noise).values())):g}" in noise.description


@pytest.mark.parametrize(
    "noise", [Gaussian(std=0, factor=1), SaltPepper(factor=0, salt_ratio=1), Speckle(std=0)]
)
def test_no_noise_at_strength_zero(noise: Noise) -> None:
    images = random_images(5)
    np.testing.assert_array_equal(corrupt(images, ROWS[:5], noise, seed=0, task="t", draw=0), images)


@pytest.mark.parametrize(
    ("task", "noise", "digest"),
    [
        ("low_gaussian", LOW, "5a513cd3b90f0efd"),
        ("high_gaussian", HIGH, "68521cdd668e5e9e"),
        ("salt_pepper", SALT_PEPPER, "28399ade6614cb69"),
        ("poisson", Poisson(peak=30), "2bab7a2214abb0d5"),
        ("speckle", Speckle(std=0.2), "69693f9c1c826a33"),
        ("range", RANGES[0], "1060369456b48682"),
        ("mixed", MIXED, "3fc53c693d4b45dc"),
        ("in_turn", IN_TURN, "be2c52c5cb3dc590"),
    ],
)
def test_the_bytes_are_the_same_on_every_machine(task: str, noise: Noise, digest: str) -> None:
    ramp = (np.arange(50 * 48 * 48) % 256).astype(np.uint8).reshape(50, 1, 48, 48)
    noisy = corrupt(ramp, ROWS[:50], noise, seed=0, task=task, draw=0)
    assert sha256(noisy.tobytes()).hexdigest()[:16] == digest
