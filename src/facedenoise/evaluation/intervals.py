"""How far a mean over the test images can be trusted."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import bootstrap

from facedenoise.evaluation.rounding import rounded

RESAMPLES = 1000  # the ends of the interval vary by 4% of its half width
NUMBERS_AT_ONCE = 1 << 22  # resampled; bounds the memory


def mean_interval(*groups: ArrayLike, seed: int = 0) -> dict[str, float]:
    """Return a mean over images, or the mean of the means of several groups, with its bootstrap 95% interval.

    It is the percentile interval. Each group is resampled by itself, so that all groups keep their size.

    For the difference between two methods, take the differences image by image: ``mean_interval(a - b)``.
    This interval is narrower than those of the two methods, because hard images are hard for both.

    Parameters
    ----------
    *groups : array_like
        One number per image, shape (N,), N at least 1.
    seed : int, default 0
        Seed of the resampling.

    Returns
    -------
    dict of str to float
        `mean`, and the ends of its interval `low` and `high`, rounded to 4 decimals.

    Raises
    ------
    ValueError
        If a group has no value, one that is not finite, or another shape.

    References
    ----------
    Efron & Tibshirani, "An introduction to the bootstrap", 1993, chapters 8 and 13.
    """
    samples = [_sample(values) for values in groups]
    low, high = _percentile_interval(samples, seed)
    return {"mean": rounded(float(_mean_of_means(*samples))), "low": rounded(low), "high": rounded(high)}


def _sample(values: ArrayLike) -> NDArray[np.float64]:
    """Check the values; repeat a single one, which scipy refuses. The repetition does not change the mean."""
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not numbers.size:
        raise ValueError(f"expected one value an image, got shape {numbers.shape}")
    if not np.isfinite(numbers).all():
        raise ValueError("expected finite values")
    return numbers.repeat(2) if numbers.size == 1 else numbers


def _mean_of_means(*samples: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    return np.mean([sample.mean(axis=axis) for sample in samples], axis=0)


def _percentile_interval(samples: list[NDArray[np.float64]], seed: int) -> tuple[float, float]:
    batch = max(1, NUMBERS_AT_ONCE // sum(sample.size for sample in samples))
    settings = {"n_resamples": RESAMPLES, "method": "percentile", "vectorized": True, "batch": batch}
    rng = np.random.default_rng(seed)
    return bootstrap(samples, _mean_of_means, rng=rng, **settings).confidence_interval
