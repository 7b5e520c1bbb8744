"""Differences of made-up scores, of which the difference and the spread are known."""

from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from facedenoise.evaluation.difference import Difference, Spread, difference, pooled_spread
from facedenoise.evaluation.paired import paired_intervals

FACES = 200


def table(psnr: float = 0.0, wrong: int = 0, seed: int = 0) -> pd.DataFrame:
    """Return scores of faces that differ widely, all raised by so much, with so many wrong labels of two."""
    faces = np.random.default_rng(seed).normal(31, 3, FACES)
    label = np.arange(FACES) % 2
    answer = np.where(np.arange(FACES) < wrong, 1 - label, label)
    return pd.DataFrame(
        {
            "row": np.arange(FACES),
            "unet_psnr": faces + psnr,
            "label": label,
            "clean_label": label,
            "unet_label": answer,
        }
    )


def test_an_equal_gain_on_hard_and_easy_faces_has_an_interval_without_width() -> None:
    found = paired_intervals([table(0.2)], [table()], "unet")
    assert found["psnr"] == {"mean": 0.2, "low": 0.2, "high": 0.2}


def test_a_face_counts_with_its_mean_over_the_runs() -> None:
    found = paired_intervals([table(0.1), table(0.5)], [table(-0.2), table(0.0), table(0.2)], "unet")
    assert found["psnr"] == {"mean": 0.3, "low": 0.3, "high": 0.3}


def test_gains_that_differ_from_face_to_face_have_the_interval_of_their_mean() -> None:
    gains = np.random.default_rng(1).normal(0.1, 0.5, FACES)
    other = table()
    found = paired_intervals([other.assign(unet_psnr=other["unet_psnr"] + gains)], [other], "unet")["psnr"]
    half = 1.96 * gains.std(ddof=1) / sqrt(FACES)
    assert found["mean"] == pytest.approx(gains.mean(), abs=1e-4)
    assert found["high"] - found["low"] == pytest.approx(2 * half, rel=0.15)


def test_accuracies_are_compared_too_if_all_runs_have_them() -> None:
    found = paired_intervals([table()], [table(wrong=20)], "unet")
    assert set(found) == {"psnr", "label_accuracy", "balanced_accuracy"}
    assert found["label_accuracy"]["mean"] == found["balanced_accuracy"]["mean"] == 0.1
    unlabelled = table().assign(label=-1)
    assert set(paired_intervals([table(), unlabelled], [unlabelled], "unet")) == {"psnr"}


def test_other_faces_are_refused() -> None:
    other = table().assign(row=np.arange(FACES) + 1)
    for runs, others in (([other], [table()]), ([table(), other], [table()])):
        with pytest.raises(ValueError, match="the same faces"):
            paired_intervals(runs, others, "unet")


def test_groups_with_means_of_their_own_share_one_variance() -> None:
    # (1 + 1) + (4 + 4 + 0) over 1 + 2 degrees of freedom; a single run adds nothing
    found = pooled_spread([1.0, 3.0], [10.0, 14.0, 12.0], [99.0])
    assert found is not None
    assert found.deviation == pytest.approx(sqrt(10 / 3))
    assert found.freedom == 3


def test_single_runs_do_not_tell_what_seeds_do() -> None:
    assert pooled_spread([1.0], [2.0]) is None


@pytest.mark.parametrize(
    ("freedom", "runs", "others", "moves"),
    [
        (10**9, 1, 1, 1.95996 * sqrt(2)),  # the normal distribution
        (4, 1, 1, 2.77645 * sqrt(2)),  # tables of Student's t
        (8, 5, 5, 2.30600 * sqrt(2 / 5)),
        (4, 5, 1, 2.77645 * sqrt(1 / 5 + 1)),
    ],
)
def test_what_seeds_move_is_students_interval(freedom: int, runs: int, others: int, moves: float) -> None:
    assert Spread(0.05, freedom).moves(runs, others) == pytest.approx(0.05 * moves, rel=1e-5)


@pytest.mark.parametrize(("one", "other"), [(1, 5), (3, 3), (2, 5)])
def test_runs_that_differ_in_nothing_but_seeds_are_called_different_once_in_twenty(
    one: int, other: int
) -> None:
    random = np.random.default_rng(0)
    called = 0
    for _ in range(2000):
        runs, others = random.normal(31, 0.05, one), random.normal(31, 0.05, other)
        found = difference(
            runs.tolist(), others.tolist(), None, pooled_spread(runs.tolist(), others.tolist())
        )
        called += found.verdict == "different"
    assert called / 2000 == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize(
    ("mean", "faces", "seeds", "verdict"),
    [
        (0.21, (0.19, 0.23), 0.05, "different"),
        (-0.21, (-0.23, -0.19), 0.05, "different"),
        (0.04, (0.03, 0.05), 0.05, "not told apart"),  # less than seeds
        (0.21, (-0.01, 0.43), 0.05, "not told apart"),  # as likely none on other faces
        (0.21, (0.19, 0.23), None, "perhaps different"),
        (0.01, (-0.19, 0.23), None, "not told apart"),
        (0.21, None, 0.05, "different"),
        (0.04, None, 0.05, "not told apart"),
        (0.04, None, None, "perhaps different"),
        (0.0, (0.0, 0.0), None, "the same"),
        (0.0, (0.0, 0.0), 0.05, "the same"),
        (0.0, None, 0.05, "the same"),
        (0.0, (-0.1, 0.1), 0.05, "not told apart"),
    ],
)
def test_a_difference_needs_both_the_faces_and_the_seeds(
    mean: float, faces: tuple[float, float] | None, seeds: float | None, verdict: str
) -> None:
    assert Difference(mean, faces, seeds).verdict == verdict


def test_without_the_scores_of_each_face_the_means_of_the_runs_are_compared() -> None:
    found = difference([31.5, 31.7], [31.3], None, Spread(0.1, 10**9))
    assert (found.mean, found.faces) == (0.3, None)
    assert found.seeds == pytest.approx(1.95996 * 0.1 * sqrt(1.5), rel=1e-5)


def test_with_an_interval_its_mean_is_the_difference() -> None:
    interval: dict[str, Any] = {"mean": 0.3, "low": 0.2, "high": 0.4}
    assert difference([31.6], [31.3], interval, None) == Difference(0.3, (0.2, 0.4), None)
