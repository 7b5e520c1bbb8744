"""Measure what the attention gates gain: train from scratch with and without them, for the same time.

    python benchmarks/attention.py RUN --budget 300    # benchmarks/results/attention.json

RUN is a checkout whose faces are split and corrupted, TASK one of its tasks. The networks take turns: the
next step is always for the one whose clock is behind. So a machine whose speed varies favours neither. The
learning rate of each follows one cosine over its budget; each is scored on all test faces.
"""

from collections.abc import Iterator
from typing import Any

from checkout import circumstances, enter, pairs, run_command_line, score
from common import positive, print_table, write_result
from recipe import batches, learner_from_scratch, trained_for, with_gates

from facedenoise.params import Params
from stages import run

WAYS = {"gates": True, "no gates": False}


def main() -> None:
    """Parse the command line, train both networks, print and write."""
    parser = run_command_line(__doc__)
    parser.add_argument("--task", default="high_gaussian", help="default: %(default)s")
    parser.add_argument("--budget", type=positive, required=True, help="seconds of training, each")
    arguments = parser.parse_args()
    params = enter(arguments.run, arguments.task)
    rows = compare(params, arguments.task, arguments.budget)
    print_table(rows)
    facts = {**circumstances(params), "budget": arguments.budget, "task": arguments.task}
    write_result("attention", ("torch",), {**facts, "ways": rows})


def compare(params: Params, task: str, budget: float) -> list[dict[str, Any]]:
    """Train with and without gates for the same time."""
    data, warmup = batches(params, task), params.train.warmup
    learners = {way: learner_from_scratch(with_gates(params, gates), task) for way, gates in WAYS.items()}
    clocks = {way: trained_for(learner, data, budget, warmup) for way, learner in learners.items()}
    done = {way: {"steps": taken, "seconds": seconds} for way, taken, seconds in in_turns(clocks)}
    test = pairs(task, "test")
    return [
        {"way": way, **done[way], "test_psnr": score(learner.averaged(), test)}
        for way, learner in learners.items()
    ]


def in_turns(clocks: dict[str, Iterator[tuple[int, float]]]) -> Iterator[tuple[str, int, float]]:
    """Run trainings side by side to their ends; after each step yield its training, steps and seconds."""
    spent = dict.fromkeys(clocks, 0.0)
    while spent:
        behind = min(spent, key=spent.__getitem__)
        step = next(clocks[behind], None)
        if step is None:
            del spent[behind]
            continue
        taken, spent[behind] = step
        yield behind, taken, spent[behind]


if __name__ == "__main__":
    run(main)
