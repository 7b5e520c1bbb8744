"""What the gates are worth: high_gaussian from scratch, with and without them, for as long.

    python benchmarks/attention.py RUN --budget 300    # benchmarks/results/attention.json

RUN is a checkout whose faces are split and corrupted. Both networks are trained in turns, always a step of
the one whose clock is behind, so that a machine whose speed moves favours none. Each has one cosine over its
budget; it is scored on all test faces.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from checkout import circumstances, enter, pairs, score
from common import command_line, print_table, write_result
from recipe import learner_from, trained_for

from facedenoise.params import Params, Task
from stages import run
from stages.denoising import batches

TASK: Task = "high_gaussian"
WAYS = {"gates": True, "no gates": False}


def main() -> None:
    """Parse the command line, train both networks, print and write."""
    parser = command_line(__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--budget", type=float, required=True, help="seconds of training, each")
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
    spent = {way: {"steps": taken, "seconds": seconds} for way, taken, seconds in in_turns(clocks)}
    test = pairs(TASK, "test")
    return [
        {"way": way, **spent[way], "test_psnr": score(learner.averaged(), test)}
        for way, learner in learners.items()
    ]


def with_gates(params: Params, gates: bool) -> Params:
    """Switch the gates of the network on or off."""
    return replace(params, model=replace(params.model, attention=gates))


def in_turns(clocks: dict[str, Iterator[tuple[int, float]]]) -> Iterator[tuple[str, int, float]]:
    """Run trainings side by side to their ends; give a name, its steps and its seconds after each step."""
    spent = dict.fromkeys(clocks, 0.0)
    while spent:
        behind = min(spent, key=spent.__getitem__)
        taken, seconds = next(clocks[behind], (0, 0.0))
        if not taken:
            del spent[behind]
            continue
        spent[behind] = seconds
        yield behind, taken, seconds


if __name__ == "__main__":
    run(main)
