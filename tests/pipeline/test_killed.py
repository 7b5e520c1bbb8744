"""A stage that is killed, interrupted, doubled or left without disk: nothing is lost and nothing is bent."""

import os
import random
import resource
import signal
import time

import pytest
from clones import Clone
from stopping import (
    CLASSIFIER,
    EPOCHS,
    U_NET,
    Stage,
    endless_training,
    forget_states,
    kill_after,
    long_training,
    outs,
    start,
    wait_for_epochs,
)

__all__ = ["endless_training", "long_training"]
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("stage", [U_NET, CLASSIFIER], ids=["unet", "classifier"])
def test_killed_again_and_again_it_ends_with_the_same_bytes(long_training: Clone, stage: Stage) -> None:
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
    assert f"epoch {EPOCHS} " in output
    assert "epoch 8 " not in output, "it began again instead of going on"
    assert outs(long_training, stage) == whole


def test_interrupted_dvc_leaves_no_trainer_and_goes_on(long_training: Clone) -> None:
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
    assert f"epoch {EPOCHS} " in resumed


def test_a_second_trainer_refuses_to_start(endless_training: Clone) -> None:
    process = start(endless_training, *U_NET.command)
    wait_for_epochs(endless_training, process, 1)
    output = endless_training.run(*U_NET.command, status=1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert "already running in another process" in output
    assert "Traceback" not in output


def test_a_full_disk_is_one_clear_line_and_the_next_run_goes_on(long_training: Clone) -> None:
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
    kill_after(long_training, epochs=3)
    long_training.set("tasks.low_gaussian.train.lr=0.002")
    assert "epoch 1 " in long_training.run(*U_NET.command)
    long_training.set("tasks.low_gaussian.train.lr=0.0015")
    assert "epoch 1 " not in long_training.run(*U_NET.command)
