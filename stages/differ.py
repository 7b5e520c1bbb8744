"""Say whether two runs differ: `python -m stages.differ [A [B]]`.

A and B are git revisions, experiments or `workspace`; by default HEAD and the workspace. A line says by how
much a mean score is higher in B, with the 95% interval over the test faces, and how far seeds alone move such
a difference. That is measured on the experiments that differ from A or B in their seeds alone. Where there
are none, it is read from benchmarks/results/seeds.json, if that was measured on the same faces under the same
noise. `facedenoise.evaluation.difference` says when a difference counts. Without A and B only the scores that
differ have a line.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from facedenoise.errors import InputError
from facedenoise.evaluation.difference import (
    Difference,
    Spread,
    Verdict,
    difference,
    pooled_spread,
)
from facedenoise.evaluation.headline import HEADLINE
from facedenoise.evaluation.paired import paired_intervals
from facedenoise.models import MODELS
from facedenoise.report.score import MINUS, SCORES
from facedenoise.report.style import METHOD_TITLES
from stages import run
from stages.published import over_seeds
from stages.revisions import WORKSPACE, Run, experiments, read_run, replicates

DEFAULTS = ("HEAD", WORKSPACE)
NO_FACES = (
    "No interval over the faces, as DVC has not all scores of each: `dvc pull` or `dvc repro` brings them"
)


@dataclass(frozen=True)
class Sides:
    """The runs that are averaged on each side, and the groups of runs that tell what seeds do."""

    one: Sequence[Run]
    other: Sequence[Run]
    groups: Sequence[Sequence[Run]]

    @property
    def tasks(self) -> list[str]:
        """The tasks that both have scored on the same test faces."""
        one, other = self.one[0], self.other[0]
        shared = [task for task in one.tasks if task in other.tasks]
        return [task for task in shared if one.faces(task)["clean"] == other.faces(task)["clean"]]


@dataclass(frozen=True)
class Line:
    """A score of a task's model, and by how much it differs."""

    task: str
    model: str
    score: str
    difference: Difference

    def __str__(self) -> str:
        """Write what the difference is, and what that means."""
        score = SCORES[self.score]
        of = f"{self.task:13}  {METHOD_TITLES[self.model]:5}  {score.title:17}  "
        return f"{of}{score.write_finding(self.difference)}".replace(MINUS, "-")


def main() -> None:
    """Read the two runs and their replicates, compare them, and print what was found."""
    named = sys.argv[1:]
    if len(named) > len(DEFAULTS):
        raise InputError(f"expected at most two runs, got {' '.join(named)}")
    one, other = (read_run(name) for name in (*named, *DEFAULTS[len(named) :]))
    sides = take_sides(one, other, list(experiments()))
    print(*report(sides, brief=not named), sep="\n")


def take_sides(one: Run, other: Run, known: Sequence[Run]) -> Sides:
    """Find the replicates of two runs; where one is a replicate of the other, compare the two alone."""
    like_one, like_other = ([each, *replicates(each, known)] for each in (one, other))
    if one.recipe == other.recipe:
        return Sides([one], [other], [like_one])
    return Sides(like_one, like_other, [like_one, like_other])


def report(sides: Sides, *, brief: bool) -> Iterator[str]:
    """Yield all that is to be said, line by line; `brief` leaves out the scores that do not differ."""
    lines = [line for task in sides.tasks for line in compare(sides, task)]
    if not brief:
        yield from (described("A", sides.one), described("B", sides.other))
        if any(line.difference.faces is None for line in lines):
            yield NO_FACES
    yield from notes(sides)
    yield from (str(line) for line in lines if not brief or "different" in line.difference.verdict)
    yield summary(sides, lines)


def described(side: str, runs: Sequence[Run]) -> str:
    """Name the runs of a side."""
    first, *others = (each.name for each in runs)
    return f"{side}: {first}" + (f", averaged with its replicates {', '.join(others)}" if others else "")


def notes(sides: Sides) -> Iterator[str]:
    """Say which tasks are not compared, or not as the others are."""
    one, other = sides.one[0], sides.other[0]
    for task in dict.fromkeys([*one.tasks, *other.tasks]):
        having = [each.name for each in (one, other) if task in each.tasks]
        if len(having) == 1:
            yield f"{task}: only in {having[0]}"
        elif task not in sides.tasks:
            yield f"{task}: other test faces, so not compared; `dvc metrics diff` shows the means"
        elif one.faces(task) != other.faces(task):
            yield f"{task}: other noise on the test faces, which moves the scores as well"


def compare(sides: Sides, task: str) -> Iterator[Line]:
    """Compare the scores of a task's models."""
    for model in MODELS:
        intervals = face_intervals(sides, task, model)
        for score in HEADLINE:
            if all(score in each.headline[task][model] for each in (*sides.one, *sides.other)):
                one, other = (means(runs, task, model, score) for runs in (sides.one, sides.other))
                spread = seed_spread(sides, task, model, score)
                yield Line(task, model, score, difference(other, one, intervals.get(score), spread))


def face_intervals(sides: Sides, task: str, model: str) -> dict[str, dict[str, float]]:
    """Return the paired intervals of a model's scores; none where DVC lacks the scores of a run's faces."""
    if any(task not in each.face_scores for each in (*sides.one, *sides.other)):
        return {}
    one, other = ([each.face_scores[task] for each in runs] for runs in (sides.one, sides.other))
    return paired_intervals(other, one, model)


def seed_spread(sides: Sides, task: str, model: str, score: str) -> Spread | None:
    """Return how far seeds move a score: by the replicates, else by benchmarks/results/seeds.json."""
    measured = pooled_spread(*(means(group, task, model, score) for group in sides.groups))
    published = over_seeds(task, sides.one[0].faces(task)).get(model, {})
    return measured or pooled_spread(published.get(score, []))


def means(runs: Sequence[Run], task: str, model: str, score: str) -> list[float]:
    """Return the mean score of each run."""
    return [each.headline[task][model][score] for each in runs]


def summary(sides: Sides, lines: Sequence[Line]) -> str:
    """Count the verdicts."""
    counts = Counter(line.difference.verdict for line in lines)
    parts = [f"{counts[verdict]} {verdict}" for verdict in get_args(Verdict) if counts[verdict]]
    chance = "; up to one in twenty would be called different by chance" if counts["different"] else ""
    names = f"{sides.other[0].name} beside {sides.one[0].name}"
    return f"{names}, {len(lines)} scores: {', '.join(parts) or 'nothing to compare'}{chance}"


if __name__ == "__main__":
    run(main)
