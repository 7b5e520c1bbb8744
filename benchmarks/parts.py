r"""Measure what each part of the method gains, over seeds: take it away, and compare with the default.

    cd RUN
    S='train.seed=range(5)' G='gan.seed="${train.seed}"'
    dvc exp run --queue -n seed -S $S -S $G
    dvc exp run --queue -n no-gates -S $S -S $G -S model.attention=false
    dvc exp run --queue -n no-chain -S $S -S $G -S tasks.high_gaussian.after=untrained \
        -S tasks.salt_pepper.after=untrained
    dvc exp run --queue -n one-noise -S $S -S $G -S train.fresh_noise=false
    dvc exp run --queue -n weight-zero -S $S -S $G -S gan.weight=0
    OMP_NUM_THREADS=1 dvc queue start -j 2
    python benchmarks/parts.py RUN seed-1 no-gates-1 no-chain-1 one-noise-1 weight-zero-1

RUN is a checkout in which `dvc repro` has finished; the last line writes benchmarks/results/parts.json. Each
experiment is averaged with its replicates, runs that differ from it in their seeds alone. A difference is
judged as `python -m stages.differ` does it: by what seeds do, and for the PSNR by its interval over the test
faces as well.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import product
from statistics import mean
from typing import Any

from checkout import circumstances, enter, run_command_line
from common import print_table, write_result

from facedenoise.evaluation.difference import difference, pooled_spread
from facedenoise.models import MODELS
from stages import run
from stages.differ import Sides, face_intervals, take_sides
from stages.paths import eval_file
from stages.revisions import Run, experiments, read_run

SCORES = ("psnr", "spectrum_error", "two_sample")


def main() -> None:
    """Compare each experiment with the first one; print and write."""
    parser = run_command_line(__doc__)
    parser.add_argument("default", metavar="DEFAULT", help="an experiment with all parts")
    parser.add_argument("without", metavar="EXPERIMENT", nargs="+", help="an experiment without one of them")
    arguments = parser.parse_args()
    params = enter(arguments.run)
    default, known = read_run(arguments.default), list(experiments())
    parts = {name: take_sides(default, read_run(name), known) for name in arguments.without}
    rows = {name: list(compare(sides)) for name, sides in parts.items()}
    print_table([{"without": name, **row} for name, found in rows.items() for row in found])
    measured = {
        name: {"runs": [len(parts[name].one), len(parts[name].other)], "scores": found}
        for name, found in rows.items()
    }
    write_result("parts", ("torch",), {**circumstances(params), "parts": measured})


def compare(sides: Sides) -> Iterator[dict[str, Any]]:
    """Yield by how much each score is higher on the other side, and whether it differs."""
    for task, model in product(sides.tasks, MODELS):
        intervals = face_intervals(sides, task, model)
        for score in SCORES:
            one, other = (values(runs, task, model, score) for runs in (sides.one, sides.other))
            found = difference(other, one, intervals.get(score), pooled_spread(one, other))
            of = {"task": task, "model": model, "score": score, "default": mean(one)}
            yield {**of, **asdict(found), "verdict": found.verdict}


def values(runs: Sequence[Run], task: str, model: str, score: str) -> list[float]:
    """Return a score of each run: its mean over the faces, where each face has one."""
    file = eval_file(task, "json").as_posix()
    panels = [json.loads(each.files.read_text(file, encoding="utf-8")) for each in runs]
    found = [panel[model][score] for panel in panels]
    return [each["mean"] if isinstance(each, dict) else each for each in found]


if __name__ == "__main__":
    run(main)
