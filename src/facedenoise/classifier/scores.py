"""How well a classifier tells the labels: the share of right answers, over all faces or label by label."""

import numpy as np
from numpy.typing import NDArray


def by_label(values: NDArray[np.float64], label: NDArray[np.int64]) -> list[NDArray[np.float64]]:
    """Group the values of faces by label: one array for each label that occurs, in the order of the codes.

    Parameters
    ----------
    values : NDArray[np.float64]
        Shape (N,): one number per face.
    label : NDArray[np.int64]
        Shape (N,): the code of each face's label.
    """
    return [values[label == code] for code in np.unique(label)]


def accuracies(answer: NDArray[np.int64], label: NDArray[np.int64]) -> dict[str, float]:
    """Return how often the answers are right.

    Parameters
    ----------
    answer, label : NDArray[np.int64]
        Shape (N,), N at least 1.

    Returns
    -------
    dict of str to float
        `accuracy`, the share of right answers, and `balanced_accuracy`, the mean of this share over the
        labels that occur, so that rare labels count as much as others; both in [0, 1].
    """
    right = (answer == label).astype(np.float64)
    shares = [part.mean() for part in by_label(right, label)]
    return {"accuracy": float(right.mean()), "balanced_accuracy": float(np.mean(shares))}
