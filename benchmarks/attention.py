"""What the gates are worth: high_gaussian from scratch, with and without them, for as long.

    python benchmarks/attention.py RUN --budget 300    # benchmarks/results/attention.json

RUN is a checkout whose faces are split and corrupted. Both networks are trained in turns, always a step of
the one whose clock is behind, so that a machine whose speed moves favours none. Each has one cosine over its
budget; it is scored on all test faces.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checkout import circumstances, enter, pairs, score
from common import command_line, positive, print_table, write_result
from recipe import learner_from, trained_for, with_gates

from facedenoise.params import Params, Task
from stages import run
from stages.denoising import batches

TASK: Task = "high_gaussian"
WAYS = {"gates": True, "no gates": False}


def main() -> None:
    """Parse the command line, train both networks, print and write."""
    parser = command_line(__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--budget", type=positive, required=True, help="seconds of training, each")
    arguments = parser.parse_args()
    params = enter(arguments.run)
    rows = compare(params, arguments.budget)
    print_table(rows)
    facts = {**circumstances(params), "budget": arguments.budget, "task": TASK}
    write_result("attention", ("torch",), {**facts, "ways": rows})


def compare(params: Params, budget: float) -> list[dict[str, Any]]:
    """Train with and without gates for the same time."""
    data, warmup = batches(params, TASK, params.train), params.train.warmup
    learners = {way: learner_from(with_gates(params, gates), TASK, None) for way, gates in WAYS.items()}
    clocks = {way: trained_for(learner, data, budget, warmup) for way, learner in learners.items()}
    done = {way: {"steps": taken, "seconds": seconds} for way, taken, seconds in in_turns(clocks)}
    test = pairs(TASK, "test")
    return [
        {"way": way, **done[way], "test_psnr": score(learner.averaged(), test)}
        for way, learner in learners.items()
    ]


def in_turns(clocks: dict[str, Iterator[tuple[int, float]]]) -> Iterator[tuple[str, int, float]]:
    """Run trainings side by side to their ends; after each step give whose it was, its steps and seconds."""
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
