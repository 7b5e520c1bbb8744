"""How far a mean over the test images can be trusted."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import bootstrap

from facedenoise.evaluation.rounding import rounded

RESAMPLES = 1000  # the ends of the interval vary by 4% of its half width
NUMBERS_AT_ONCE = 1 << 22  # resampled; bounds the memory


def mean_interval(values: ArrayLike, *, seed: int = 0) -> dict[str, float]:
    """Return a mean over images with its bootstrap 95% percentile interval.

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
    mean = numbers.mean()
    low, high = _percentile_interval(numbers, seed) if numbers.size > 1 else (mean, mean)
    return {"mean": rounded(mean), "low": rounded(low), "high": rounded(high)}


def _percentile_interval(numbers: np.ndarray, seed: int) -> tuple[float, float]:
    batch = max(1, NUMBERS_AT_ONCE // numbers.size)
    settings = {"n_resamples": RESAMPLES, "method": "percentile", "vectorized": True, "batch": batch}
    return bootstrap((numbers,), np.mean, rng=np.random.default_rng(seed), **settings).confidence_interval
