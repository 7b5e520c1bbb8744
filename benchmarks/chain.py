"""Measure the gain of the chain: train a task from the weights of the task before, and from scratch.

    python benchmarks/chain.py RUN --budget 300    # benchmarks/results/chain.json

RUN is a checkout in which `dvc repro` has finished; the weights of the task before are its U-Nets. Each task
is trained three times: from scratch for the whole budget, from those weights for the whole budget, and from
those weights for half of it. The learning rate follows one cosine over the time. `reached` is the time after
which a network has the final validation PSNR of the network from scratch. The speed is measured once per
task, and turns the budget into a number of steps, so that a busy machine favours no training. The time for
the tasks before is not counted.
"""

from typing import Any

from checkout import circumstances, enter, pairs, run_command_line, score
from common import positive, print_table, write_result
from recipe import Weights, batches, learner_from, steps_within, trained_steps, untrained, weights_before

from facedenoise.models import UNTRAINED
from facedenoise.params import Params
from stages import run

VALIDATIONS = 40  # about this many in a whole budget
Curve = list[dict[str, float]]
"""Steps taken, seconds of training, validation PSNR in dB."""


def main() -> None:
    """Parse the command line, compare the starts of every task, print and write."""
    parser = run_command_line(__doc__)
    parser.add_argument("--budget", type=positive, required=True, help="seconds of training")
    parser.add_argument("--tasks", nargs="+", default=[], help="by default all that come after another")
    parser.add_argument("--faces", type=int, default=500, help="validation faces")
    arguments = parser.parse_args()
    params = enter(arguments.run, *arguments.tasks)
    chained = arguments.tasks or [name for name, task in params.tasks.items() if task.after != UNTRAINED]
    tasks = {task: compare_starts(params, task, arguments.budget, arguments.faces) for task in chained}
    asked = {"budget": arguments.budget, "faces": arguments.faces}
    write_result("chain", ("torch",), {**circumstances(params), **asked, "tasks": tasks})


def compare_starts(params: Params, task: str, budget: float, faces: int) -> dict[str, Any]:
    """Train a task from scratch, from the task before, and from there with half the steps."""
    steps, before = steps_within(params, task, budget), weights_before(params, task)
    ways = {
        "scratch": train(params, task, untrained(params), steps, faces),
        "previous": train(params, task, before, steps, faces),
        "previous, half the budget": train(params, task, before, max(1, steps // 2), faces),
    }
    goal = ways["scratch"]["curve"][-1]["val_psnr"]
    for way in ways.values():
        way["reached"] = next((at["seconds"] for at in way["curve"] if at["val_psnr"] >= goal), None)
    show(task, ways)
    return ways


def train(params: Params, task: str, start: Weights, steps: int, faces: int) -> dict[str, Any]:
    """Train with one cosine over the steps, validating now and then; score on all test faces."""
    learner, data = learner_from(params, task, start), batches(params, task)
    val, every = pairs(task, "val", faces), max(1, steps // VALIDATIONS)
    curve: Curve = []
    for taken, seconds in trained_steps(learner, data, steps, params.train.warmup):
        if taken % every == 0 or taken == steps:
            val_psnr = score(learner.averaged(), val)
            curve.append({"steps": taken, "seconds": seconds, "val_psnr": val_psnr})
    return {"test_psnr": score(learner.averaged(), pairs(task, "test")), "curve": curve}


def show(task: str, ways: dict[str, dict[str, Any]]) -> None:
    """Print one row per way: where it ended, and all that was measured except its curve."""
    rows = []
    for name, way in ways.items():
        measured = {key: value for key, value in way.items() if key != "curve"}
        rows.append({"task": task, "way": name, **way["curve"][-1], **measured})
    print_table(rows)


if __name__ == "__main__":
    run(main)
