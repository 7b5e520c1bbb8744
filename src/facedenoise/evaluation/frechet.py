"""Distance between two sets of features: the distance between the Gaussians fitted to them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FEWEST = 2  # samples; one has no covariance


def frechet_distance(a: ArrayLike, b: ArrayLike) -> float:
    """Squared Fréchet distance between the Gaussians fitted to two sets of features.

    |mean_a - mean_b|^2 + trace(cov_a + cov_b - 2 (cov_a cov_b)^(1/2)), with unbiased covariances. It needs
    more samples than dimensions, far more to be precise: small sets seem further apart than they are.

    Parameters
    ----------
    a, b : array_like
        Finite, shapes (N, D) and (M, D), N and M at least 2.

    Returns
    -------
    float
        At least 0, in squared units of the features; 0 for equal sets, lower is more alike.

    Raises
    ------
    ValueError
        If the shapes do not fit, there is a value that is not finite, or fewer than two samples.

    References
    ----------
    Dowson & Landau, "The Fréchet distance between multivariate normal distributions", Journal of
    Multivariate Analysis 12 (1982), equation 4.
    Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium",
    2017, equation 6.
    """
    first, second = _features(a), _features(b)
    if first.shape[1] != second.shape[1]:
        raise ValueError(f"features differ in dimensions: {first.shape[1]} and {second.shape[1]}")
    apart = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    root_a, root_b = _covariance_root(first), _covariance_root(second)
    # The eigenvalues of cov_a cov_b are the squared singular values of root_a root_b^T. So we need no matrix
    # root, which fails or becomes complex if a covariance is singular.
    common = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    return max(0.0, float(apart + np.square(root_a).sum() + np.square(root_b).sum() - 2 * common))


def _features(values: ArrayLike) -> NDArray[np.float64]:
    """Check one set of features."""
    features = np.asarray(values, dtype=np.float64)
    if features.ndim != 2 or len(features) < FEWEST:  # noqa: PLR2004
        raise ValueError(f"expected features of shape (N, D), N at least 2, got {features.shape}")
    if not np.isfinite(features).all():
        raise ValueError("expected finite features")
    return features


def _covariance_root(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a matrix R with R^T R the unbiased covariance of the features."""
    centred = (features - features.mean(axis=0)) / np.sqrt(len(features) - 1)
    return np.linalg.qr(centred).R
