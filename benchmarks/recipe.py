"""The pipeline's own training of a U-Net, step by step, with a clock that stops between the steps."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import common  # noqa: F401 - puts library and stages on the path
from torch import Tensor

from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.weights import read_weights, write_weights
from facedenoise.params import Params
from facedenoise.training.batches import Batches
from facedenoise.training.distributed import mean_over_processes
from facedenoise.training.loop import cpu_state, seed_everything
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.schedule import rate_factor
from stages.denoising import DenoiserTraining
from stages.paths import weights_file

Weights = dict[str, Tensor]
WARMUP_STEPS = 20  # the first steps choose kernels and allocate memory
TIMED_STEPS = 400  # fewer steps do not show the speed over minutes


def learner_from(params: Params, task: str, weights: Weights) -> Reconstruction:
    """Return the learner of the stage `train`, which starts from these weights."""
    with TemporaryDirectory() as folder:
        start = Path(folder) / "unet.safetensors"
        write_weights(start, weights, {})
        return training(params, task, start).denoiser(muon=params.train.muon)


def learner_from_scratch(params: Params, task: str) -> Reconstruction:
    """Return the learner of the stage `train`, which starts untrained."""
    return learner_from(params, task, untrained(params))


def batches(params: Params, task: str) -> Batches:
    """Return the batches of the stage `train`."""
    return training(params, task).batches()


def training(params: Params, task: str, *starts: Path) -> DenoiserTraining:
    """Return the stage `train` of a task, with the files of weights that it starts from."""
    return DenoiserTraining(params, task, params.train, params.tasks[task].train, list(starts))


def untrained(params: Params) -> Weights:
    """Return the weights that the stage `untrained` gives to the U-Net."""
    seed_everything(params.train.seed)
    return cpu_state(AttentionUNet(**asdict(params.model), channels=params.data.channels))


def weights_before(params: Params, task: str) -> Weights:
    """Return the finished run's weights that the chain starts this task from."""
    return read_weights(weights_file(params.tasks[task].after, "unet"))[0]


def trained_steps(
    learner: Reconstruction, data: Batches, steps: int, warmup: float
) -> Iterator[tuple[int, float]]:
    """Train in place; after each step yield the number of steps and seconds so far.

    The schedule, a rise and a fall, is spread over the steps. The seconds include the making of the
    batches, but not what the caller does between two steps. The caller may stop at any step.
    """
    seconds = 0.0
    for step in range(steps):
        seconds += _take_step(learner, data, step, rate_factor(step, steps, warmup))
        yield step + 1, seconds


def trained_for(
    learner: Reconstruction, data: Batches, budget: float, warmup: float
) -> Iterator[tuple[int, float]]:
    """Train as `trained_steps` does, but for a budget of seconds.

    The schedule is a function of the seconds spent, so that it ends with the budget at any speed.
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


def step_seconds(clock: list[float]) -> float:
    """Return the mean duration of a step without the first ones, from the seconds after each."""
    return (clock[-1] - clock[WARMUP_STEPS - 1]) / (len(clock) - WARMUP_STEPS)
