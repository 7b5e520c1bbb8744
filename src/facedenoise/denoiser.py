"""Denoise arrays of any size with a trained network."""

import tempfile
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from facedenoise.channels import MOST_CHANNELS, colour_planes, white
from facedenoise.inference import load_denoiser
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.released import find_weights
from facedenoise.revisions import read_revision
from facedenoise.tiling import tiles
from facedenoise.training.device import has_bfloat16, placed, training_device

BATCH = 64
_PIXELS_AT_ONCE = 1 << 19  # in one pass of the network; bounds the memory


class Denoiser:
    """A trained network that denoises arrays.

    Where the device multiplies bfloat16 natively, the convolutions run in it.

    Parameters
    ----------
    network : AttentionUNet
        A denoiser.
    device : str or torch.device, optional
        Where to run; by default the GPU where there is one.
    batch_size : int, default 64
        Small images denoised at once, at most.

    Examples
    --------
    >>> import numpy as np
    >>> from facedenoise import Denoiser
    >>> denoiser = Denoiser.load("high_gaussian")
    >>> faces = np.full((3, 48, 48), 128, np.uint8)
    >>> denoiser(faces).shape
    (3, 48, 48)
    >>> photo = np.full((100, 150, 3), 0.5)
    >>> denoiser(photo).dtype
    dtype('float64')
    """

    def __init__(
        self,
        network: AttentionUNet,
        device: str | torch.device | None = None,
        *,
        batch_size: int = BATCH,
    ) -> None:
        self.device = torch.device(device) if device is not None else training_device()
        self.network = placed(network.eval(), self.device)
        self.batch_size = batch_size

    @classmethod
    def load(
        cls,
        task: str,
        model: str = "unet",
        *,
        weights: str | Path | None = None,
        rev: str | None = None,
        repo: str | None = None,
        device: str | torch.device | None = None,
    ) -> Self:
        """Load the network of a task.

        Parameters
        ----------
        task : str
            The noise: `low_gaussian` (sigma 0.02 on [0, 1]), `high_gaussian` (0.06) or `salt_pepper`.
        model : str, default "unet"
            `unet`, the most faithful; or `gan`, its adversarial refinement, with more texture.
        weights : str or Path, optional
            Folder with TASK/MODEL.safetensors in it. By default the pipeline's `models/` under the working
            directory where there is one, else the weights that the package brings.
        rev : str, optional
            Take the weights of this git revision of the pipeline, through DVC.
        repo : str, optional
            Folder or URL of the git repository of `rev`; by default that around the working directory.
        device : str or torch.device, optional
            Where to run; by default the GPU where there is one.

        Returns
        -------
        Denoiser
            Ready to be called.

        Raises
        ------
        InputError
            If there are no such weights, or they are broken.
        ValueError
            If `weights` is given together with `rev` or `repo`.
        """
        if rev is None and repo is None:
            folder = None if weights is None else Path(weights)
            return cls(load_denoiser(find_weights(task, model, folder)), device)
        if weights is not None:
            raise ValueError("give either a folder of weights or a revision and repository, not both")
        with tempfile.TemporaryDirectory() as temporary:
            file = Path(temporary) / f"{model}.safetensors"
            file.write_bytes(read_revision(task, model, rev=rev, repo=repo))
            return cls(load_denoiser(file), device)

    def __call__(self, image: NDArray[Any]) -> NDArray[Any]:
        """Denoise an image or a stack of grey images; each channel on its own, alpha is kept.

        Parameters
        ----------
        image : ndarray of uint8, uint16, or floating point in [0, 1]
            Grey (H, W); a stack of grey images (N, H, W); or one image with channels (H, W, C), where C is
            1 for grey, 2 for grey and alpha, 3 for RGB, 4 for RGB and alpha. A last axis of 4 or less is
            taken for channels: give a stack of images that narrow to `denoise_stack`.

        Returns
        -------
        ndarray
            Same shape and dtype. Values of floating point are clipped to [0, 1].

        Raises
        ------
        TypeError
            If the dtype is another.
        ValueError
            If the shape is another, the image has no pixels, or values of floating point leave [0, 1].
        """
        _require_image(image)
        if image.ndim == 3 and image.shape[2] > MOST_CHANNELS:  # noqa: PLR2004
            return self.denoise_stack(image)
        denoised = image.copy()
        planes = colour_planes(denoised)
        planes[...] = self.denoise_stack(planes)
        return denoised

    def denoise_stack(self, planes: NDArray[Any]) -> NDArray[Any]:
        """Denoise grey images of one size, however narrow: in batches if they are small, in tiles if large.

        Parameters
        ----------
        planes : ndarray of uint8, uint16, or floating point in [0, 1], shape (N, H, W)
            The images.

        Returns
        -------
        ndarray
            Same shape and dtype.
        """
        height, width = planes.shape[1:]
        stride = self.network.stride
        # Reflected, as the network itself would repeat the last pixels.
        padded = np.pad(planes, ((0, 0), (0, -height % stride), (0, -width % stride)), mode="reflect")
        denoised = np.empty_like(padded)
        for tile in tiles(*padded.shape[1:], multiple=stride):
            rows, columns = tile.outer
            step = self._images_at_once(rows.stop - rows.start, columns.stop - columns.start)
            for start in range(0, len(padded), step):
                part = slice(start, start + step)
                denoised[part, *tile.inner] = self._pass(padded[part, *tile.outer])[:, *tile.core]
        return denoised[:, :height, :width]

    def _images_at_once(self, height: int, width: int) -> int:
        return max(1, min(self.batch_size, _PIXELS_AT_ONCE // (height * width)))

    @torch.inference_mode()
    def _pass(self, planes: NDArray[Any]) -> NDArray[Any]:
        """Send (N, H, W) through the network; same shape and dtype."""
        largest = white(planes.dtype)
        noisy = torch.from_numpy(planes.astype(np.float32) / np.float32(largest))[:, np.newaxis]
        with torch.autocast(self.device.type, torch.bfloat16, enabled=has_bfloat16(self.device)):
            clean = self.network(noisy.to(self.device, memory_format=torch.channels_last))
        scaled = clean.clamp(0, 1)[:, 0].cpu().numpy() * largest
        return (np.rint(scaled) if largest > 1 else scaled).astype(planes.dtype)


def _require_image(image: NDArray[Any]) -> None:
    if image.dtype not in (np.uint8, np.uint16) and not np.issubdtype(image.dtype, np.floating):
        raise TypeError(f"expected uint8, uint16 or floating point pixels, got {image.dtype}")
    if image.ndim not in (2, 3) or 0 in image.shape[-2:] or 0 in image.shape[:2]:
        raise ValueError(f"expected shape (H, W), (N, H, W) or (H, W, C) with pixels, got {image.shape}")
    if white(image.dtype) == 1 and not (image.min() >= 0 and image.max() <= 1):
        raise ValueError("expected values in [0, 1]")
