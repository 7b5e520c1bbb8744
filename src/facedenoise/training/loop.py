"""The loop that all trainings share: epochs of batches, validation, the best weights, resuming."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from tqdm import tqdm

from facedenoise.training.batches import Batches
from facedenoise.training.checkpoints import Checkpoints
from facedenoise.training.schedule import rate_factor

Validate = Callable[[nn.Module], dict[str, float]]
"""Scores a network; the score `val_psnr` decides."""


class Learner(Protocol):
    """What `fit` trains."""

    def step(self, noisy: Tensor, clean: Tensor, factor: float) -> dict[str, float]:
        """Learn from a batch with the learning rate times `factor`; give what to log."""

    def rate(self, factor: float) -> float:
        """Give the learning rate, for the history."""

    def judged(self) -> nn.Module:
        """Give the network that is validated and kept."""

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
        Stop after so many epochs without a better validation PSNR, and keep the best weights.
        None: train to the end and keep the last.
    """

    epochs: int
    warmup: float
    patience: int | None = None


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
    kept_psnr : float
        Their validation PSNR in dB.
    stale : int
        Epochs since `kept` changed.
    """

    epoch: int = 0
    step: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    kept: dict[str, Tensor] = field(default_factory=dict)
    kept_psnr: float = float("-inf")
    stale: int = 0


def fit(
    learner: Learner, batches: Batches, validate: Validate, plan: Plan, checkpoints: Checkpoints, title: str
) -> Progress:
    """Train, or go on training, to the end of the plan.

    Parameters
    ----------
    learner : Learner
        Freshly made; its state is replaced by the saved one if there is one.
    batches : Batches
        The training data.
    validate : callable
        Scores the judged network after each epoch.
    plan : Plan
        How long.
    checkpoints : Checkpoints
        Entered; where the state is saved after every epoch and at least every minute.
    title : str
        For the progress bar.

    Returns
    -------
    Progress
        With the history and the weights to keep.
    """
    progress = _resume(learner, checkpoints)
    while not _finished(progress, plan):
        _run_epoch(learner, batches, plan, progress, checkpoints, f"{title} {progress.epoch + 1}/{plan.epochs}")
        _close_epoch(learner, batches, validate, plan, progress)
        _save(learner, progress, checkpoints)
    return progress


def _resume(learner: Learner, checkpoints: Checkpoints) -> Progress:
    saved = checkpoints.load()
    if saved is None:
        return Progress()
    learner.restore(saved["learner"])
    return Progress(**saved["progress"])


def _save(learner: Learner, progress: Progress, checkpoints: Checkpoints) -> None:
    checkpoints.save({"learner": learner.state(), "progress": asdict(progress)})


def _finished(progress: Progress, plan: Plan) -> bool:
    return progress.epoch >= plan.epochs or (plan.patience is not None and progress.stale >= plan.patience)


def _run_epoch(
    learner: Learner, batches: Batches, plan: Plan, progress: Progress, checkpoints: Checkpoints, title: str
) -> None:
    steps = len(batches)
    bar = tqdm(total=steps, initial=progress.step, desc=title, unit="batch", leave=False)
    with bar:
        while progress.step < steps:
            factor = rate_factor(progress.epoch * steps + progress.step, plan.epochs * steps, plan.warmup)
            logged = learner.step(*batches.batch(progress.epoch, progress.step), factor)
            for name, value in logged.items():
                progress.sums[name] = progress.sums.get(name, 0.0) + value
            progress.step += 1
            bar.set_postfix({name: f"{total / progress.step:.4f}" for name, total in progress.sums.items()})
            bar.update()
            if checkpoints.due():
                _save(learner, progress, checkpoints)


def _close_epoch(learner: Learner, batches: Batches, validate: Validate, plan: Plan, progress: Progress) -> None:
    steps = len(batches)
    means = {name: total / steps for name, total in progress.sums.items()}
    scores = validate(learner.judged())
    factor = rate_factor((progress.epoch + 1) * steps - 1, plan.epochs * steps, plan.warmup)
    progress.history.append({"epoch": progress.epoch + 1, **means, **scores, "lr": learner.rate(factor)})
    _keep(learner.judged(), scores["val_psnr"], plan, progress)
    progress.epoch, progress.step, progress.sums = progress.epoch + 1, 0, {}
    print(" ".join(f"{name} {value:.5g}" for name, value in progress.history[-1].items()), flush=True)  # noqa: T201


def _keep(network: nn.Module, psnr: float, plan: Plan, progress: Progress) -> None:
    if plan.patience is not None and psnr <= progress.kept_psnr:
        progress.stale += 1
        return
    progress.kept = cpu_state(network)
    progress.kept_psnr, progress.stale = psnr, 0


def cpu_state(network: nn.Module) -> dict[str, Tensor]:
    """Copy a network's state to main memory."""
    return {name: value.detach().to("cpu", copy=True) for name, value in network.state_dict().items()}


def seed_everything(seed: int) -> None:
    """Seed the initial weights, and ask for algorithms that give the same bytes each time."""
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(mode=True)
