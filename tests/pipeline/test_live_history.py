"""The history of a training that is still running: what is in it, and that DVC's plots can read it."""

import json
import math
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from clones import make_clone
from torch import Tensor

from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.inputs import TaskNoise
from facedenoise.noise.gaussian import Gaussian
from facedenoise.training.batches import Batches, Pairs
from facedenoise.training.checkpoints import Checkpoints
from facedenoise.training.loop import Plan, Rows, Training, seed_everything
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.validation import validator
from stages.training import write_history

STEPS = 4
NOISE = TaskNoise(Gaussian(std=0.4, factor=0.3), seed=0, task="high_gaussian")
HEADER = ["epoch", "loss", "val_psnr", "val_ssim", "lr"]


class Stopped(BaseException):
    """Stands in for a kill."""


class Watcher:
    """Notes all that it is shown; stops the training when it is shown this epoch."""

    def __init__(self, stop_at: float = math.inf) -> None:
        self.shown: list[Rows] = []
        self.stop_at = stop_at

    def __call__(self, rows: Rows) -> None:
        self.shown.append(list(rows))
        if rows[-1]["epoch"] == self.stop_at:
            raise Stopped

    def epochs(self) -> list[list[float]]:
        return [[row["epoch"] for row in rows] for rows in self.shown]


@pytest.fixture
def at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facedenoise.training.loop.WATCH_SECONDS", 0.0)
    monkeypatch.setattr("facedenoise.training.checkpoints.EVERY_SECONDS", 0.0)


@pytest.fixture(scope="module")
def pairs(drawn: Tensor) -> Pairs:
    rows = torch.arange(16 * STEPS)
    return Pairs(drawn, NOISE.corrupt(drawn, rows, 0), rows)


def training(pairs: Pairs, checkpoints: Checkpoints) -> partial[Training]:
    seed_everything(0)
    network, average = (AttentionUNet((4, 8), (1, 1)) for _ in range(2))
    learner = Reconstruction(network, average, lr=0.003, weight_decay=0.0, clip=1.0, ema=0.9)
    batches = Batches(pairs, 16, 0, NOISE, fresh=False, told=False)
    validate = validator(pairs, NOISE, torch.device("cpu"), told=False)
    return partial(Training, learner, batches, validate, Plan(2, 0.1), checkpoints, "test")


@pytest.mark.usefixtures("at_every_step")
def test_a_running_epoch_is_a_last_row_with_a_fractional_number(pairs: Pairs, tmp_path: Path) -> None:
    watcher = Watcher()
    with Checkpoints(tmp_path) as checkpoints:
        training(pairs, checkpoints)(watcher).run()
    first, second = [[0.25], [0.5], [0.75], [1]], [[1, 1.25], [1, 1.5], [1, 1.75], [1, 2]]
    assert watcher.epochs() == [*first, [1], *second, [1, 2]]
    partial_rows = [rows[-1] for rows in watcher.shown if rows[-1]["epoch"] % 1]
    assert all(list(row) == HEADER for row in partial_rows)
    assert all(math.isnan(row["val_psnr"]) and math.isnan(row["val_ssim"]) for row in partial_rows)
    assert all(-30 < row["loss"] < -20 for row in partial_rows)  # minus the PSNR


def test_within_an_epoch_nothing_is_shown_before_its_time(pairs: Pairs, tmp_path: Path) -> None:
    watcher = Watcher()
    with Checkpoints(tmp_path) as checkpoints:
        training(pairs, checkpoints)(watcher).run()
    assert watcher.epochs() == [[1], [1, 2]]


@pytest.mark.usefixtures("at_every_step")
def test_a_resumed_training_shows_at_once_what_it_had(pairs: Pairs, tmp_path: Path) -> None:
    killed, resumed = Watcher(stop_at=1.5), Watcher()
    for watcher in (killed, resumed):
        with Checkpoints(tmp_path) as checkpoints:
            try:
                training(pairs, checkpoints)(watcher).run()
            except Stopped:
                continue
    assert pd.DataFrame(resumed.shown[0]).equals(pd.DataFrame(killed.shown[-1]))
    assert resumed.epochs()[1] == [1, 1.75]


@pytest.mark.usefixtures("at_every_step")
def test_the_final_file_has_whole_epochs_only_however_often_it_was_written(
    pairs: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in (("often", 0.0), ("seldom", math.inf)):
        monkeypatch.setattr("facedenoise.training.loop.WATCH_SECONDS", seconds)
        with Checkpoints(tmp_path / name) as checkpoints:
            training(pairs, checkpoints)(partial(write_history, tmp_path / f"{name}.csv")).run()
    assert (tmp_path / "often.csv").read_bytes() == (tmp_path / "seldom.csv").read_bytes()
    table = pd.read_csv(tmp_path / "often.csv")
    assert list(table) == HEADER
    assert table["epoch"].tolist() == [1, 2]
    assert table.notna().all(axis=None)


def test_the_plots_of_dvc_leave_out_what_a_running_epoch_has_not_got(tmp_path: Path) -> None:
    clone = make_clone(tmp_path)
    clone.run("dvc", "config", "core.analytics", "false")
    history = "reports/history/{}/unet.csv"
    whole = {"epoch": 1, "loss": 0.02, "val_psnr": 30.0, "val_ssim": 0.9, "lr": 0.001}
    running = {**whole, "val_psnr": math.nan, "val_ssim": math.nan}
    write_history(tmp_path / history.format("low_gaussian"), [whole, {**running, "epoch": 1.35}])
    write_history(tmp_path / history.format("high_gaussian"), [{**running, "epoch": 0.35}])
    output = clone.run("dvc", "plots", "show", "--json")
    shown = json.loads(output[output.index("{") :].splitlines()[0])
    assert {error["type"] for error in shown["errors"]} <= {"FileNotFoundError"}, "of tasks not yet begun"
    assert values(shown["data"], "low_gaussian")[0] == 30
    running_ones = [*values(shown["data"], "low_gaussian")[1:], *values(shown["data"], "high_gaussian")]
    assert len(running_ones) == 2
    assert all(math.isnan(psnr) for psnr in running_ones), "Vega draws an empty text as 0, and NaN not at all"


def values(plots: dict[str, Any], task: str) -> list[float]:
    [plot] = plots[f"reports/history/{task}/unet.csv"]
    return [float(point["val_psnr"]) for point in plot["content"]["data"]["values"]]
