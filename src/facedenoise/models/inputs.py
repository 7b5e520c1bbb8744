"""What a denoiser gets to see: noisy images and, if it is told, the level of their noise."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from facedenoise.images.tensors import to_float
from facedenoise.noise import UNKNOWN, Noise, corrupt, image_generator


@dataclass(frozen=True)
class TaskNoise:
    """The noise of a task: how it is drawn for an image; see `facedenoise.noise.corrupt`."""

    noise: Noise
    seed: int
    task: str

    def corrupt(self, clean: Tensor, rows: Tensor, draw: int) -> Tensor:
        """Return noisy copies of images, uint8, shape (N, C, H, W), of these rows of the CSV."""
        pixels, noise = clean.cpu().numpy(), self.noise
        noisy = corrupt(pixels, rows.numpy(), noise, seed=self.seed, task=self.task, draw=draw)
        return torch.from_numpy(noisy).to(clean.device)

    def drawn(self, rows: Tensor, draw: int = 0) -> list[Noise]:
        """Return the noise of each image in a draw, in which every number is fixed."""
        streams = (image_generator(self.seed, self.task, row, draw) for row in rows.tolist())
        return [self.noise.drawn(stream) for stream in streams]

    def levels(self, noisy: Tensor, rows: Tensor, draw: int = 0) -> Tensor:
        """Return the level of the noise of each pixel; the arguments as for `inputs`.

        float32, shape of `noisy`; see `Noise.level`; `UNKNOWN` where the kind does not know it.
        """
        pixels = noisy.cpu().numpy()
        found = np.full(pixels.shape, UNKNOWN, np.float32)
        for index, fixed in enumerate(self.drawn(rows, draw)):
            level = fixed.level(pixels[index])
            if level is not None:
                found[index] = level
        return torch.from_numpy(found).to(noisy.device)

    def inputs(self, noisy: Tensor, rows: Tensor, draw: int = 0, *, told: bool) -> Tensor:
        """Return the inputs of a denoiser for what `corrupt` has returned.

        Parameters
        ----------
        noisy : Tensor
            uint8, shape (N, C, H, W).
        rows : Tensor
            int64, shape (N,): the rows in the CSV.
        draw : int, default 0
            The number of the draw.
        told : bool
            Whether the denoiser is told the level of the noise.

        Returns
        -------
        Tensor
            float32 in [0, 1], shape (N, C, H, W), or (N, 2C, H, W) with the level.
        """
        images = to_float(noisy)
        return torch.cat([images, self.levels(noisy, rows, draw)], dim=1) if told else images
