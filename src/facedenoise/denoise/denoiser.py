"""Denoise arrays of any size with a trained network."""

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from facedenoise.denoise.networks import find_weights, load_revision
from facedenoise.denoise.noise_level import NoiseEstimate, estimate_noise
from facedenoise.denoise.tiling import tiles
from facedenoise.models import MODELS
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.device import has_bfloat16, placed, training_device
from facedenoise.models.inference import load_denoiser
from facedenoise.pictures.channels import MOST_CHANNELS, colour_planes, white

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
    >>> denoiser = Denoiser.load("any")
    >>> faces = np.full((3, 48, 48), 128, np.uint8)
    >>> denoiser(faces, sigma=0.05).shape
    (3, 48, 48)
    """

    def __init__(
        self, network: AttentionUNet, device: str | torch.device | None = None, *, batch_size: int = BATCH
    ) -> None:
        self.device = torch.device(device) if device is not None else training_device()
        self.network = placed(network.eval(), self.device)
        self.batch_size = batch_size
        self._margin = ceil(network.radius / network.stride) * network.stride

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
        batch_size: int = BATCH,
    ) -> Self:
        """Load the network of a task.

        Parameters
        ----------
        task : str
            The noise, such as `any`; `facedenoise info` lists those there are.
        model : str, default "unet"
            `unet`, the most faithful; or `gan`, its adversarial refinement, with more texture.
        weights : str or Path, optional
            Folder with TASK/MODEL.safetensors in it. By default the pipeline's `models/` under the working
            directory, then the weights that the package brings.
        rev : str, optional
            Take the weights of this git revision of the pipeline, through DVC.
        repo : str, optional
            Folder or URL of the git repository of `rev`; by default that around the working directory.
        device, batch_size
            See `Denoiser`.

        Raises
        ------
        InputError, ValueError
            If there are no such weights, or they are broken; if there is no such task or model, or `weights`
            comes together with `rev` or `repo`.
        """
        if model not in MODELS:
            raise ValueError(f"no model {model!r}; give one of {', '.join(MODELS)}")
        if rev is None and repo is None:
            network = load_denoiser(find_weights(task, model, None if weights is None else Path(weights)))
        elif weights is None:
            network = load_revision(task, model, rev=rev, repo=repo)
        else:
            raise ValueError("give either a folder of weights or a revision and repository, not both")
        return cls(network, device, batch_size=batch_size)

    def __call__(self, image: NDArray[Any], *, sigma: float | None = None) -> NDArray[Any]:
        """Denoise an image or a stack of grey images; each channel on its own, alpha is kept.

        A network that is told the level of the noise takes it from `sigma`, or else from what
        `estimate_noise` finds in each image.

        Parameters
        ----------
        image : ndarray of uint8, uint16, or floating point in [0, 1]
            Grey (H, W); a stack of grey images (N, H, W); or one image with channels (H, W, C), where C is
            1 for grey, 2 for grey and alpha, 3 for RGB, 4 for RGB and alpha. A last axis of 4 or less is
            taken for channels: give a stack of images that narrow to `denoise_stack`.
        sigma : float, optional
            The standard deviation of Gaussian noise on intensities in [0, 1], above 0.

        Returns
        -------
        ndarray
            Same shape and dtype; floating point is clipped to [0, 1].

        Raises
        ------
        TypeError, ValueError
            If dtype or shape is another, the image has no pixels, or floating point leaves [0, 1]; if
            `sigma` is not above 0, or the network is not told it.
        """
        if sigma is not None and not self.is_told:
            raise ValueError("this network is not told the level of the noise; leave sigma out")
        estimate = None if sigma is None else NoiseEstimate().with_sigma(sigma)
        _require_pixels(image)
        if image.ndim not in (2, 3) or 0 in image.shape:
            raise ValueError(f"expected shape (H, W), (N, H, W) or (H, W, C) with pixels, got {image.shape}")
        if image.ndim == 3 and image.shape[2] > MOST_CHANNELS:  # noqa: PLR2004
            found = [estimate or estimate_noise(each) for each in image] if self.is_told else None
            return self.denoise_stack(image, found)
        denoised = image.copy()
        planes = colour_planes(denoised)
        found = [estimate or estimate_noise(image)] * len(planes) if self.is_told else None
        planes[...] = self.denoise_stack(planes, found)
        return denoised

    @property
    def is_told(self) -> bool:
        """Whether the network is told the level of the noise."""
        return self.network.level

    def denoise_stack(
        self, planes: NDArray[Any], noise: Sequence[NoiseEstimate] | None = None
    ) -> NDArray[Any]:
        """Denoise grey images of one size, however narrow: in batches if they are small, in tiles if large.

        Parameters
        ----------
        planes : ndarray of uint8, uint16, or floating point in [0, 1], shape (N, H, W)
            Shape, dtype and errors are as for a call.
        noise : sequence of NoiseEstimate, optional
            That of each image, for a network that is told it.
        """
        _require_pixels(planes)
        if planes.ndim != 3 or 0 in planes.shape:  # noqa: PLR2004
            raise ValueError(f"expected shape (N, H, W) with pixels, got {planes.shape}")
        height, width = planes.shape[1:]
        stride = self.network.stride
        # Reflected here: left to itself the network would repeat the last pixels.
        padded = np.pad(planes, ((0, 0), (0, -height % stride), (0, -width % stride)), mode="reflect")
        denoised = np.empty_like(padded)
        for tile in tiles(*padded.shape[1:], multiple=stride, margin=self._margin):
            noisy = padded[:, *tile.outer]
            step = max(1, min(self.batch_size, _PIXELS_AT_ONCE // noisy[0].size))
            for start in range(0, len(noisy), step):
                part = slice(start, start + step)
                of_part = noise[part] if noise else ()
                denoised[part, *tile.inner] = self._pass(noisy[part], of_part)[:, *tile.core]
        return denoised[:, :height, :width]

    @torch.inference_mode()
    def _pass(self, planes: NDArray[Any], noise: Sequence[NoiseEstimate]) -> NDArray[Any]:
        """Send (N, H, W) through the network, with the levels of their noise; same shape and dtype."""
        largest = white(planes.dtype)
        images = planes.astype(np.float32) / np.float32(largest)
        channels = [images]
        if self.is_told:
            channels.append(np.stack([each.level(image) for each, image in zip(noise, images, strict=True)]))
        noisy = torch.from_numpy(np.stack(channels, axis=1))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=has_bfloat16(self.device)):
            clean = self.network(noisy.to(self.device, memory_format=torch.channels_last))
        scaled = clean.clamp(0, 1)[:, 0].cpu().numpy() * largest
        return (np.rint(scaled) if largest > 1 else scaled).astype(planes.dtype)


def _require_pixels(image: NDArray[Any]) -> None:
    if not issubclass(image.dtype.type, np.uint8 | np.uint16 | np.floating):  # in any byte order
        raise TypeError(f"expected uint8, uint16 or floating point pixels, got {image.dtype}")
    if image.size and white(image.dtype) == 1 and not (image.min() >= 0 and image.max() <= 1):
        raise ValueError("expected values in [0, 1]")
