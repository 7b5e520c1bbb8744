"""Measure how fast the U-Net trains, what share of the machine it uses, and where the time goes.

    python benchmarks/throughput.py RUN        # benchmarks/results/throughput.json

RUN is a checkout whose faces are split and corrupted, TASK one of its tasks. A step is the pipeline's own,
from the making of the batch to the averaging of the weights. Three ways take turns: as the pipeline trains;
the same without gates; and the same network in plain float32, eager, contiguous. The optimisers are the same.
The share of the machine is the rate of the network's operations, forward and backward, as torch's flop
counter counts them, divided by the machine's best rate for bfloat16 matrix products. The optimiser's
operations do not count. On a GPU (`--matrix 4096 8192 16384` finds its peak) the profile covers only the CPU,
and the script also measures the most memory that tensors take, with the training faces.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any
from unittest.mock import patch

import torch
from checkout import circumstances, enter, run_command_line
from common import print_table, rates_in_turns, write_result
from recipe import WARMUP_STEPS, batches, learner_from_scratch
from torch import nn
from torch.autograd.profiler_util import FunctionEvent
from torch.profiler import ProfilerActivity, profile, record_function
from torch.utils.flop_counter import FlopCounterMode

from facedenoise.models.device import training_device
from facedenoise.params import Params
from facedenoise.training.batches import Batches
from facedenoise.training.distributed import mean_over_processes
from facedenoise.training.reconstruction import Reconstruction
from stages import run

MATRIX_REPEATS = 10
RATE = 0.5  # of the highest; any does
BETWEEN = "Python, between operators"
RANGES = {
    "batch making": "batch making",
    "clipping": "clipping",
    "weight average": "weight average",
    "Optimizer.step": "optimiser",
}
"""How ranges of the profile begin that are parts as a whole, whatever operators they call."""
SMALLEST_SHOWN = 0.005


def main() -> None:
    """Parse the command line, measure, print and write."""
    parser = run_command_line(__doc__)
    parser.add_argument("--task", default="high_gaussian", help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each way")
    parser.add_argument("--steps", type=int, default=40, help="of a turn, and of the profile")
    parser.add_argument("--matrix", type=int, nargs="+", default=[1024, 2048, 4096], help="sides to try")
    arguments = parser.parse_args()
    task, params = arguments.task, enter(arguments.run, arguments.task)
    data = batches(params, task)
    rates = measure_rates(params, task, data, arguments.rounds, arguments.steps)
    result = {
        "images_a_second": rates,
        "over_plain_float32": rates["pipeline"]["median"] / rates["plain_float32"]["median"],
        "share_of_gates": 1 - rates["pipeline"]["median"] / rates["without_gates"]["median"],
        "operations_an_image": operations_an_image(learner_from_scratch(params, task), data),
        "matrix_operations_a_second": max(matrix_rate(side) for side in arguments.matrix),
        "peak_gpu_mb": peak_gpu_mb(params, task, data),
        "profile": profiled(learner_from_scratch(params, task), data, arguments.steps),
    }
    useful = rates["pipeline"]["best"] * result["operations_an_image"]
    result["share_of_matrix_rate"] = useful / result["matrix_operations_a_second"]
    show(result)
    write_result("throughput", ("torch",), {**circumstances(params), "task": task, **result})


def measure_rates(
    params: Params, task: str, data: Batches, rounds: int, steps: int
) -> dict[str, dict[str, Any]]:
    """Let the ways take turns; return the images per second of each turn, the best and the median."""
    without_gates = replace(params, model=replace(params.model, attention=False))
    ways = {
        "pipeline": learner_from_scratch(params, task),
        "without_gates": learner_from_scratch(without_gates, task),
        "plain_float32": plain(learner_from_scratch(params, task)),
    }
    for learner in ways.values():
        take_steps(learner, data, WARMUP_STEPS)
    turns = {name: partial(take_steps, learner, data, steps) for name, learner in ways.items()}
    rates = rates_in_turns(turns, rounds)
    return {name: {"best": max(of), "median": median(of), "turns": of} for name, of in rates.items()}


def plain(learner: Reconstruction) -> Reconstruction:
    """Take the pipeline's precision and memory layout away."""
    learner.bfloat16 = False
    for network in (learner.network, learner.averaged()):
        network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return learner


def take_steps(learner: Reconstruction, data: Batches, steps: int) -> int:
    """Train in the second epoch, which draws fresh noise like all but the first; return the images seen."""
    images = 0
    for step in range(steps):
        epoch, place = divmod(step, len(data))
        with record_function("batch making"):
            noisy, clean = data.batch(1 + epoch, place)
        mean_over_processes(learner.step(noisy, clean, RATE))  # waits for a GPU, as the pipeline does
        images += len(noisy)
    return images


def matrix_rate(side: int) -> float:
    """Return the best rate of a square bfloat16 matrix product, in operations a second."""
    device = training_device()
    left, right = (torch.randn(side, side).bfloat16().to(device) for _ in range(2))
    seconds = []
    for _ in range(MATRIX_REPEATS):
        wait_for(device)
        start = time.perf_counter()
        torch.mm(left, right)
        wait_for(device)
        seconds.append(time.perf_counter() - start)
    return 2 * side**3 / min(seconds)


def peak_gpu_mb(params: Params, task: str, data: Batches) -> float | None:
    """Return the most GPU memory that tensors take in a training, in MB (10^6 bytes); None without a GPU."""
    if not torch.cuda.is_available():
        return None
    torch.cuda.reset_peak_memory_stats()
    take_steps(learner_from_scratch(params, task), data, WARMUP_STEPS)
    return torch.cuda.max_memory_allocated() / 1e6


def wait_for(device: torch.device) -> None:
    """Wait until a GPU has finished all its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def operations_an_image(learner: Reconstruction, data: Batches) -> float:
    """Return the network's operations in a training step, forward and backward, for each image."""
    noisy, _ = data.batch(0, 0)
    with FlopCounterMode(display=False) as counter:
        learner.output(noisy).sum().backward()
    return counter.get_total_flops() / len(noisy)


def profiled(learner: Reconstruction, data: Batches, steps: int) -> dict[str, float]:
    """Return the share of each part in the time of the steps, the largest first."""
    take_steps(learner, data, WARMUP_STEPS)
    clip = patch.object(nn.utils, "clip_grad_norm_", labelled("clipping", nn.utils.clip_grad_norm_))
    average = patch.object(learner.ema, "update", labelled("weight average", learner.ema.update))
    with clip, average, profile(activities=[ProfilerActivity.CPU]) as recorded, record_function(BETWEEN):
        take_steps(learner, data, steps)
    parts: Counter[str] = Counter()
    for event in recorded.events() or []:
        parts[part_of(event)] += event.self_cpu_time_total
    return {name: microseconds / parts.total() for name, microseconds in parts.most_common()}


def labelled(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose calls carry a name in the profile."""

    def call(*arguments: Any) -> Any:  # noqa: ANN401 - whatever the function takes and gives
        with record_function(name):
            return function(*arguments)

    return call


def part_of(event: FunctionEvent) -> str:
    """Return the part of a step that an operator belongs to: a labelled range, convolution, or itself."""
    around: FunctionEvent | None = event
    while around:
        for start, part in RANGES.items():
            if around.name.startswith(start):
                return part
        around = around.cpu_parent
    if "conv" in event.name.lower():
        return "convolution, backward" if "backward" in event.name.lower() else "convolution, forward"
    return event.name


def show(result: dict[str, Any]) -> None:
    """Print the rates, the shares and the profile."""
    rates = result["images_a_second"]
    print_table(
        [{"images a second": name, "best": of["best"], "median": of["median"]} for name, of in rates.items()]
    )
    print(f"over plain float32: {result['over_plain_float32']:.2f} times, by the medians")
    print(f"operations an image: {result['operations_an_image'] / 1e9:.3f} G")
    print(f"bfloat16 matrix product: {result['matrix_operations_a_second'] / 1e9:.0f} G operations a second")
    print(f"share of it that training makes use of: {result['share_of_matrix_rate']:.1%}")
    if result["peak_gpu_mb"]:
        print(f"GPU memory: {result['peak_gpu_mb']:.0f} MB")
    for name, share in result["profile"].items():
        if share >= SMALLEST_SHOWN:
            print(f"{share:6.1%}  {name}")
    print(f"{result['share_of_gates']:6.1%}  of all, the gates: what leaving them out saves")


if __name__ == "__main__":
    run(main)
