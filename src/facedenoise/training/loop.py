"""The loop that all trainings share: epochs of batches, validation, the best weights, resuming."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from tqdm import tqdm

from facedenoise.errors import InputError
from facedenoise.training.checkpoints import Checkpoints
from facedenoise.training.schedule import rate_factor

Validate = Callable[[nn.Module], dict[str, float]]
"""Scores a network; the score that `Plan.score` names decides."""


class TrainingData(Protocol):
    """What a `Training` learns from."""

    def __len__(self) -> int:
        """Count the steps of an epoch."""

    def batch(self, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        """Give the inputs and targets of a step: always the same for the same (epoch, step)."""


class Learner(Protocol):
    """What a `Training` trains."""

    def step(self, inputs: Tensor, targets: Tensor, factor: float, /) -> dict[str, float]:
        """Learn from a batch with the learning rate times `factor`; give what to log."""

    def rate(self, factor: float) -> float:
        """Give the learning rate, for the history."""

    def averaged(self) -> nn.Module:
        """Give the network, with its averaged weights, that is validated and kept."""

    def state(self) -> dict[str, Any]:
        """Give everything that `restore` needs to go on as if nothing had happened."""

    def restore(self, state: dict[str, Any]) -> None:
        """Take a state that `state` gave."""


@dataclass(frozen=True)
class Plan:
    """How long to train.

    Attributes
    ----------
    epochs : int
        At most so many.
    warmup : float
        Share of the steps in which the learning rate rises.
    patience : int or None
        Stop after so many epochs without a better score, and keep the best weights.
        None: train to the end and keep the last.
    score : str, default "val_psnr"
        The validation score that decides which weights are the best; higher is better.
    """

    epochs: int
    warmup: float
    patience: int | None = None
    score: str = "val_psnr"


@dataclass
class Progress:
    """Where a training stands.

    Attributes
    ----------
    epoch, step : int
        The next step's epoch, and its place in it.
    sums : dict of str to float
        What this epoch has logged so far, summed over its steps.
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
    history: list[dict[str, float]] = field(default_factory=list)
    kept: dict[str, Tensor] = field(default_factory=dict)
    kept_score: float = float("-inf")
    stale: int = 0


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
        How long.
    checkpoints : Checkpoints
        Entered; where the state is saved after every epoch and at least every minute.
    title : str
        For the progress bar.
    """

    learner: Learner
    batches: TrainingData
    validate: Validate
    plan: Plan
    checkpoints: Checkpoints
    title: str

    def run(self) -> Progress:
        """Train to the end of the plan; give the history and the weights to keep."""
        progress = self._resumed()
        while not self._is_finished(progress):
            self._run_epoch(progress)
            self._close_epoch(progress)
            self._save(progress)
        return progress

    def _resumed(self) -> Progress:
        saved = self.checkpoints.load()
        if saved is None:
            return Progress()
        self.learner.restore(saved["learner"])
        return Progress(**saved["progress"])

    def _save(self, progress: Progress) -> None:
        self.checkpoints.save({"learner": self.learner.state(), "progress": asdict(progress)})

    def _is_finished(self, progress: Progress) -> bool:
        patience = self.plan.patience
        return progress.epoch >= self.plan.epochs or (patience is not None and progress.stale >= patience)

    def _factor(self, epoch: int, step: int) -> float:
        steps = len(self.batches)
        return rate_factor(epoch * steps + step, self.plan.epochs * steps, self.plan.warmup)

    def _run_epoch(self, progress: Progress) -> None:
        steps = len(self.batches)
        title = f"{self.title} {progress.epoch + 1}/{self.plan.epochs}"
        with tqdm(total=steps, initial=progress.step, desc=title, unit="batch", leave=False) as bar:
            while progress.step < steps:
                self._run_step(progress)
                bar.set_postfix(
                    {name: f"{total / progress.step:.4f}" for name, total in progress.sums.items()}
                )
                bar.update()
                if self.checkpoints.due():
                    self._save(progress)

    def _run_step(self, progress: Progress) -> None:
        inputs, targets = self.batches.batch(progress.epoch, progress.step)
        logged = self.learner.step(inputs, targets, self._factor(progress.epoch, progress.step))
        for name, value in logged.items():
            self._require_finite(name, value, progress.epoch)
            progress.sums[name] = progress.sums.get(name, 0.0) + value
        progress.step += 1

    def _require_finite(self, name: str, value: float, epoch: int) -> None:
        if not math.isfinite(value):
            raise InputError(
                f"{self.title}: {name} became {value} in epoch {epoch + 1}; lower the learning rate"
            )

    def _close_epoch(self, progress: Progress) -> None:
        means = {name: total / progress.step for name, total in progress.sums.items()}
        scores = self.validate(self._averaged(progress.epoch))
        rate = self.learner.rate(self._factor(progress.epoch, progress.step - 1))
        self._keep(scores[self.plan.score], progress)
        progress.epoch, progress.step, progress.sums = progress.epoch + 1, 0, {}
        progress.history.append({"epoch": progress.epoch, **means, **scores, "lr": rate})
        print(" ".join(f"{name} {value:.5g}" for name, value in progress.history[-1].items()), flush=True)  # noqa: T201

    def _averaged(self, epoch: int) -> nn.Module:
        """Give the averaged network; the loss of an epoch's last step is from before its update."""
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
    """Seed the initial weights, and ask for algorithms that give the same bytes each time."""
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(mode=True)
    # This mode also fills all fresh memory, which costs time and which nothing here reads.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
