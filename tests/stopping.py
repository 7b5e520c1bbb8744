"""Trainings that a test starts, watches and stops."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from clones import Clone

EPOCHS = 80  # far more than pass between two looks of a test, however loaded the machine is


@dataclass(frozen=True)
class Stage:
    """A training: its command, what its folder of states begins with, its outs."""

    command: tuple[str, ...]
    states: str
    outs: tuple[str, str]


U_NET = Stage(
    (sys.executable, "-m", "stages.train", "low_gaussian"),
    "train-low_gaussian",
    ("models/low_gaussian/unet.safetensors", "reports/history/low_gaussian/unet.csv"),
)
CLASSIFIER = Stage(
    (sys.executable, "-m", "stages.classifier"),
    "classifier",
    ("models/classifier.safetensors", "reports/history/classifier.csv"),
)


@pytest.fixture
def long_training(clone: Clone) -> Iterator[Clone]:
    """Return the tiny clone with trainings of some seconds."""
    yield from with_epochs(clone, EPOCHS)


@pytest.fixture
def endless_training(clone: Clone) -> Iterator[Clone]:
    """Return the tiny clone with trainings that only a test ends, so that none of it hangs on the clock."""
    yield from with_epochs(clone, 100_000)


def with_epochs(clone: Clone, epochs: int) -> Iterator[Clone]:
    """Let the trainings have so many short epochs, from no saved state."""
    clone.set(f"tasks.low_gaussian.train.epochs={epochs}", f"train.patience={epochs}", "train.batch_size=4")
    clone.set(f"classifier.epochs={epochs}", "classifier.batch_size=4")
    forget_states(clone, U_NET)
    forget_states(clone, CLASSIFIER)
    yield clone
    clone.restore()


def start(clone: Clone, *command: str, limit: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """Start a command in a process group of its own; a background job's children would ignore SIGINT."""

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if limit:
            limit()

    return subprocess.Popen(
        command,
        cwd=clone.folder,
        env=clone.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509
    )


def saved_states(clone: Clone, stage: Stage = U_NET) -> list[Path]:
    return sorted((clone.folder / ".checkpoints").glob(f"{stage.states}-*/*.state"))


def wait_for_epochs(clone: Clone, process: subprocess.Popen[str], epochs: int, stage: Stage = U_NET) -> None:
    """Wait until a training has saved that many states more; fail if it ends before."""
    earlier = saved_states(clone, stage)
    first = int(earlier[-1].stem) if earlier else -1
    while process.poll() is None:
        states = saved_states(clone, stage)
        if states and int(states[-1].stem) >= first + epochs:
            return
        time.sleep(0.005)
    raise AssertionError(f"the training ended first: {process.communicate()[0]}")


def kill_after(clone: Clone, epochs: int) -> None:
    """Start the training and kill it once it has saved that many states."""
    process = start(clone, *U_NET.command)
    wait_for_epochs(clone, process, epochs)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def outs(clone: Clone, stage: Stage = U_NET) -> list[bytes]:
    return [(clone.folder / out).read_bytes() for out in stage.outs]


def forget_states(clone: Clone, stage: Stage = U_NET) -> None:
    for path in saved_states(clone, stage):
        path.unlink()
