"""What a denoiser gets to see: noisy images and, if it is told, the level of their noise."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from facedenoise.images.tensors import to_float
from facedenoise.noise import Noise, corrupt, drawn, levels


@dataclass(frozen=True)
class TaskNoise:
    """The noise of a task: how it is drawn for an image; see `facedenoise.noise.corrupt`."""

    noise: Noise
    seed: int
    task: str

    def corrupt(self, clean: Tensor, rows: Tensor, draw: int) -> Tensor:
        """Return noisy copies of images, uint8, shape (N, 1, H, W), of these rows of the CSV."""
        noisy = corrupt(clean.cpu().numpy(), rows.numpy(), self.noise, **self._stream(draw))
        return torch.from_numpy(noisy).to(clean.device)

    def drawn(self, rows: Tensor) -> list[Noise]:
        """Return the noise of each image in draw 0, in which every number is fixed."""
        return drawn(rows.numpy(), self.noise, **self._stream(0))

    def inputs(self, noisy: Tensor, rows: Tensor, draw: int = 0, *, told: bool) -> Tensor:
        """Return the inputs of a denoiser for what `corrupt` has returned.

        Parameters
        ----------
        noisy : Tensor
            uint8, shape (N, 1, H, W).
        rows : Tensor
            int64, shape (N,): the rows in the CSV.
        draw : int, default 0
            The number of the draw.
        told : bool
            Whether the denoiser is told the level of the noise.

        Returns
        -------
        Tensor
            float32 in [0, 1], shape (N, 1, H, W), or (N, 2, H, W) with the level.
        """
        images = to_float(noisy)
        if not told:
            return images
        level = levels(noisy.cpu().numpy(), rows.numpy(), self.noise, **self._stream(draw))
        return torch.cat([images, torch.from_numpy(level).to(images.device)], dim=1)

    def _stream(self, draw: int) -> dict[str, Any]:
        return {"seed": self.seed, "task": self.task, "draw": draw}
