"""How far a mean over the test images can be trusted."""

import numpy as np
from numpy.typing import ArrayLike

RESAMPLES = 1000  # the ends of the interval vary by 4% of its half width
PERCENTILES = (2.5, 97.5)  # a 95% interval
DECIMALS = 4


def mean_interval(values: ArrayLike, *, seed: int = 0) -> dict[str, float]:
    """Give a mean over images with its bootstrap 95% percentile interval.

    The interval of a difference between two methods is that of their differences image by image,
    ``mean_interval(a - b)``: narrower than the intervals of both, as hard images are hard for both.

    Parameters
    ----------
    values : array_like
        One number an image, shape (N,), N at least 1.
    seed : int, default 0
        Of the resampling.

    Returns
    -------
    dict of str to float
        `mean`, and the ends of its interval `low` and `high`, rounded to 4 decimals.

    Raises
    ------
    ValueError
        If there is no value, one that is not finite, or another shape.

    References
    ----------
    Efron & Tibshirani, "An introduction to the bootstrap", 1993, chapter 13.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not numbers.size:
        raise ValueError(f"expected one value an image, got shape {numbers.shape}")
    if not np.isfinite(numbers).all():
        raise ValueError("expected finite values")
    chosen = np.random.default_rng(seed).integers(numbers.size, size=(RESAMPLES, numbers.size))
    low, high = np.percentile(numbers[chosen].mean(axis=1), PERCENTILES)
    return {
        name: round(float(value), DECIMALS)
        for name, value in (("mean", numbers.mean()), ("low", low), ("high", high))
    }
