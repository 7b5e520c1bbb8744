"""By how much a model scores higher in some runs than in others, face by face."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facedenoise.evaluation.headline import HEADLINE
from facedenoise.evaluation.intervals import mean_interval
from facedenoise.evaluation.panel import scores_of


def paired_intervals(
    runs: Sequence[pd.DataFrame], others: Sequence[pd.DataFrame], model: str
) -> dict[str, dict[str, float]]:
    """Return by how much a model scores higher in some runs than in others, with paired 95% intervals.

    Parameters
    ----------
    runs, others : sequence of pd.DataFrame
        The tables of `score_table`, one a run, all of the same faces in the same order. The
        runs of a sequence differ in their seeds alone: a face counts with its mean over them.
    model : str
        Whose scores: `unet` or `gan`.

    Returns
    -------
    dict of str to dict
        For each score of the headline that all tables have: `mean`, `low` and `high`.

    Raises
    ------
    ValueError
        If the faces are not the same.
    """
    rows = [table["row"].to_numpy() for table in (*runs, *others)]
    if not all(np.array_equal(rows[0], each) for each in rows):
        raise ValueError("expected the scores of the same faces in the same order")
    of_runs, of_others = dict(_face_scores(runs, model)), dict(_face_scores(others, model))
    pairs = {name: zip(of_runs[name], of_others[name], strict=True) for name in of_runs if name in of_others}
    return {name: mean_interval(*(one - two for one, two in groups)) for name, groups in pairs.items()}


def _face_scores(
    tables: Sequence[pd.DataFrame], model: str
) -> Iterator[tuple[str, list[NDArray[np.float64]]]]:
    """Yield the headline's scores of each face as means over tables, in groups as `scores_of` has them."""
    scores = [scores_of(table, model) for table in tables]
    for name in HEADLINE:
        if all(name in each for each in scores):
            groups = zip(*(each[name] for each in scores), strict=True)
            yield name, [np.mean(group, axis=0) for group in groups]
