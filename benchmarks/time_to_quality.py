"""Measure how soon the chain reaches the reference's published quality, and how long the reference takes.

    python benchmarks/time_to_quality.py RUN                  # benchmarks/results/time_to_quality.json
    python benchmarks/time_to_quality.py RUN --budget 600     # equal_budgets.json: both train as long

RUN is a checkout in which `dvc repro` has finished. Each task is trained as its params say, from the weights
with which the task before passed. We look every `--every` seconds. The clock stops when the averaged weights
reach the published PSNR on `--faces` validation faces and then on all test faces. We do not run the
reference's 20 epochs: we time `--reference-steps` steps and extrapolate. The times do not include the loading
of the data or validations; `validation_seconds` has the time of our validations.

With `--budget` each task is trained for that many seconds in both ways, each from its own weights of the task
before. Our schedule ends with the budget; the budget cuts off the reference's 20 epochs.
"""

import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from checkout import circumstances, enter, pairs, run_command_line, score
from common import positive, print_table, write_result
from recipe import (
    WARMUP_STEPS,
    Weights,
    batches,
    learner_from,
    step_seconds,
    trained_for,
    trained_steps,
    weights_before,
)
from reference import EPOCHS, PUBLISHED_PSNR, ReferenceTraining, ReferenceUNet

from facedenoise.params import Params
from facedenoise.training.loop import cpu_state
from facedenoise.training.reconstruction import Reconstruction
from stages import run

Row = dict[str, Any]


def main() -> None:
    """Parse the command line and run one of the two comparisons."""
    parser = run_command_line(__doc__)
    parser.add_argument("--budget", type=positive, help="seconds a task; without it, the time to quality")
    parser.add_argument("--reference-steps", type=int, default=400, help="to extrapolate from")
    parser.add_argument("--every", type=float, default=10, help="seconds of training between validations")
    parser.add_argument("--faces", type=int, default=500, help="validation faces")
    arguments = parser.parse_args()
    params = enter(arguments.run, *PUBLISHED_PSNR)
    parameters = sum(parameter.numel() for parameter in ReferenceUNet().parameters())
    print(f"the reference's network has {parameters:,} parameters")
    facts = {**circumstances(params), "reference_parameters": parameters}
    if arguments.budget is not None:
        rows = equal_budgets(params, arguments.budget)
        write_result("equal_budgets", ("torch",), {**facts, "budget": arguments.budget, "tasks": rows})
    else:
        asked = {name: getattr(arguments, name) for name in ("every", "faces", "reference_steps")}
        rows = race(params, **asked)
        write_result("time_to_quality", ("torch",), {**facts, **asked, "tasks": rows})


def race(params: Params, every: float, faces: int, reference_steps: int) -> list[Row]:
    """Time the chain to the published quality, and part of the reference's training."""
    rows: list[Row] = []
    passed: dict[str, Weights] = {}
    for task, published in PUBLISHED_PSNR.items():
        learner = continued(params, task, passed)
        row = {"task": task, "published": published, **time_to_pass(learner, params, task, every, faces)}
        row["seconds_with_before"] = row["seconds"] + sum(earlier["seconds"] for earlier in rows)
        row["reference_seconds"] = reference_seconds(params, task, reference_steps)
        rows.append({**row, **times_faster(row)} if row["passed"] else row)
        passed[task] = cpu_state(learner.averaged())
    print_table(rows)
    print(f"reference_seconds: {EPOCHS} epochs, extrapolated from {reference_steps} steps")
    return rows


def continued(params: Params, task: str, trained: dict[str, Weights]) -> Reconstruction:
    """Return the learner of a task, from the weights of the task before, trained here or else in the run."""
    start = trained.get(params.tasks[task].after) or weights_before(params, task)
    return learner_from(params, task, start)


def time_to_pass(learner: Reconstruction, params: Params, task: str, every: float, faces: int) -> Row:
    """Train until the published quality is passed, or to the end of the schedule."""
    data = batches(params, task)
    val, test = pairs(task, "val", faces), pairs(task, "test")
    steps, due, passed = params.tasks[task].train.epochs * len(data), every, False
    start = time.perf_counter()
    for taken, seconds in trained_steps(learner, data, steps, params.train.warmup):  # noqa: B007 - told below
        if seconds >= due:
            due = seconds + every
            passed = all(score(learner.averaged(), judged) >= PUBLISHED_PSNR[task] for judged in (val, test))
        if passed:
            break
    wall = time.perf_counter() - start
    return {
        "test_psnr": score(learner.averaged(), test),
        "passed": passed,
        "steps": taken,
        "of_steps": steps,
        "seconds": seconds,
        "validation_seconds": wall - seconds,
    }


def reference_seconds(params: Params, task: str, steps: int) -> float:
    """Return the time of the reference's epochs on a task, extrapolated from some of their steps."""
    training = reference_training(params, task, None)
    clock = [seconds for _, seconds in islice(training.trained_steps(), WARMUP_STEPS + steps)]
    return step_seconds(clock) * len(training.loader) * EPOCHS


def reference_training(params: Params, task: str, weights: Weights | None) -> ReferenceTraining:
    """Return the reference's training on the run's faces."""
    train, val = pairs(task, "train"), pairs(task, "val")
    return ReferenceTraining(task, train, val, params.tasks[task].noise, weights)


def times_faster(row: Row) -> dict[str, float]:
    """Return the comparison with the reference's time for this task, without its tasks before."""
    theirs = row["reference_seconds"]
    return {
        "times_faster": theirs / row["seconds"],
        "times_faster_with_before": theirs / row["seconds_with_before"],
    }


def equal_budgets(params: Params, budget: float) -> list[Row]:
    """Train every task in both ways for the same time; score on all test faces."""
    rows: list[Row] = []
    ours: dict[str, Weights] = {}
    theirs: dict[str, Weights] = {}
    for task in PUBLISHED_PSNR:
        learner = continued(params, task, ours)
        data, test = batches(params, task), pairs(task, "test")
        done = spend(budget, trained_for(learner, data, budget, params.train.warmup))
        rows.append({"task": task, "way": "ours", **done, "test_psnr": score(learner.averaged(), test)})
        training = reference_training(params, task, theirs.get(params.tasks[task].after))
        done = spend(budget, training.trained_steps())
        rows.append({"task": task, "way": "reference", **done, "test_psnr": score(training.denoiser(), test)})
        ours[task], theirs[task] = cpu_state(learner.averaged()), cpu_state(training.network)
    print_table(rows)
    return rows


def spend(budget: float, steps: Iterator[tuple[int, float]]) -> dict[str, float]:
    """Run a training until its clock says that the budget is spent, or it ends."""
    for taken, seconds in steps:  # noqa: B007 - told below
        if seconds >= budget:
            break
    return {"steps": taken, "seconds": seconds}


if __name__ == "__main__":
    run(main)
