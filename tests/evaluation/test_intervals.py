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


@pytest.mark.parametrize("wrong", [[], [1.0, np.nan], [np.inf], [[1.0, 2.0]], 3.0])
def test_values_without_a_mean_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        mean_interval(wrong)  # type: ignore[arg-type]
