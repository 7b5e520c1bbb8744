"""Whether two runs differ: their scores of the same faces, beside what other seeds would do to these.

Two things move the difference of two runs though neither is better. Other test faces would give another one:
the bootstrap interval over the faces says how far. Other seeds would give other networks, and so does
another CPU, which sums in another order; the interval does not show this. If the score of one run has the
standard deviation s over seeds, the difference of two single runs has s * sqrt(2), and the difference of the
means of n and m runs has s * sqrt(1/n + 1/m). Two runs are called different if zero is outside of the
interval over the faces and the difference is larger than what seeds alone do in 95 of 100 cases. Without
replicates, runs that differ in their seeds alone, nobody knows the second half, and no difference is called
more than possible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from scipy.stats import t

from facedenoise.evaluation.rounding import rounded

Verdict = Literal["the same", "different", "not told apart", "perhaps different"]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """How far seeds move a score: its standard deviation over runs, and the degrees of freedom of that."""

    deviation: float
    freedom: int

    def moves(self, runs: int, others: int) -> float:
        """Return the limit that the difference of the means of so many runs keeps in 95 of 100 cases.

        It is Student's interval, so that a deviation that is known from few runs is trusted less.
        """
        quantile = t.ppf((1 + CONFIDENCE) / 2, self.freedom)
        return float(quantile * self.deviation * sqrt(1 / runs + 1 / others))


@dataclass(frozen=True)
class Difference:
    """By how much a score of some runs is above that of others.

    Attributes
    ----------
    mean : float
        The difference of the means over faces and runs.
    faces : tuple of two floats or None
        The ends of its 95% interval over the test faces; None where the scores of each face are not at hand.
    seeds : float or None
        How far seeds alone move it, see `Spread.moves`; None if nothing is known of that.
    """

    mean: float
    faces: tuple[float, float] | None
    seeds: float | None

    @property
    def verdict(self) -> Verdict:
        """Whether the runs differ in this score."""
        if self.mean == 0 and self.faces in (None, (0, 0)):
            return "the same"
        if self.faces and self.faces[0] <= 0 <= self.faces[1]:
            return "not told apart"
        if self.seeds is None:
            return "perhaps different"
        return "different" if abs(self.mean) > self.seeds else "not told apart"


def pooled_spread(*groups: Sequence[float]) -> Spread | None:
    """Return how far seeds move a score, from its values in groups of runs that differ in seeds alone.

    The groups have means of their own and one variance. None if no group has two runs.
    """
    several = [group for group in groups if len(group) > 1]
    freedom = sum(len(group) - 1 for group in several)
    squares = sum(float(np.var(group)) * len(group) for group in several)
    return Spread(sqrt(squares / freedom), freedom) if freedom else None


def difference(
    runs: Sequence[float],
    others: Sequence[float],
    interval: Mapping[str, float] | None,
    spread: Spread | None,
) -> Difference:
    """Return by how much a score is higher in some runs than in others.

    Parameters
    ----------
    runs, others : sequence of float
        The mean score of each run.
    interval : mapping of str to float or None
        The score's entry in `paired_intervals`; None where the scores of each face are not at hand.
    spread : Spread or None
        How far seeds move the score, if that is known.
    """
    return Difference(
        mean=interval["mean"] if interval else rounded(float(np.mean(runs) - np.mean(others))),
        faces=(interval["low"], interval["high"]) if interval else None,
        seeds=spread.moves(len(runs), len(others)) if spread else None,
    )
