"""Train the classifier of labels: its faces, their augmentation, the learner and its validation."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from facedenoise.classifier.batch_norm import with_shared_batch_norms
from facedenoise.classifier.prediction import predict
from facedenoise.classifier.scores import accuracies
from facedenoise.images.tensors import NO_LABEL, to_float
from facedenoise.training.descent import Descent
from facedenoise.training.distributed import share
from facedenoise.training.loop import Validate
from facedenoise.training.randomness import batch_places, step_generator

PIECE = 256  # faces in memory at a time: whole batches of `predict`
WINDOW = 5 / 6  # the share of a face's side that a training step sees: 40 of 48 px


@dataclass(frozen=True)
class LabelledFaces:
    """The faces of a split whose label is known; the others are passed over.

    Attributes
    ----------
    images : Tensor
        uint8, shape (N, C, H, W), also of the others.
    label : Tensor
        int64, shape (N,): codes from 0, or `NO_LABEL`.
    """

    images: Tensor
    label: Tensor

    @cached_property
    def known(self) -> Tensor:
        """The places of the faces: int64, shape (n,)."""
        return (self.label != NO_LABEL).nonzero().flatten()

    @property
    def known_label(self) -> Tensor:
        """The codes of their labels: int64, shape (n,)."""
        return self.label[self.known]

    def __len__(self) -> int:
        """Count the faces."""
        return len(self.known)


@dataclass(frozen=True)
class AugmentedBatches:
    """Shuffled batches of windows of the faces, at random places, mirrored with probability 1/2.

    Parameters
    ----------
    faces : LabelledFaces
        The training split.
    batch_size : int
        Faces in a batch. The last faces of an epoch are left out if they do not fill a batch.
    seed : int
        Seed of the order, the windows and the mirroring.
    """

    faces: LabelledFaces
    batch_size: int
    seed: int

    def __len__(self) -> int:
        """Count the steps of an epoch."""
        return max(1, len(self.faces) // self.batch_size)

    def batch(self, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        """Return this process's share: windows, float32 in [0, 1], (n, C, h, w), and labels, int64 (n,)."""
        places = batch_places(self.seed, epoch, step, size=self.batch_size, count=len(self.faces))
        chosen = self.faces.known[places]
        windows = augmented(self.faces.images[chosen], step_generator(self.seed, epoch, step))
        mine = share(len(chosen))
        return to_float(windows[mine]), self.faces.label[chosen[mine]]


def augmented(images: Tensor, generator: np.random.Generator) -> Tensor:
    """Cut a window at a random place out of each image; mirror it with probability 1/2.

    Parameters
    ----------
    images : Tensor
        Any dtype, shape (N, C, H, W).
    generator : numpy Generator
        Where the random numbers come from.

    Returns
    -------
    Tensor
        Same dtype, shape (N, C, round(WINDOW * H), round(WINDOW * W)).
    """
    count, channels, height, width = images.shape
    rows, columns = (_windows(side, count, generator) for side in (height, width))
    mirrored = torch.from_numpy(generator.random(count) < 1 / 2)
    columns[mirrored] = columns[mirrored].flip(1)
    numbers, planes = torch.arange(count)[:, None, None, None], torch.arange(channels)[:, None, None]
    return images[numbers, planes, rows[:, None, :, None], columns[:, None, None, :]]


def _windows(side: int, count: int, generator: np.random.Generator) -> Tensor:
    """Return the positions along one side of windows at random places: (count, window)."""
    window = round(WINDOW * side)
    first = torch.from_numpy(generator.integers(0, side - window + 1, count))
    return first[:, None] + torch.arange(window)


class Classification(Descent):
    """A `Learner` that trains a classifier by cross-entropy; see `Descent` for its other parameters.

    Parameters
    ----------
    smoothing : float
        Share of a label that is spread over all classes (Szegedy et al., "Rethinking the Inception
        architecture for computer vision", 2016).
    weights : Tensor, optional
        float32, shape (L,): how much a face of each label counts; without them, all faces count the same.
    """

    def __init__(
        self,
        network: nn.Module,
        average: nn.Module,
        *,
        smoothing: float,
        weights: Tensor | None = None,
        **descent: float,
    ) -> None:
        super().__init__(with_shared_batch_norms(network), average, **descent)
        self.smoothing = smoothing
        self.weights = None if weights is None else weights.to(self.device)

    def step(self, images: Tensor, labels: Tensor, factor: float, /) -> dict[str, Tensor]:
        """Take one optimiser step on a batch; log the loss."""
        loss = self.loss(self.output(images.to(self.device)), labels.to(self.device))
        self.descend(loss, factor)
        return {"loss": loss.detach()}

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Return the mean loss of a batch; the loss of a face is multiplied by the weight of its label."""
        if self.weights is None:
            return functional.cross_entropy(logits, labels, label_smoothing=self.smoothing)
        # PyTorch's own weights would also apply to the smoothing, and spread it mostly over rare labels.
        losses = functional.cross_entropy(logits, labels, label_smoothing=self.smoothing, reduction="none")
        return (self.weights[labels] * losses).mean()


def balancing_weights(label: Tensor, labels: int) -> Tensor:
    """Weigh each label by its inverse frequency, so that all labels count the same; the mean over faces is 1.

    Parameters
    ----------
    label : Tensor
        int64, shape (N,): the labels of the training faces.
    labels : int
        The number of different labels.

    Returns
    -------
    Tensor
        float32, shape (L,).
    """
    counts = label.bincount(minlength=labels)
    return len(label) / (counts.count_nonzero() * counts.clamp(min=1))


def accuracy_validator(faces: LabelledFaces, device: torch.device) -> Validate:
    """Return the function that maps a classifier to its `val_accuracy` and `val_balanced_accuracy`.

    Parameters
    ----------
    faces : LabelledFaces
        The validation split.
    device : torch.device
        Where the networks are.
    """
    label, pieces = faces.known_label.numpy(), faces.known.split(PIECE)

    def validate(network: nn.Module) -> dict[str, float]:
        answers = [predict(network, to_float(faces.images[piece]).to(device)) for piece in pieces]
        scores = accuracies(np.concatenate(answers), label)
        return {f"val_{name}": score for name, score in scores.items()}

    return validate
