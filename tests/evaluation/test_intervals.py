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


@pytest.mark.parametrize("values", [[31.23456], [31.23456] * 5])
def test_without_spread_the_interval_has_no_width(values: list[float]) -> None:
    assert mean_interval(values) == {"mean": 31.2346, "low": 31.2346, "high": 31.2346}


def test_groups_count_the_same_whatever_their_size_and_are_resampled_within_themselves() -> None:
    random = np.random.default_rng(1)
    groups = [random.normal(mean, 2, size=size) for mean, size in ((0, 2000), (90, 100))]
    interval = mean_interval(*groups, [30.0])
    assert interval["mean"] == pytest.approx(np.mean([groups[0].mean(), groups[1].mean(), 30]), abs=1e-4)
    half = 1.96 * np.sqrt(sum(group.var(ddof=1) / group.size for group in groups)) / 3
    assert interval["high"] - interval["low"] == pytest.approx(2 * half, rel=0.15)


@pytest.mark.parametrize("wrong", [[], [1.0, np.nan], [np.inf], [[1.0, 2.0]], 3.0])
def test_values_without_a_mean_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        mean_interval(wrong)  # type: ignore[arg-type]
