"""The pipeline on clusters: the bytes of the loop, and trainings on all machines, of which one may die."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from clones import Clone
from clusters import kill_second, kill_second_once
from stopping import U_NET, endless_training, long_training, start, wait_for_epochs
from stopping import outs as outs_of_training

from facedenoise.shards import rows
from facedenoise.shards.cluster import RAY
from facedenoise.training.processes import PROCESSES
from stages import evaluate, noise
from stages.paths import SPLIT_NAMES, eval_file, noisy_file, shown_file

__all__ = ["endless_training", "long_training"]
pytestmark = pytest.mark.slow

TASK = "low_gaussian"
OUTS = [*(noisy_file(TASK, split) for split in SPLIT_NAMES)]
OUTS += [eval_file(TASK, "csv"), eval_file(TASK, "json"), shown_file(TASK)]


@pytest.fixture(scope="class")
def workspace(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Go to a copy of the tiny run, of which each shard has four faces."""
    folder = tmp_path_factory.mktemp("workspace")
    for name in ("data", "models", "reports", "params.yaml"):
        copy = shutil.copytree if (clone.folder / name).is_dir() else shutil.copy2
        copy(clone.folder / name, folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DVC_ROOT", str(folder))
        patch.setattr(rows, "ROWS", 4)
        patch.setattr(sys, "argv", ["stage", TASK])
        yield folder


@pytest.fixture(scope="class")
def expected(workspace: Path) -> list[bytes]:
    """Return what the loop writes."""
    return outs()


def outs() -> list[bytes]:
    """Run both stages; return what they have written."""
    for out in OUTS:
        out.unlink()
    for stage in (noise, evaluate):
        stage.main()
    assert not [path for path in Path(".checkpoints").iterdir() if path.is_dir()]
    return [out.read_bytes() for out in OUTS]


class TestNoiseAndScores:
    """They have the bytes of the loop."""

    def test_with_one_worker(self, expected: list[bytes], one_worker: Any) -> None:
        assert outs() == expected

    def test_with_two_machines(self, expected: list[bytes], two_workers: Any) -> None:
        assert outs() == expected

    def test_if_one_of_two_machines_dies(
        self, expected: list[bytes], two_workers: Any, workspace: Path
    ) -> None:
        kill_second_once(two_workers, lambda: [*workspace.glob(".checkpoints/evaluate*/test-*.safetensors")])
        assert outs() == expected
        assert not two_workers.worker_nodes


def test_a_training_on_two_machines_has_the_bytes_of_two_processes_on_one(
    long_training: Clone, two_workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_training.set(f"tasks.{TASK}.train.epochs=3")
    with monkeypatch.context() as patch:
        patch.setitem(long_training.environment, PROCESSES, "2")
        long_training.run(*U_NET.command)
    expected = outs_of_training(long_training)
    shutil.rmtree(long_training.folder / ".checkpoints")
    for out in U_NET.outs:
        (long_training.folder / out).unlink()
    monkeypatch.setitem(long_training.environment, RAY, two_workers.address)
    long_training.run(*U_NET.command)
    assert outs_of_training(long_training) == expected


def test_a_training_whose_machine_dies_says_so_and_goes_on_where_it_was(
    endless_training: Clone, two_workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(endless_training.environment, RAY, two_workers.address)
    with started(endless_training, epochs=2) as process:
        kill_second(two_workers)
        output, _ = process.communicate(timeout=240)
    assert process.returncode == 1
    assert "run again, and it goes on where it was" in output
    monkeypatch.delitem(endless_training.environment, RAY)
    assert "epoch 1 " not in output_of(endless_training, epochs=2)


def test_a_driver_that_is_killed_leaves_no_process_that_trains(
    endless_training: Clone, two_workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(endless_training.environment, RAY, two_workers.address)
    output_of(endless_training, epochs=1)
    assert "already running" not in output_of(endless_training, epochs=2)


def output_of(clone: Clone, epochs: int) -> str:
    """Start the training, kill it after so many epochs, and return what it has printed."""
    with started(clone, epochs) as process:
        pass
    return process.communicate()[0]


@contextmanager
def started(clone: Clone, epochs: int) -> Iterator[subprocess.Popen[str]]:
    """Start the training, and wait for so many epochs; kill it at the end."""
    process = start(clone, *U_NET.command)
    try:
        wait_for_epochs(clone, process, epochs)
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
