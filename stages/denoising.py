"""What the trainings of a task's U-Net and of its GAN have in common."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from facedenoise.images.tensors import read_tensors
from facedenoise.models import KIND
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.device import placed, training_device
from facedenoise.models.inputs import TaskNoise
from facedenoise.models.weights import load_weights
from facedenoise.params import Gan, GanTask, Params, Train, TrainTask
from facedenoise.training.batches import Batches, Pairs
from facedenoise.training.loop import Learner, Plan, Progress, seed_everything
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.validation import validator
from stages.paths import history_file, noisy_file, split_file
from stages.training import train


@dataclass(frozen=True)
class DenoiserTraining:
    """A training of a task: `section` has what the tasks share, `own` has what they do not.

    The networks start from the weights `starts`; those of the denoiser are the first.
    """

    params: Params
    task: str
    section: Train | Gan
    own: TrainTask | GanTask
    starts: list[Path]

    def denoiser(self, *, muon: float = 0.0) -> Reconstruction:
        """Make the learner of the denoiser, from the weights that it starts from; `muon` as in `Descent`."""
        seed_everything(self.section.seed)
        settings, device = self._network_settings(), training_device()
        network, average = (placed(AttentionUNet(**settings), device) for _ in range(2))
        load_weights(network, self.starts[0])
        return Reconstruction(
            network,
            average,
            lr=self.own.lr,
            weight_decay=self.params.train.weight_decay,
            clip=self.section.clip,
            ema=self.section.ema,
            muon=muon,
        )

    def run(self, stage: str, learner: Learner, plan: Plan, model: str) -> Progress:
        """Train on the task's pairs; judge on its validation pairs."""
        print(f"{stage}@{self.task} starts from {', '.join(map(str, self.starts))}")
        params, task = self.params, self.params.tasks[self.task]
        splits = ("train", "val")
        pairs = [*map(split_file, splits), *(noisy_file(self.task, split) for split in splits)]
        return train(
            f"{stage}@{self.task}",
            learner,
            self.batches(),
            validator(self._pairs("val"), self.noise, training_device(), told=self.params.model.level),
            plan,
            settings=[params.model, params.noise, params.train, self.section, task.noise, self.own],
            inputs=[*pairs, *self.starts],
            history=history_file(self.task, model),
        )

    @property
    def noise(self) -> TaskNoise:
        """The task's noise."""
        return TaskNoise(self.params.tasks[self.task].noise, self.params.noise.seed, self.task)

    def batches(self) -> Batches:
        """Return the training batches."""
        pairs, section = self._pairs("train"), self.section
        fresh = self.params.train.fresh_noise and self.noise.noise.given is None
        settings = {"fresh": fresh, "told": self.params.model.level}
        return Batches(pairs, section.batch_size, section.seed, self.noise, **settings)

    def description(self, model: str) -> dict[str, Any]:
        """Return what the weights file of a denoiser says of it: enough to rebuild it, and its noise."""
        noise = {"seed": self.params.noise.seed, **self.params.tasks[self.task].noise.entry()}
        return {KIND: self._network_settings(), "task": self.task, "model": model, "params": {"noise": noise}}

    def _network_settings(self) -> dict[str, Any]:
        keeps = self.params.tasks[self.task].noise.keeps_unsaturated
        channels = self.params.data.channels
        return {**asdict(self.params.model), "channels": channels, "keep_unsaturated": keeps}

    def _pairs(self, split: str) -> Pairs:
        clean, noisy = read_tensors(split_file(split)), read_tensors(noisy_file(self.task, split))
        return Pairs(clean["images"], noisy["images"], clean["row"])
