"""The noises against theory, and what they may depend on."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import write_tensors
from numpy.typing import NDArray

from facedenoise.data.noisy import write_noisy
from facedenoise.data.tensors import read_tensors
from facedenoise.noise import corrupt
from facedenoise.params import GaussianNoise, NoiseModel, SaltPepperNoise

LOW = GaussianNoise("gaussian", 0.2, 0.2)
HIGH = GaussianNoise("gaussian", 0.4, 0.3)
SALT_PEPPER = SaltPepperNoise("salt_pepper", 0.1, 0.5)
NOISES = [LOW, HIGH, SALT_PEPPER]
ROWS = np.arange(200, dtype=np.int64)


def grey(value: int, count: int = 200) -> NDArray[np.uint8]:
    return np.full((count, 1, 48, 48), value, np.uint8)


@pytest.mark.parametrize("noise", [LOW, HIGH])
def test_gaussian_noise_has_the_mean_and_deviation_of_theory(noise: GaussianNoise) -> None:
    difference = corrupt(grey(128), ROWS, noise, seed=0, task="t", draw=0).astype(float) - 128
    count = difference.size
    expected = np.sqrt((255 * noise.sigma) ** 2 + 1 / 12)  # rounding adds the variance of a uniform
    assert abs(difference.mean()) < 4 * expected / np.sqrt(count)
    assert difference.std() == pytest.approx(expected, rel=4 / np.sqrt(2 * count))


def test_gaussian_noise_is_white() -> None:
    difference = corrupt(grey(128), ROWS, HIGH, seed=0, task="t", draw=0).astype(float) - 128
    for shifted in (
        difference[..., 1:] * difference[..., :-1],
        difference[..., 1:, :] * difference[..., :-1, :],
    ):
        assert abs(shifted.mean()) < 4 * difference.var() / np.sqrt(shifted.size)


def test_gaussian_noise_is_clipped_not_wrapped() -> None:
    assert corrupt(grey(0), ROWS, HIGH, seed=0, task="t", draw=0).max() < 128
    assert corrupt(grey(255), ROWS, HIGH, seed=0, task="t", draw=0).min() > 128


@pytest.mark.parametrize("salt_ratio", [0.0, 0.3, 0.5, 1.0])
def test_salt_and_pepper_replaces_the_share_it_should(salt_ratio: float) -> None:
    noise = SaltPepperNoise("salt_pepper", 0.1, salt_ratio)
    noisy = corrupt(grey(128), ROWS, noise, seed=0, task="t", draw=0)
    assert set(np.unique(noisy)) <= {0, 128, 255}
    for value, share in ((255, 0.1 * salt_ratio), (0, 0.1 * (1 - salt_ratio))):
        deviation = np.sqrt(share * (1 - share) / noisy.size)
        assert np.mean(noisy == value) == pytest.approx(share, abs=4 * deviation)


@pytest.mark.parametrize("noise", NOISES)
def test_noise_depends_neither_on_batch_nor_on_order(noise: NoiseModel) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 1, 48, 48), dtype=np.uint8)
    rows = np.arange(20, dtype=np.int64) * 7
    whole = corrupt(images, rows, noise, seed=3, task="t", draw=2)
    order = np.random.default_rng(1).permutation(20)
    np.testing.assert_array_equal(
        corrupt(images[order], rows[order], noise, seed=3, task="t", draw=2), whole[order]
    )
    for index in range(20):
        alone = slice(index, index + 1)
        np.testing.assert_array_equal(
            corrupt(images[alone], rows[alone], noise, seed=3, task="t", draw=2), whole[alone]
        )


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("changed", [{"seed": 1}, {"task": "u"}, {"draw": 1}])
def test_another_seed_task_or_draw_is_another_noise(noise: NoiseModel, changed: dict[str, int | str]) -> None:
    settings = {"seed": 0, "task": "t", "draw": 0}
    one = corrupt(grey(128), ROWS, noise, **settings)  # type: ignore[arg-type]
    other = corrupt(grey(128), ROWS, noise, **{**settings, **changed})  # type: ignore[arg-type]
    assert all((a != b).any() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("noise", NOISES)
def test_no_two_rows_have_the_same_noise(noise: NoiseModel) -> None:
    noisy = corrupt(grey(128), ROWS, noise, seed=0, task="t", draw=0)
    assert len({image.tobytes() for image in noisy}) == len(ROWS)


@pytest.mark.parametrize("noise", NOISES)
def test_the_input_is_left_as_it_was(noise: NoiseModel) -> None:
    images = grey(128, 3)
    corrupt(images, ROWS[:3], noise, seed=0, task="t", draw=0)
    np.testing.assert_array_equal(images, grey(128, 3))


def test_no_noise_at_strength_zero() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 1, 48, 48), dtype=np.uint8)
    for noise in (GaussianNoise("gaussian", 0.0, 1.0), SaltPepperNoise("salt_pepper", 0.0, 0.5)):
        np.testing.assert_array_equal(corrupt(images, ROWS[:5], noise, seed=0, task="t", draw=0), images)


GOLDEN: dict[str, tuple[NoiseModel, str]] = {
    "low_gaussian": (LOW, "5a513cd3b90f0efd"),
    "high_gaussian": (HIGH, "68521cdd668e5e9e"),
    "salt_pepper": (SALT_PEPPER, "28399ade6614cb69"),
}


@pytest.mark.parametrize("task", GOLDEN)
def test_the_bytes_are_the_same_on_every_machine(task: str) -> None:
    noise, digest = GOLDEN[task]
    ramp = (np.arange(50 * 48 * 48) % 256).astype(np.uint8).reshape(50, 1, 48, 48)
    noisy = corrupt(ramp, ROWS[:50], noise, seed=0, task=task, draw=0)
    assert sha256(noisy.tobytes()).hexdigest()[:16] == digest


def test_the_noisy_split_on_disk_is_draw_0_of_each_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facedenoise.data.noisy.PIECE", 3)
    images = np.random.default_rng(0).integers(0, 256, (8, 1, 5, 5), dtype=np.uint8)
    rows = np.array([4, 1, 9, 30, 2, 8, 7, 100])
    write_tensors(tmp_path / "clean", {"images": torch.from_numpy(images), "row": torch.from_numpy(rows)})
    write_noisy(tmp_path / "clean", tmp_path / "noisy", HIGH, seed=5, task="t")
    written = read_tensors(tmp_path / "noisy")
    expected = corrupt(images, rows, HIGH, seed=5, task="t", draw=0)
    np.testing.assert_array_equal(written["images"].numpy(), expected)
