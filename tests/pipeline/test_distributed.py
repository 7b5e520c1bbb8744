"""Trainings in two processes: the same losses, weights and decisions as in one, and no worse to stop."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from clones import Clone
from documents import blocks, commands
from stopping import EPOCHS, U_NET, endless_training, long_training, start, wait_for_epochs
from torch import Tensor, nn

from facedenoise.classifier.batch_norm import SharedBatchNorm, with_shared_batch_norms
from facedenoise.classifier.learner import (
    AugmentedBatches,
    Classification,
    LabelledFaces,
    accuracy_validator,
)
from facedenoise.classifier.network import LabelClassifier
from facedenoise.errors import InputError
from facedenoise.faces import draw_faces
from facedenoise.images.fer2013 import EMOTIONS
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.device import training_device
from facedenoise.models.inputs import TaskNoise
from facedenoise.models.patchgan import PatchGAN
from facedenoise.noise.gaussian import Gaussian
from facedenoise.training import distributed
from facedenoise.training.adversarial import Adversarial
from facedenoise.training.ahead import TrainingData
from facedenoise.training.batches import Batches, Pairs
from facedenoise.training.checkpoints import Checkpoints
from facedenoise.training.distributed import group, in_first, is_first, mean_over_processes, share
from facedenoise.training.loop import Learner, Plan, Training, Validate, seed_everything
from facedenoise.training.processes import in_processes, process_count
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.validation import validator

__all__ = ["endless_training", "long_training"]
pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
NOISE = TaskNoise(Gaussian(std=0.4, factor=0.3), seed=0, task="high_gaussian")
FACES, BATCH_SIZE = 64, 16
KINDS = ("reconstruction", "adversarial", "classification")


def reconstruction() -> Reconstruction:
    network, average = (AttentionUNet((4, 8), (1, 1)) for _ in range(2))
    learner = Reconstruction(network, average, lr=0.003, weight_decay=0.0, clip=1.0, ema=0.9, muon=3.0)
    learner.bfloat16 = False
    return learner


def adversarial() -> Adversarial:
    return Adversarial(reconstruction(), PatchGAN((4, 4, 4)), weight=1.0, smoothing=0.1, lr=0.001)


def classification() -> Classification:
    network, average = (LabelClassifier((8, 16), (1, 1), EMOTIONS) for _ in range(2))
    settings = {"lr": 0.003, "weight_decay": 0.0, "clip": 1.0, "ema": 0.9, "smoothing": 0.1}
    learner = Classification(network, average, weights=torch.arange(1.0, 8.0) / 4, **settings)
    learner.bfloat16 = False
    return learner


def what_to_train(kind: str) -> tuple[Learner, TrainingData, Validate, Plan]:
    """Make a learner of drawn faces, from the same seed in every process."""
    images, emotion = draw_faces(FACES, seed=7)
    clean, rows = torch.from_numpy(images[:, np.newaxis]), torch.arange(FACES)
    seed_everything(0)
    if kind == "classification":
        faces = LabelledFaces(clean, torch.from_numpy(emotion).long())
        plan = Plan(epochs=3, warmup=0.1, patience=3, scores=("val_accuracy",))
        data = AugmentedBatches(faces, BATCH_SIZE, seed=0)
        return classification(), data, accuracy_validator(faces, CPU), plan
    pairs = Pairs(clean, NOISE.corrupt(clean, rows, 0), rows)
    batches = Batches(pairs, BATCH_SIZE, seed=0, noise=NOISE, fresh=True, told=False)
    learner = adversarial() if kind == "adversarial" else reconstruction()
    return learner, batches, validator(pairs, NOISE, CPU, told=False), Plan(epochs=3, warmup=0.1)


@dataclass(frozen=True)
class Outcome:
    """What a process knows of a training at its end."""

    losses: list[dict[str, float]]
    history: list[dict[str, float]]
    kept: dict[str, Any]
    state: dict[str, Any]


def first_losses(kind: str) -> list[dict[str, float]]:
    """Log the first ten steps."""
    learner, data, _, _ = what_to_train(kind)
    return [
        mean_over_processes(learner.step(*data.batch(*divmod(step, len(data))), 1.0)) for step in range(10)
    ]


def outcome(kind: str, folder: Path) -> Outcome:
    learner, data, validate, plan = what_to_train(kind)
    if is_first():
        with Checkpoints(folder / kind) as checkpoints:
            progress = Training(learner, data, validate, plan, checkpoints, kind).run()
    else:
        progress = Training(learner, data, validate, plan, None, kind).run()
    return Outcome(first_losses(kind), progress.history, arrays(progress.kept), arrays(learner.state()))


def arrays(state: dict[str, Any]) -> dict[str, Any]:
    """Flatten a state to arrays that can be sent from process to process."""
    flat: dict[str, Any] = {}
    for name, value in state.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": array for inner, array in arrays(value).items()}
        elif isinstance(value, Tensor):
            flat[str(name)] = value.numpy().copy()
    return flat


def outcomes(folder: Path) -> dict[str, Outcome]:
    return {kind: outcome(kind, folder) for kind in KINDS}


def batch_norm_gradients(images: Tensor) -> dict[str, Any]:
    """Run a batch norm forward and backward on this process's share."""
    torch.manual_seed(0)
    network = with_shared_batch_norms(nn.Sequential(nn.BatchNorm2d(3)))
    mine = images[share(len(images))].clone().requires_grad_()
    output = network(mine)
    (output.square() * torch.arange(3)[:, None, None]).sum().backward()
    weight = network[0].weight.grad  # type: ignore[index]
    return {"output": output.detach().numpy(), "gradient": mine.grad.numpy(), "weight": weight.numpy()} | {  # type: ignore[union-attr]
        name: value.numpy() for name, value in network.state_dict().items()
    }


def seen_by_one_of_two(folder: Path, images: Tensor) -> dict[str, Any]:
    torch.set_num_threads(1)
    with group():
        return {
            **outcomes(folder),
            "batch norm": batch_norm_gradients(images),
            "first": in_first(os.getpid),
            "pid": os.getpid(),
            "share": share(BATCH_SIZE),
            "odd": refused(share, BATCH_SIZE + 1),
        }


def refused(function: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(InputError) as caught:
        function(*arguments)
    return str(caught.value)


@pytest.fixture(scope="module")
def images() -> Tensor:
    return 3 * torch.randn(8, 3, 5, 5, generator=torch.Generator().manual_seed(0)) + 1


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, images: Tensor) -> list[dict[str, Any]]:
    """Return what each of two processes saw; they are started once, since that takes seconds."""
    results = in_processes(2, seen_by_one_of_two, tmp_path_factory.mktemp("two"), images)
    return [results[0], results[1]]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    return outcomes(tmp_path_factory.mktemp("one"))


class TestSameTraining:
    @pytest.mark.parametrize("kind", KINDS)
    def test_the_first_ten_losses_are_those_of_one_process(
        self, kind: str, both: list[dict[str, Any]], alone: dict[str, Outcome]
    ) -> None:
        for two in both:
            table, expected = (pd.DataFrame(of.losses) for of in (two[kind], alone[kind]))
            pd.testing.assert_frame_equal(table, expected, rtol=0, atol=1e-4)

    @pytest.mark.parametrize("kind", ["reconstruction", "adversarial"])
    def test_the_result_is_within_a_fiftieth_of_a_decibel(
        self, kind: str, both: list[dict[str, Any]], alone: dict[str, Outcome]
    ) -> None:
        for entry, expected in zip(both[0][kind].history, alone[kind].history, strict=True):
            assert entry["val_psnr"] == pytest.approx(expected["val_psnr"], abs=0.02)

    @pytest.mark.parametrize("kind", KINDS)
    def test_weights_optimisers_and_decisions_are_alike_in_all_processes(
        self, kind: str, both: list[dict[str, Any]], alone: dict[str, Outcome]
    ) -> None:
        first, second = (two[kind] for two in both)
        assert first.state.keys() == alone[kind].state.keys()
        assert first.history == second.history
        np.testing.assert_equal(first.kept, second.kept)
        np.testing.assert_equal(first.state, second.state)


class TestBatchNorm:
    def test_it_is_that_of_the_whole_batch_forward_and_backward(
        self, both: list[dict[str, Any]], images: Tensor
    ) -> None:
        expected = batch_norm_gradients(images)
        for name in ("output", "gradient"):
            joined = np.concatenate([two["batch norm"][name] for two in both])
            np.testing.assert_allclose(joined, expected[name], atol=1e-4)
        for name in ("0.running_mean", "0.running_var", "0.num_batches_tracked"):
            for two in both:
                np.testing.assert_allclose(two["batch norm"][name], expected[name], rtol=1e-5)
        # Each process holds its part of a parameter's gradient; the wrapped network adds them up.
        together = sum(two["batch norm"]["weight"] for two in both)
        np.testing.assert_allclose(together, expected["weight"], rtol=1e-4)


class TestGroup:
    def test_each_takes_its_part_of_a_batch(self, both: list[dict[str, Any]]) -> None:
        assert [two["share"] for two in both] == [slice(0, 8), slice(8, 16)]
        assert share(BATCH_SIZE) == slice(0, 16)

    def test_a_batch_that_cannot_be_shared_evenly_is_refused(self, both: list[dict[str, Any]]) -> None:
        words = "2 processes cannot share a batch of 17 evenly; "
        assert all(two["odd"].startswith(words) for two in both)

    def test_all_get_what_the_first_has_found(self, both: list[dict[str, Any]]) -> None:
        assert [two["first"] for two in both] == [both[0]["pid"]] * 2
        assert both[0]["pid"] != both[1]["pid"]

    def test_a_single_process_is_the_first_and_wraps_nothing(self) -> None:
        network = LabelClassifier((4,), (1,), EMOTIONS)
        assert is_first()
        assert distributed.synchronised(network) is network
        assert not any(
            isinstance(module, SharedBatchNorm) for module in with_shared_batch_norms(network).modules()
        )
        assert mean_over_processes({"loss": torch.tensor(0.5)}) == {"loss": 0.5}


class TestGPU:
    """What holds without one."""

    def test_each_process_of_a_machine_takes_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        assert training_device() == torch.device("cuda", 0)
        monkeypatch.setenv("LOCAL_RANK", "3")
        assert training_device() == torch.device("cuda", 3)

    def test_more_processes_than_gpus_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
        monkeypatch.setenv("FACEDENOISE_PROCESSES", "2")
        assert process_count() == 2
        monkeypatch.setenv("FACEDENOISE_PROCESSES", "3")
        assert refused(process_count).endswith("3 processes need as many GPUs, and there are 2")


@pytest.fixture
def two(long_training: Clone, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Return the tiny clone with a training of some seconds, in two processes."""
    monkeypatch.setitem(long_training.environment, "FACEDENOISE_PROCESSES", "2")
    return long_training


@pytest.fixture
def endless_two(endless_training: Clone, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """Return the tiny clone with a training that only the test ends, in two processes."""
    monkeypatch.setitem(endless_training.environment, "FACEDENOISE_PROCESSES", "2")
    return endless_training


def trainers(process: subprocess.Popen[str]) -> list[int]:
    """List the processes that train for a launcher, the first first."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    lines = {int(pid): Path(f"/proc/{pid}/cmdline").read_text() for pid in children}
    return [pid for pid, line in lines.items() if "spawn_main" in line]


def are_gone(pids: list[int], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while any(running(pid) for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def errors(output: str) -> list[str]:
    """Return all lines but those of the training itself."""
    lines = [line for line in re.split(r"[\r\n]+", output) if line.strip()]
    return [line for line in lines if not re.match(r"train@|epoch \d|\s*$", line)]


class TestStage:
    @pytest.mark.parametrize(("before", "after"), [("2", "1"), ("1", "2")])
    def test_killed_it_goes_on_with_another_number_of_processes(
        self, two: Clone, before: str, after: str
    ) -> None:
        two.environment["FACEDENOISE_PROCESSES"] = before
        process = start(two, *U_NET.command)
        wait_for_epochs(two, process, 3)
        pids = trainers(process)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert are_gone(pids)
        two.environment["FACEDENOISE_PROCESSES"] = after
        output = two.run(*U_NET.command)
        assert "epoch 1 " not in output
        assert f"epoch {EPOCHS} " in output
        assert len(pd.read_csv(two.folder / U_NET.outs[1])) == EPOCHS

    @pytest.mark.parametrize("killed", [0, 1])
    def test_a_process_that_dies_ends_all_with_one_line(self, endless_two: Clone, killed: int) -> None:
        process = start(endless_two, *U_NET.command)
        wait_for_epochs(endless_two, process, 1)
        pids = trainers(process)
        os.kill(pids[killed], signal.SIGKILL)
        output, _ = process.communicate(timeout=20)
        assert process.returncode == 1
        (line,) = errors(output)
        assert line.startswith("error: a process of the training died (")
        assert line.endswith("run again, and it goes on where it was")
        assert are_gone(pids)

    @pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
    def test_interrupted_all_end_at_once(self, endless_two: Clone, stop: signal.Signals) -> None:
        process = start(endless_two, *U_NET.command)
        wait_for_epochs(endless_two, process, 1)
        pids = trainers(process)
        os.killpg(process.pid, stop) if stop == signal.SIGINT else process.send_signal(stop)
        output, _ = process.communicate(timeout=10)
        assert process.returncode == 1
        assert errors(output) == ["interrupted"]
        assert are_gone(pids)

    def test_a_second_trainer_refuses_to_start_and_a_killed_launcher_leaves_none(
        self, endless_two: Clone
    ) -> None:
        process = start(endless_two, *U_NET.command)
        wait_for_epochs(endless_two, process, 1)
        pids = trainers(process)
        assert len(pids) == 2
        (line,) = errors(endless_two.run(*U_NET.command, status=1))
        assert "already running in another process" in line
        process.kill()
        assert are_gone(pids)
        process.communicate()

    @pytest.mark.parametrize(
        ("processes", "params", "words"),
        [
            ("2", "train.batch_size=5", "2 processes cannot share a batch of 5 evenly"),
            ("0", "train.batch_size=4", "FACEDENOISE_PROCESSES: '0' is not a number of processes, from 1"),
        ],
    )
    def test_what_is_wrong_is_told_once_in_one_line(
        self, two: Clone, processes: str, params: str, words: str
    ) -> None:
        two.environment["FACEDENOISE_PROCESSES"] = processes
        two.set(params)
        (line,) = errors(two.run(*U_NET.command, status=1))
        assert line.startswith("error: ")
        assert words in line


def test_two_hosts_meet_as_the_page_says_and_dvc_finds_their_training(two: Clone) -> None:
    two.environment.pop("FACEDENOISE_PROCESSES")
    (together,), (tell_dvc,) = (
        commands(block) for block in blocks("docs/many-machines.md", "Several hosts", "bash")
    )
    here = together.replace("$HOST:29500", f"localhost:{free_port()}").replace("=8", "=1").split()
    hosts = [start(two, *here) for _ in range(2)]
    outputs = [host.communicate(timeout=100)[0] for host in hosts]
    assert [host.returncode for host in hosts] == [0, 0], outputs
    assert sum(f"epoch {EPOCHS} " in output for output in outputs) == 1
    trained = (two.folder / U_NET.outs[0]).read_bytes()
    assert "epoch" not in two.run(*tell_dvc.split())
    assert (two.folder / U_NET.outs[0]).read_bytes() == trained


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("localhost", 0))
        return int(listening.getsockname()[1])
