"""Measure how far seeds move the scores: the mean, standard deviation and range of each over replicates.

    cd RUN
    dvc exp run --queue -n seed -S 'train.seed=range(5)' -S 'gan.seed="${train.seed}"'
    dvc queue start -j 1
    python benchmarks/seeds.py RUN seed-1    # benchmarks/results/seeds.json

RUN is a checkout in which the experiments have run, all on this machine. The script reads one of them, by its
name, and all others that differ from it in their seeds alone. `python -m stages.differ` uses the result if it
finds no replicates on the same faces under the same noise.
"""

from collections.abc import Sequence

import numpy as np
from checkout import circumstances, enter, run_command_line
from common import print_table, write_result

from facedenoise.errors import InputError
from facedenoise.evaluation.headline import HEADLINE
from facedenoise.models import MODELS
from stages import run
from stages.revisions import Run, experiments, read_run, replicates

DECIMALS = 5  # one more than the scores have


def main() -> None:
    """Read the replicates, sum up each score, print and write."""
    parser = run_command_line(__doc__)
    parser.add_argument("experiment", metavar="EXPERIMENT", help="the name of one of the replicates")
    arguments = parser.parse_args()
    params = enter(arguments.run)
    first = read_run(arguments.experiment)
    runs = [first, *replicates(first, experiments())]
    if len(runs) == 1:
        raise InputError(f"{first.name}: no experiment differs from it in its seeds alone; queue some first")
    found = {task: spreads(runs, task) for task in first.tasks}
    print_table(
        [{"task": task, "model": model, **found[task][model]["psnr"]} for task in found for model in MODELS]
    )
    tasks = {task: {"test": first.faces(task), **models} for task, models in found.items()}
    seeds = [each.seeds for each in runs]
    write_result("seeds", ("torch",), {**circumstances(params), "seeds": seeds, "tasks": tasks})


def spreads(runs: Sequence[Run], task: str) -> dict[str, dict[str, dict[str, float]]]:
    """Sum up the scores of a task over runs, by model and score."""
    scores = {model: [each.headline[task][model] for each in runs] for model in MODELS}
    return {
        model: {name: spread([each[name] for each in found]) for name in HEADLINE if name in found[0]}
        for model, found in scores.items()
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return mean, standard deviation (by n - 1) and range of a score over runs."""
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    summary = {"mean": mean, "sd": deviation, "min": min(values), "max": max(values)}
    return {name: round(value, DECIMALS) for name, value in summary.items()}


if __name__ == "__main__":
    run(main)
