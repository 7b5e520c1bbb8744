"""The pairs that a denoiser learns from: their order, their noise and their flips.

All are functions of (seed, epoch, step).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from facedenoise.images.tensors import to_float
from facedenoise.models.inputs import TaskNoise
from facedenoise.training.distributed import share
from facedenoise.training.randomness import shuffled, step_generator


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
    mosaic : float, default 0
        Share of a batch in which a mosaic of four images takes the place of an image.
    """

    pairs: Pairs
    batch_size: int
    seed: int
    noise: TaskNoise
    fresh: bool
    told: bool
    mosaic: float = 0.0

    def __len__(self) -> int:
        """Count the steps of an epoch."""
        return max(1, len(self.pairs.clean) // self.batch_size)

    def batch(self, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        """Return this process's share, (inputs, clean): float32, shapes (n, C or 2C, H, W) and (n, C, H, W).

        For the inputs see `TaskNoise.inputs`.
        """
        order = shuffled(self.seed, epoch, len(self.pairs.clean))
        chosen = order[step * self.batch_size : (step + 1) * self.batch_size]
        flip = torch.from_numpy(step_generator(self.seed, epoch, step).random(len(chosen)) < 1 / 2)
        mine = share(len(chosen))
        joined = np.arange(len(chosen)) < round(self.mosaic * len(chosen))
        chosen, flip, joined = chosen[mine], flip[mine], joined[mine]
        clean = self.pairs.clean[chosen]
        clean[joined] = self._mosaics(chosen[joined])
        pairs = torch.cat([self._inputs(chosen, clean, joined, epoch), to_float(clean)], dim=1)
        flipped = torch.where(flip[:, None, None, None], pairs.flip(-1), pairs)
        channels = clean.shape[1]
        return flipped[:, :-channels], flipped[:, -channels:]

    def _mosaics(self, chosen: NDArray[np.int64]) -> Tensor:
        """Return a mosaic of each image and the three that follow it in the split."""
        four = (chosen[:, None] + np.arange(4)) % len(self.pairs.clean)
        return mosaics(self.pairs.clean[four.ravel()].unflatten(0, four.shape))

    def _inputs(
        self, chosen: NDArray[np.int64], clean: Tensor, joined: NDArray[np.bool_], epoch: int
    ) -> Tensor:
        rows, draw = self.pairs.rows[chosen], epoch if self.fresh else 0
        noisy = self.noise.corrupt(clean, rows, draw) if draw else self.pairs.noisy[chosen]
        if not draw and joined.any():
            noisy[joined] = self.noise.corrupt(clean[joined], rows[joined], draw)
        return self.noise.inputs(noisy, rows, draw, told=self.told)


def mosaics(images: Tensor) -> Tensor:
    """Join four images at half size: its detail is finer than that of the images.

    Bochkovskiy et al., "YOLOv4: optimal speed and accuracy of object detection", 2020.

    Parameters
    ----------
    images : Tensor
        uint8, shape (N, 4, C, H, W).

    Returns
    -------
    Tensor
        uint8, shape (N, C, H, W).
    """
    height, width = images.shape[-2:]
    half = (-(-height // 2), -(-width // 2))
    small = functional.interpolate(images.flatten(0, 1).float(), half, mode="area").round().to(torch.uint8)
    one, two, three, four = small.unflatten(0, images.shape[:2]).unbind(1)
    rows = [torch.cat([one, two], dim=-1), torch.cat([three, four], dim=-1)]
    return torch.cat(rows, dim=-2)[..., :height, :width]
