"""The pairs that a denoiser learns from: their order, their noise and their flips.

All are functions of (seed, epoch, step).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facedenoise.images.tensors import to_float
from facedenoise.noise import Noise, corrupt
from facedenoise.training.distributed import share
from facedenoise.training.randomness import shuffled, step_generator


@dataclass(frozen=True)
class Pairs:
    """Clean images and their noisy versions on disk.

    Attributes
    ----------
    clean, noisy : Tensor
        uint8, shape (N, 1, H, W), in the same order.
    rows : Tensor
        int64, shape (N,): the rows in the CSV.
    """

    clean: Tensor
    noisy: Tensor
    rows: Tensor

    def to(self, device: torch.device) -> "Pairs":
        """Return the same pairs with their images on a device, where batches are then taken from them."""
        return Pairs(self.clean.to(device), self.noisy.to(device), self.rows)


@dataclass(frozen=True)
class FreshNoise:
    """How new noise is drawn for a pair; see `facedenoise.noise.corrupt`."""

    noise: Noise
    seed: int
    task: str


@dataclass(frozen=True)
class Batches:
    """Shuffled, flipped batches of training pairs.

    Parameters
    ----------
    pairs : Pairs
        The training split with draw 0 of the noise.
    batch_size : int
        Images a batch. The remainder of an epoch's order that fills no batch is left out.
    seed : int
        Of the order and the flips.
    fresh : FreshNoise or None
        Epochs after the first draw new noise; None: every epoch takes that of `pairs`.
    """

    pairs: Pairs
    batch_size: int
    seed: int
    fresh: FreshNoise | None

    def __len__(self) -> int:
        """Count the steps of an epoch."""
        return max(1, len(self.pairs.clean) // self.batch_size)

    def batch(self, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        """Return this process's share, (noisy, clean): float32 in [0, 1], shape (n, 1, H, W) each."""
        order = shuffled(self.seed, epoch, len(self.pairs.clean))
        chosen = order[step * self.batch_size : (step + 1) * self.batch_size]
        flip = torch.from_numpy(step_generator(self.seed, epoch, step).random(len(chosen)) < 1 / 2)
        mine = share(len(chosen))
        chosen, flip = chosen[mine], flip[mine].to(self.pairs.clean.device)
        pairs = torch.stack([self._noisy(chosen, epoch), self.pairs.clean[chosen]])
        noisy, clean = to_float(torch.where(flip[:, None, None, None], pairs.flip(-1), pairs))
        return noisy, clean

    def _noisy(self, chosen: NDArray[np.int64], epoch: int) -> Tensor:
        if self.fresh is None or epoch == 0:
            return self.pairs.noisy[chosen]
        clean = self.pairs.clean[chosen]
        rows = self.pairs.rows[chosen].numpy()
        fresh = self.fresh
        noisy = corrupt(clean.cpu().numpy(), rows, fresh.noise, seed=fresh.seed, task=fresh.task, draw=epoch)
        return torch.from_numpy(noisy).to(clean.device)
