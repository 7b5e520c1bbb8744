"""The pairs that a denoiser learns from: their order, their noise and their flips.

All are functions of (seed, epoch, step).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facedenoise.images.tensors import to_float
from facedenoise.models.inputs import TaskNoise
from facedenoise.training.distributed import share
from facedenoise.training.randomness import batch_places, step_generator


@dataclass(frozen=True)
class Pairs:
    """Clean images and their noisy versions on disk.

    Attributes
    ----------
    clean, noisy : Tensor
        uint8, shape (N, C, H, W), in the same order.
    rows : Tensor
        int64, shape (N,): the rows in the CSV.
    """

    clean: Tensor
    noisy: Tensor
    rows: Tensor


@dataclass(frozen=True)
class Batches:
    """Shuffled, flipped batches of training pairs.

    Parameters
    ----------
    pairs : Pairs
        The training split with draw 0 of the noise.
    batch_size : int
        Images in a batch. The last images of an epoch are left out if they do not fill a batch.
    seed : int
        Seed of the order and the flips.
    noise : TaskNoise
        The noise of `pairs`.
    fresh : bool
        Whether epochs after the first draw new noise; if not, every epoch takes the noise of `pairs`.
    told : bool
        Whether the noisy images come with the level of their noise.
    """

    pairs: Pairs
    batch_size: int
    seed: int
    noise: TaskNoise
    fresh: bool
    told: bool

    def __len__(self) -> int:
        """Count the steps of an epoch."""
        return max(1, len(self.pairs.clean) // self.batch_size)

    def batch(self, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        """Return this process's share, (inputs, clean): float32, shapes (n, C or 2C, H, W) and (n, C, H, W).

        For the inputs see `TaskNoise.inputs`.
        """
        count = len(self.pairs.clean)
        chosen = batch_places(self.seed, epoch, step, size=self.batch_size, count=count)
        flip = torch.from_numpy(step_generator(self.seed, epoch, step).random(len(chosen)) < 1 / 2)
        mine = share(len(chosen))
        chosen, flip = chosen[mine], flip[mine]
        clean = self.pairs.clean[chosen]
        pairs = torch.cat([self._inputs(chosen, clean, epoch), to_float(clean)], dim=1)
        flipped = torch.where(flip[:, None, None, None], pairs.flip(-1), pairs)
        channels = clean.shape[1]
        return flipped[:, :-channels], flipped[:, -channels:]

    def _inputs(self, chosen: NDArray[np.int64], clean: Tensor, epoch: int) -> Tensor:
        rows, draw = self.pairs.rows[chosen], epoch if self.fresh else 0
        noisy = self.noise.corrupt(clean, rows, draw) if draw else self.pairs.noisy[chosen]
        return self.noise.inputs(noisy, rows, draw, told=self.told)
