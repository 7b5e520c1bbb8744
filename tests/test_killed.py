"""A stage that is killed, interrupted, doubled or left without disk: nothing is lost and nothing is bent."""

import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from clones import Clone


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
EMOTION = Stage(
    (sys.executable, "-m", "stages.emotion"),
    "emotion",
    ("models/emotion.safetensors", "reports/history/emotion.csv"),
)


@pytest.fixture
def long_training(clone: Clone) -> Iterator[Clone]:
    """Give the tiny clone with trainings of some seconds, from no saved state."""
    clone.set("train.low_gaussian.epochs=40", "train.patience=40", "train.batch_size=4")
    clone.set("emotion.epochs=40", "emotion.batch_size=4")
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
    """Wait until a training has saved that many states more."""
    earlier = saved_states(clone, stage)
    first = int(earlier[-1].stem) if earlier else -1
    while process.poll() is None:
        states = saved_states(clone, stage)
        if states and int(states[-1].stem) >= first + epochs:
            return
        time.sleep(0.005)


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


@pytest.mark.parametrize("stage", [U_NET, EMOTION], ids=["unet", "emotion"])
def test_killed_again_and_again_it_ends_with_the_same_bytes(long_training: Clone, stage: Stage) -> None:
    forget_states(long_training, stage)
    long_training.run(*stage.command)
    whole = outs(long_training, stage)
    forget_states(long_training, stage)
    chance = random.Random(0)
    for _ in range(4):
        process = start(long_training, *stage.command)
        wait_for_epochs(long_training, process, chance.randint(2, 8), stage)
        time.sleep(chance.random() / 20)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    output = long_training.run(*stage.command)
    assert "epoch 40 " in output
    assert "epoch 8 " not in output, "it began again instead of going on"
    assert outs(long_training, stage) == whole


def test_interrupted_dvc_leaves_no_trainer_and_goes_on(long_training: Clone) -> None:
    forget_states(long_training)
    # Forced: another test may have recorded this very training.
    repro = ("dvc", "repro", "--force", "--single-item", "train@low_gaussian")
    process = start(long_training, *repro)
    wait_for_epochs(long_training, process, 3)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0, output
    assert "interrupted" in output
    resumed = long_training.run(*repro)
    assert "epoch 1 " not in resumed
    assert "epoch 40 " in resumed


def test_a_second_trainer_refuses_to_start(long_training: Clone) -> None:
    forget_states(long_training)
    process = start(long_training, *U_NET.command)
    wait_for_epochs(long_training, process, 1)
    assert process.poll() is None
    output = long_training.run(*U_NET.command, status=1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert "already running in another process" in output
    assert "Traceback" not in output


def test_a_full_disk_is_one_clear_line_and_the_next_run_goes_on(long_training: Clone) -> None:
    forget_states(long_training)
    kill_after(long_training, epochs=3)
    weights = long_training.folder / U_NET.outs[0]
    before = weights.read_bytes() if weights.exists() else None
    # A file may grow no further than a few kB, which fails as a full disk does.
    limit = 8 * 1024
    process = start(
        long_training, *U_NET.command, limit=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    )
    output, _ = process.communicate()
    assert process.returncode == 1
    assert ".state: File too large; make room and run again" in output
    assert "Traceback" not in output
    assert before is None or weights.read_bytes() == before
    resumed = long_training.run(*U_NET.command)
    assert "epoch 1 " not in resumed


def test_a_changed_param_starts_afresh_and_changed_back_it_goes_on(long_training: Clone) -> None:
    forget_states(long_training)
    kill_after(long_training, epochs=3)
    long_training.set("train.low_gaussian.lr=0.002")
    assert "epoch 1 " in long_training.run(*U_NET.command)
    long_training.set("train.low_gaussian.lr=0.0015")
    assert "epoch 1 " not in long_training.run(*U_NET.command)
