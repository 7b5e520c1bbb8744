"""The loop that all trainings share: epochs of batches, validation, the best weights, resuming."""

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from facedenoise.errors import InputError
from facedenoise.progress import progress_bar
from facedenoise.training.ahead import Place, TrainingData, batches_ahead
from facedenoise.training.checkpoints import Checkpoints
from facedenoise.training.distributed import in_first, is_first, mean_over_processes
from facedenoise.training.schedule import rate_factor

Validate = Callable[[nn.Module], dict[str, float]]
"""Scores a network; the score that `Plan.scores` names first decides."""

Rows = list[dict[str, float]]
"""A history: one row per epoch, and a last row for an epoch that is running."""

Batches = Iterator[tuple[Tensor, Tensor]]
"""Inputs and targets, step by step."""

WATCH_SECONDS = 10.0  # between two looks at a running epoch


class Learner(Protocol):
    """The networks of a `Training` with their optimisers, on a device."""

    device: torch.device

    def step(self, inputs: Tensor, targets: Tensor, factor: float, /) -> dict[str, Tensor]:
        """Learn from a batch with the learning rate times `factor`; return the scalars to log."""

    def rate(self, factor: float) -> float:
        """Return the learning rate, for the history."""

    def averaged(self) -> nn.Module:
        """Return the network with the averaged weights, which is validated and kept."""

    def state(self) -> dict[str, Any]:
        """Return everything that `restore` needs to go on as if nothing had happened."""

    def restore(self, state: dict[str, Any]) -> None:
        """Take a state that `state` returned."""


@dataclass(frozen=True)
class Plan:
    """How long to train.

    Attributes
    ----------
    epochs : int
        The largest number of epochs.
    warmup : float
        Share of the steps in which the learning rate rises.
    patience : int or None
        Stop after this many epochs without a better score, and keep the best weights.
        None: train to the end and keep the last weights.
    scores : tuple of str, default ("val_psnr", "val_ssim")
        The names of the validation's scores. The first decides which weights are the best; higher is better.
    """

    epochs: int
    warmup: float
    patience: int | None = None
    scores: tuple[str, ...] = ("val_psnr", "val_ssim")


@dataclass
class Progress:
    """How far a training has come.

    Attributes
    ----------
    epoch, step : int
        The next step's epoch, and its place in it.
    sums : dict of str to float
        The scalars that this epoch has logged, summed over its steps.
    history : list of dict
        One entry per finished epoch.
    kept : dict of str to Tensor
        The weights to keep: the best so far, or the last.
    kept_score : float
        Their score.
    stale : int
        Epochs since `kept` changed.
    """

    epoch: int = 0
    step: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    history: Rows = field(default_factory=list)
    kept: dict[str, Tensor] = field(default_factory=dict)
    kept_score: float = float("-inf")
    stale: int = 0

    def means(self) -> dict[str, float]:
        """Return the scalars that this epoch has logged, averaged over its steps."""
        return {name: total / self.step for name, total in self.sums.items()}


def unwatched(rows: Rows) -> None:
    """Do nothing with a history."""


@dataclass(frozen=True)
class Training:
    """A training to run, or to go on with.

    Attributes
    ----------
    learner : Learner
        Freshly made; its state is replaced by the saved one if there is one.
    batches : TrainingData
        The training data.
    validate : callable
        Scores the judged network after each epoch.
    plan : Plan
        How long to train.
    checkpoints : Checkpoints or None
        Where the state is saved after every epoch and at least every minute; its context is already entered.
        None in all processes but the first.
    title : str
        For the progress bar.
    watch : callable
        Gets the history so far when a training goes on, after every epoch, and every `WATCH_SECONDS` within
        an epoch. The row of a running epoch has a fractional number, the means so far, and NaN as scores.
    """

    learner: Learner
    batches: TrainingData
    validate: Validate
    plan: Plan
    checkpoints: Checkpoints | None
    title: str
    watch: Callable[[Rows], None] = unwatched

    def run(self) -> Progress:
        """Train to the end of the plan; return the history and the weights to keep."""
        progress = self._resumed()
        batches = batches_ahead(
            self.batches, self._places(progress.epoch, progress.step), self.learner.device
        )
        while not self._is_finished(progress):
            self._run_epoch(progress, batches)
            self._close_epoch(progress)
            self._save(progress)
            self.watch(progress.history)
        return progress

    def _resumed(self) -> Progress:
        saved = in_first(lambda: self.checkpoints.load() if self.checkpoints else None)
        if saved is None:
            return Progress()
        self.learner.restore(saved["learner"])
        progress = Progress(**saved["progress"])
        self.watch(self._rows(progress))
        return progress

    def _save(self, progress: Progress) -> None:
        if self.checkpoints:
            self.checkpoints.save({"learner": self.learner.state(), "progress": asdict(progress)})

    def _is_finished(self, progress: Progress) -> bool:
        patience = self.plan.patience
        return progress.epoch >= self.plan.epochs or (patience is not None and progress.stale >= patience)

    def _places(self, epoch: int, step: int) -> Iterator[Place]:
        steps = len(self.batches)
        return (divmod(taken, steps) for taken in range(epoch * steps + step, self.plan.epochs * steps))

    def _factor(self, epoch: int, step: int) -> float:
        steps = len(self.batches)
        return rate_factor(epoch * steps + step, self.plan.epochs * steps, self.plan.warmup)

    def _run_epoch(self, progress: Progress, batches: Batches) -> None:
        steps = len(self.batches)
        title = f"{self.title} {progress.epoch + 1}/{self.plan.epochs}"
        watched_at = time.monotonic()
        with progress_bar(
            total=steps, initial=progress.step, desc=title, unit="batch", disable=not is_first()
        ) as bar:
            while progress.step < steps:
                self._run_step(progress, *next(batches))
                bar.set_postfix(progress.means(), refresh=False)
                bar.update()
                if self.checkpoints and self.checkpoints.due():
                    self._save(progress)
                if time.monotonic() - watched_at >= WATCH_SECONDS:
                    self.watch(self._rows(progress))
                    watched_at = time.monotonic()

    def _run_step(self, progress: Progress, inputs: Tensor, targets: Tensor) -> None:
        logged = self.learner.step(inputs, targets, self._factor(progress.epoch, progress.step))
        for name, value in mean_over_processes(logged).items():
            self._require_finite(name, value, progress.epoch)
            progress.sums[name] = progress.sums.get(name, 0.0) + value
        progress.step += 1

    def _require_finite(self, name: str, value: float, epoch: int) -> None:
        if not math.isfinite(value):
            raise InputError(
                f"{self.title}: {name} became {value} in epoch {epoch + 1}; lower the learning rate"
            )

    def _rows(self, progress: Progress) -> Rows:
        if progress.step == 0:
            return progress.history
        epoch = progress.epoch + progress.step / len(self.batches)
        return [*progress.history, self._row(epoch, dict.fromkeys(self.plan.scores, math.nan), progress)]

    def _row(self, epoch: float, scores: dict[str, float], progress: Progress) -> dict[str, float]:
        rate = self.learner.rate(self._factor(progress.epoch, progress.step - 1))
        return {"epoch": epoch, **progress.means(), **scores, "lr": rate}

    def _close_epoch(self, progress: Progress) -> None:
        network = self._averaged(progress.epoch)
        scores = in_first(lambda: self.validate(network))
        self._keep(scores[self.plan.scores[0]], progress)
        progress.history.append(self._row(progress.epoch + 1, scores, progress))
        progress.epoch, progress.step, progress.sums = progress.epoch + 1, 0, {}
        print(" ".join(f"{name} {value:.5g}" for name, value in progress.history[-1].items()), flush=True)  # noqa: T201

    def _averaged(self, epoch: int) -> nn.Module:
        """Return the averaged network, and check it: no loss of the epoch has seen its last update."""
        network = self.learner.averaged()
        norm = nn.utils.get_total_norm(network.parameters())
        self._require_finite("the norm of the weights", norm.item(), epoch)
        return network

    def _keep(self, score: float, progress: Progress) -> None:
        if self.plan.patience is not None and score <= progress.kept_score:
            progress.stale += 1
            return
        progress.kept = cpu_state(self.learner.averaged())
        progress.kept_score, progress.stale = score, 0


def cpu_state(network: nn.Module) -> dict[str, Tensor]:
    """Copy a network's state to main memory."""
    return {name: value.detach().to("cpu", copy=True) for name, value in network.state_dict().items()}


def seed_everything(seed: int) -> None:
    """Seed the initial weights, and use only algorithms that return the same bytes each time."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS may not be deterministic
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(mode=True)
    # This mode also fills all fresh memory, which costs time; nothing here reads memory before it is written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
