"""Measure over seeds what a task's U-Net gains from the tasks before it, and how far a seed moves each.

    OMP_NUM_THREADS=1 python benchmarks/chain.py RUN high_gaussian --jobs 2    # benchmarks/results/chain.json

RUN is a checkout in which `dvc repro` has made the noise. For each seed the script trains the U-Net twice, as
params.yaml says: once at the end of its chain, with all tasks before it, and once from untrained weights. It
scores each on all test faces. It writes the result after each chain; a second call trains what is missing.
"""

import json
import multiprocessing
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import common
from checkout import circumstances, enter, pairs, run_command_line, score
from common import print_table, write_result
from recipe import Weights, batches, learner_from, trained_steps, untrained

from facedenoise.models import UNTRAINED
from facedenoise.params import Params
from facedenoise.training.loop import cpu_state
from stages import run

Row = dict[str, Any]
pool = partial(ProcessPoolExecutor, mp_context=multiprocessing.get_context("spawn"))


def main() -> None:
    """Train what the result lacks, some at a time; write and print after each training."""
    parser = run_command_line(__doc__)
    parser.add_argument("task", metavar="TASK", help="a task that starts from another")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time")
    arguments = parser.parse_args()
    params = enter(arguments.run, arguments.task)
    facts = {**circumstances(params), "task": arguments.task}
    rows = finished(facts)
    for more in train_all(params, arguments, {(row["chain"], row["seed"]) for row in rows}):
        rows += more
        write_result("chain", ("torch",), {**facts, "trainings": rows})
        print_table(rows)


def finished(facts: Row) -> list[Row]:
    """Return the trainings of the result, if they were made under the same circumstances."""
    path = common.RESULTS / "chain.json"
    result = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    same = all(result.get(name) == json.loads(json.dumps(value)) for name, value in facts.items())
    return list(result["trainings"]) if same else []


def train_all(params: Params, arguments: Namespace, done: set[tuple[str, int]]) -> Iterator[list[Row]]:
    """Train the task in both ways for each seed; yield the scores as they come."""
    before = [*tasks_before(params, arguments.task)][::-1]
    ways = product(arguments.seeds, ([*before, arguments.task], [arguments.task]))
    with pool(arguments.jobs) as processes:
        missing = [(seed, tasks) for seed, tasks in ways if (" ".join(tasks), seed) not in done]
        for future in as_completed([processes.submit(train, Path.cwd(), *each) for each in missing]):
            yield future.result()


def tasks_before(params: Params, task: str) -> Iterator[str]:
    """Yield the task that a task starts from, the one that this starts from, and so on."""
    while (task := params.tasks[task].after) != UNTRAINED:
        yield task


def train(folder: Path, seed: int, tasks: list[str]) -> list[Row]:
    """Train the U-Nets of some tasks one after the other, the first untrained; return their scores."""
    params = enter(folder)
    params = replace(params, train=replace(params.train, seed=seed))
    weights, rows = untrained(params), []
    for task in tasks:
        weights, scores = train_task(params, task, weights)
        rows.append({"chain": " ".join(tasks), "task": task, "seed": seed, **scores})
    return rows


def train_task(params: Params, task: str, start: Weights) -> tuple[Weights, dict[str, float]]:
    """Train one U-Net; return its averaged weights, its score on the test faces and the time."""
    learner, data = learner_from(params, task, start), batches(params, task)
    steps = params.tasks[task].train.epochs * len(data)
    *_, (_, seconds) = trained_steps(learner, data, steps, params.train.warmup)
    network = learner.averaged()
    return cpu_state(network), {"test_psnr": score(network, pairs(task, "test")), "seconds": seconds}


if __name__ == "__main__":
    run(main)
