"""Bootstrap intervals of a mean against theory."""

import numpy as np
import pytest

from facedenoise.evaluation.intervals import mean_interval


def test_the_interval_of_many_values_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(1).normal(30, 2, size=2000)
    interval = mean_interval(values)
    half = 1.96 * values.std(ddof=1) / np.sqrt(values.size)
    assert interval["mean"] == pytest.approx(values.mean(), abs=1e-4)
    assert interval["low"] == pytest.approx(values.mean() - half, abs=0.15 * half)
    assert interval["high"] == pytest.approx(values.mean() + half, abs=0.15 * half)


def test_about_95_in_100_intervals_hold_the_true_mean() -> None:
    samples = np.random.default_rng(2).exponential(size=(400, 100))
    held = [
        interval["low"] <= 1 <= interval["high"]
        for interval in (mean_interval(sample, seed=number) for number, sample in enumerate(samples))
    ]
    assert 0.90 < np.mean(held) < 0.98


def test_a_paired_interval_is_narrower_than_those_of_both() -> None:
    generator = np.random.default_rng(3)
    difficulty = generator.normal(30, 3, size=500)
    a, b = (difficulty + generator.normal(shift, 0.1, size=500) for shift in (0.2, 0))
    paired, alone = mean_interval(a - b), mean_interval(a)
    assert 0.1 < paired["low"] < paired["high"] < 0.3
    assert paired["high"] - paired["low"] < (alone["high"] - alone["low"]) / 10


def test_one_image_has_no_spread() -> None:
    assert mean_interval([31.23456]) == {"mean": 31.2346, "low": 31.2346, "high": 31.2346}


def test_the_seed_alone_decides() -> None:
    values = np.arange(50) / 7
    assert mean_interval(values, seed=4) == mean_interval(values, seed=4)
    assert mean_interval(values, seed=4) != mean_interval(values, seed=5)


@pytest.mark.parametrize("wrong", [[], [1.0, np.nan], [np.inf], [[1.0, 2.0]], 3.0])
def test_values_without_a_mean_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        mean_interval(wrong)  # type: ignore[arg-type]
