"""Measure how far seeds move the scores: collect those of replicates, runs that differ in their seeds alone.

    cd RUN
    dvc exp run --queue -n seed -S 'train.seed=range(5)' -S 'gan.seed="${train.seed}"'
    dvc queue start -j 1
    python benchmarks/seeds.py RUN seed-1    # benchmarks/results/seeds.json

RUN is a checkout in which the experiments have run, all on this machine. The script reads one of them, by its
name, and its replicates. On the same faces under the same noise, the page shows a run beside the result,
`python -m stages.differ` uses it where there are no replicates, and released networks name its spread.
"""

from collections.abc import Sequence

import pandas as pd
from checkout import circumstances, enter, run_command_line
from common import print_table, write_result

from facedenoise.errors import InputError
from facedenoise.evaluation.headline import HEADLINE
from facedenoise.models import MODELS
from stages import run
from stages.revisions import Run, experiments, read_run, replicates

COLUMNS = ("mean", "std", "min", "max")


def main() -> None:
    """Read the replicates, print how far each PSNR moves, and write all scores."""
    parser = run_command_line(__doc__)
    parser.add_argument("experiment", metavar="EXPERIMENT", help="the name of one of the replicates")
    arguments = parser.parse_args()
    params = enter(arguments.run)
    first = read_run(arguments.experiment)
    runs = [first, *replicates(first, experiments())]
    if len(runs) == 1:
        raise InputError(f"{first.name}: no experiment differs from it in its seeds alone; queue some first")
    found = {task: over_seeds(runs, task) for task in first.tasks}
    print_table(
        [
            {"task": task, "model": model, **pd.Series(found[task][model]["psnr"]).agg(COLUMNS)}
            for task in found
            for model in MODELS
        ]
    )
    tasks = {task: {"test_md5": first.faces(task), **models} for task, models in found.items()}
    seeds = [each.seeds for each in runs]
    write_result("seeds", ("torch",), {**circumstances(params), "seeds": seeds, "tasks": tasks})


def over_seeds(runs: Sequence[Run], task: str) -> dict[str, dict[str, list[float]]]:
    """Return by model and score what each of the runs has scored on a task."""
    scores = {model: [each.headline[task][model] for each in runs] for model in MODELS}
    return {
        model: {name: [each[name] for each in found] for name in HEADLINE if name in found[0]}
        for model, found in scores.items()
    }


if __name__ == "__main__":
    run(main)
