"""Bootstrap intervals of a mean against theory."""

import numpy as np
import pytest

from facedenoise.evaluation import intervals
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


@pytest.mark.parametrize("values", [[31.23456], [31.23456] * 5])
def test_without_spread_the_interval_has_no_width(values: list[float]) -> None:
    assert mean_interval(values) == {"mean": 31.2346, "low": 31.2346, "high": 31.2346}


def test_so_many_values_that_not_all_are_resampled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(5).normal(size=100)
    whole = mean_interval(values)
    monkeypatch.setattr(intervals, "NUMBERS_AT_ONCE", 50)
    assert mean_interval(values) == whole


def test_the_seed_alone_decides() -> None:
    values = np.arange(50) / 7
    assert mean_interval(values, seed=4) == mean_interval(values, seed=4)
    assert mean_interval(values, seed=4) != mean_interval(values, seed=5)


@pytest.mark.parametrize("wrong", [[], [1.0, np.nan], [np.inf], [[1.0, 2.0]], 3.0])
def test_values_without_a_mean_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        mean_interval(wrong)  # type: ignore[arg-type]
