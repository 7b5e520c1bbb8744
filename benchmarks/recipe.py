"""The pipeline's own training of a U-Net, step by step, with a clock that stops between the steps."""

import time
from collections.abc import Iterator
from dataclasses import replace

import common  # noqa: F401 - puts library and stages on the path
from torch import Tensor

from facedenoise.models.weights import read_weights
from facedenoise.params import Params, Task
from facedenoise.training.batches import Batches
from facedenoise.training.distributed import mean_over_processes
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.schedule import rate_factor
from stages.denoising import batches, reconstruction
from stages.paths import weights_file
from stages.settings import previous_task

Weights = dict[str, Tensor]
WARMUP_STEPS = 20  # the first steps choose kernels and allocate memory
TIMED_STEPS = 400  # the speed of fewer is not that of minutes


def learner_from(params: Params, task: Task, weights: Weights | None) -> Reconstruction:
    """Make the learner of the stage `train`, from scratch or from the weights of the task before."""
    learner = reconstruction(params, task, params.train, getattr(params.train, task), start=None)
    if weights:
        learner.network.load_state_dict(weights)
        learner.averaged().load_state_dict(weights)
    return learner


def with_gates(params: Params, gates: bool) -> Params:
    """Switch the gates of the network on or off."""
    return replace(params, model=replace(params.model, attention=gates))


def weights_before(task: Task) -> Weights:
    """Give the finished run's U-Net of the task before, from which the chain starts this one."""
    previous = previous_task(task)
    if previous is None:
        raise ValueError(f"{task} is the first of the chain")
    return read_weights(weights_file(previous, "unet"))[0]


def trained_steps(
    learner: Reconstruction, data: Batches, steps: int, warmup: float
) -> Iterator[tuple[int, float]]:
    """Train; after each step give how many were taken, and how many seconds they took.

    What the caller does between two steps is not in the seconds; it may stop at any step.

    Parameters
    ----------
    learner : Reconstruction
        Trained in place.
    data : Batches
        Making the batches is part of the step.
    steps : int
        The schedule, a warm-up and one cosine, is spread over so many.
    warmup : float
        Share of the steps in which the learning rate rises.

    Yields
    ------
    tuple of int and float
    """
    seconds = 0.0
    for step in range(steps):
        seconds += _take_step(learner, data, step, rate_factor(step, steps, warmup))
        yield step + 1, seconds


def trained_for(
    learner: Reconstruction, data: Batches, budget: float, warmup: float
) -> Iterator[tuple[int, float]]:
    """Train as `trained_steps` does, but for so many seconds, over which the schedule is spread.

    Parameters
    ----------
    learner, data, warmup
        As there.
    budget : float
        Seconds. The schedule is a function of those that are spent, so that it ends with the budget
        whatever the speed turns out to be.

    Yields
    ------
    tuple of int and float
        As there.
    """
    taken, seconds = 0, 0.0
    while seconds < budget:
        factor = rate_factor(_milliseconds(seconds), _milliseconds(budget), warmup)
        seconds += _take_step(learner, data, taken, factor)
        taken += 1
        yield taken, seconds


def _take_step(learner: Reconstruction, data: Batches, step: int, factor: float) -> float:
    start = time.perf_counter()
    noisy, clean = data.batch(*divmod(step, len(data)))
    logged = learner.step(noisy, clean, factor)
    mean_over_processes(logged)  # reads the loss, which waits for a GPU
    return time.perf_counter() - start


def _milliseconds(seconds: float) -> int:
    return int(1000 * seconds)


def default_steps(params: Params, task: Task, data: Batches) -> int:
    """Count the steps of the training that the params describe."""
    epochs: int = getattr(params.train, task).epochs
    return epochs * len(data)


def steps_within(params: Params, task: Task, seconds: float) -> int:
    """Count the steps that fit into a budget, from the speed of some that are thrown away."""
    learner, data = learner_from(params, task, None), batches(params, task, params.train)
    trial = WARMUP_STEPS + TIMED_STEPS
    clock = [at for _, at in trained_steps(learner, data, trial, params.train.warmup)]
    return max(1, int(seconds / step_seconds(clock)))


def step_seconds(clock: list[float]) -> float:
    """Give the mean duration of a step, but for the first ones, from the seconds after each."""
    return (clock[-1] - clock[WARMUP_STEPS - 1]) / (len(clock) - WARMUP_STEPS)
