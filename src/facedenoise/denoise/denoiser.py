"""Denoise arrays and tensors of any size with a trained network."""

import os
from collections.abc import Sequence
from functools import partial
from math import ceil
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from facedenoise.denoise.depth import white_of
from facedenoise.denoise.networks import find_weights, load_revision
from facedenoise.denoise.noise_level import NoiseEstimate, estimate_noise
from facedenoise.denoise.tiling import tiles
from facedenoise.models import MODELS
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.device import has_bfloat16, placed, training_device
from facedenoise.models.inference import load_denoiser
from facedenoise.pictures.channels import MOST_CHANNELS, colour_planes, white

Array = TypeVar("Array", NDArray[Any], torch.Tensor)
BATCH = 64
_PIXELS_AT_ONCE = 1 << 19  # in one pass of the network; bounds the memory
_LARGEST_FACE = 96  # px high or wide; of a larger picture the network sees the texture, not the face
_VIEWS = ((), (-1,), (-2,), (-2, -1))

# A forked process has none of its parent's threads, and PyTorch would wait for them: it goes on with one.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=partial(torch.set_num_threads, 1))


class Denoiser:
    """A trained network that denoises arrays and tensors.

    Where the device multiplies bfloat16 natively, the convolutions run in it. A network that is told the
    level of the noise sees each image several times, as it is and mirrored; the mean of its answers counts.

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

    def __call__(self, image: Array, *, sigma: float | None = None) -> Array:
        """Denoise an image or a stack of images of one size; alpha is kept.

        A network for RGB sees the three colours of a picture at once. It sees a grey picture three times, and
        the mean of its outputs is the answer. A grey network sees one colour after the other. A network that
        is told the level of the noise takes it from `sigma`, or else from what `estimate_noise` finds in each
        image.

        Parameters
        ----------
        image : ndarray or Tensor of uint8, uint16, or floating point in [0, 1]
            Grey (H, W) or (N, H, W); with channels (H, W, C) or (N, H, W, C), where C is 1 for grey, 2 for
            grey and alpha, 3 for RGB, 4 for RGB and alpha. Three axes of which the last is 4 or less are one
            image with channels: give a stack of images that narrow to `denoise_stack`. A tensor may also be
            a batch of colour or grey images as torch has them, (N, 3, H, W) or (N, 1, H, W); one colour image
            is (1, 3, H, W), since (3, H, W) is a stack of three grey ones. White is the largest value of the
            type; but 4,095 in an image of uint16 with smaller values alone, which has 12 bits, and likewise
            for 10 and 8 bits.
        sigma : float, optional
            The standard deviation of Gaussian noise on intensities in [0, 1]; above 0, at most 1.

        Returns
        -------
        ndarray or Tensor
            As given: same shape, dtype and device, without a gradient; floating point is clipped to [0, 1].

        Raises
        ------
        TypeError, ValueError
            If it is no array or tensor, dtype or shape is another, the image has no pixels, or floating point
            leaves [0, 1]; if `sigma` is not in (0, 1], or the network is not told it.
        """
        if isinstance(image, torch.Tensor):
            return self._denoise_tensor(image, sigma)
        if sigma is not None and not self.is_told:
            raise ValueError("this network is not told the level of the noise; leave sigma out")
        told = None if sigma is None else NoiseEstimate().with_sigma(sigma)
        _require_pixels(image)
        pictures = image if _is_stack(image) else image[np.newaxis]
        found = [told or estimate_noise(each) for each in pictures] if self.is_told else None
        return np.stack(self.denoise_alike(list(pictures), found), dtype=image.dtype).reshape(image.shape)

    @property
    def is_told(self) -> bool:
        """Whether the network is told the level of the noise."""
        return self.network.level

    def denoise_alike(
        self, pictures: Sequence[NDArray[Any]], noise: Sequence[NoiseEstimate] | None = None
    ) -> list[NDArray[Any]]:
        """Denoise the colours of pictures, (H, W) or (H, W, C), of one size, dtype and number of colours.

        `noise` is that of each picture, for a network that is told it.
        """
        denoised = [picture.copy() for picture in pictures]
        planes = [colour_planes(picture) for picture in denoised]
        for each, clean in zip(planes, self.denoise_stack(np.stack(planes), noise), strict=True):
            each[...] = clean
        return denoised

    def denoise_stack(
        self, images: NDArray[Any], noise: Sequence[NoiseEstimate] | None = None
    ) -> NDArray[Any]:
        """Denoise images of one size, however narrow: in batches if they are small, in tiles if large.

        Parameters
        ----------
        images : ndarray of uint8, uint16, or floating point in [0, 1], shape (N, H, W) or (N, C, H, W)
            C is 1 for grey, 3 for RGB. Dtype and errors are as for a call.
        noise : sequence of NoiseEstimate, optional
            That of each image, for a network that is told it.
        """
        _require_pixels(images)
        planes = images[:, np.newaxis] if images.ndim == 3 else images  # noqa: PLR2004
        if planes.ndim != 4 or planes.shape[1] not in (1, 3) or 0 in planes.shape:  # noqa: PLR2004
            raise ValueError(
                f"expected shape (N, H, W), (N, 1, H, W) or (N, 3, H, W) with pixels, got {images.shape}"
            )
        whites = np.array([white_of(image) for image in planes], np.float32)
        found = list(noise or ())
        if planes.shape[1] > self.network.channels:  # one after the other
            count = planes.shape[1]
            planes, whites = planes.reshape(-1, 1, *planes.shape[2:]), whites.repeat(count)
            found = [estimate for estimate in found for _ in range(count)]
        return self._in_tiles(planes, whites, found).reshape(images.shape)

    def _in_tiles(
        self, planes: NDArray[Any], whites: NDArray[np.float32], noise: Sequence[NoiseEstimate]
    ) -> NDArray[Any]:
        height, width = planes.shape[2:]
        stride = self.network.stride
        # Reflected here: left to itself the network would repeat the last pixels.
        below_and_right = ((0, 0), (0, 0), (0, -height % stride), (0, -width % stride))
        padded = np.pad(planes, below_and_right, mode="reflect")
        denoised = np.empty_like(padded)
        for tile in tiles(*padded.shape[2:], multiple=stride, margin=self._margin):
            noisy = padded[..., *tile.outer]
            step = max(1, min(self.batch_size, _PIXELS_AT_ONCE // noisy[0].size))
            for start in range(0, len(noisy), step):
                part = slice(start, start + step)
                clean = self._pass(noisy[part], whites[part], noise[part])
                denoised[part, ..., *tile.inner] = clean[..., *tile.core]
        return denoised[..., :height, :width]

    @torch.inference_mode()
    def _pass(
        self, planes: NDArray[Any], whites: NDArray[np.float32], noise: Sequence[NoiseEstimate]
    ) -> NDArray[Any]:
        """Send (N, C, H, W) through the network, with the levels of their noise; same shape and dtype."""
        largest = whites[:, np.newaxis, np.newaxis, np.newaxis]
        inputs = [planes.astype(np.float32) / largest]
        if self.is_told:
            pairs = zip(noise, inputs[0], strict=True)
            inputs.append(np.stack([[found.level(plane) for plane in image] for found, image in pairs]))
        times = self.network.channels // planes.shape[1]
        noisy = torch.from_numpy(np.concatenate([each.repeat(times, axis=1) for each in inputs], axis=1))
        clean = self.answer(noisy)
        clean = clean.mean(1, keepdim=True) if times > 1 else clean
        scaled = clean.clamp(0, 1).cpu().numpy() * largest
        return (np.rint(scaled) if white(planes.dtype) > 1 else scaled).astype(planes.dtype)

    @torch.inference_mode()
    def answer(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return what the network makes of its inputs.

        One that is told the level answers for mirror images, too, and the mean counts (the self-ensemble of
        Lim et al., "Enhanced deep residual networks for single image super-resolution", 2017). A face has one
        mirror image. It is 0.06 dB better, for twice the time. A larger picture is also turned upside down,
        which brings texture another 0.03 to 0.05 dB, for twice the time again.

        Parameters
        ----------
        inputs : Tensor
            float32, shape (N, C, H, W), or (N, 2C, H, W) with the level; see `AttentionUNet.forward`.

        Returns
        -------
        Tensor
            float32, shape (N, C, H, W), on the network's device; not clipped.
        """
        seen = inputs.to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=has_bfloat16(self.device)):
            answers: list[torch.Tensor] = [
                self.network(seen.flip(axes)).flip(axes) for axes in self._views(seen)
            ]
        return sum(answers[1:], start=answers[0]) / len(answers)

    def _views(self, images: torch.Tensor) -> Sequence[tuple[int, ...]]:
        """Return the axes of (N, C, H, W) along which images are mirrored before the network sees them."""
        if not self.is_told:
            return _VIEWS[:1]
        return _VIEWS[:2] if min(images.shape[-2:]) <= _LARGEST_FACE else _VIEWS

    def _denoise_tensor(self, image: torch.Tensor, sigma: float | None) -> torch.Tensor:
        is_batch = image.ndim == 4 and image.shape[1] in (1, 3)  # noqa: PLR2004 - as torch has it
        pixels = image.movedim(1, -1) if is_batch else image
        pixels = pixels.float() if pixels.dtype == torch.bfloat16 else pixels  # unknown to NumPy
        denoised = torch.from_numpy(self(pixels.numpy(force=True), sigma=sigma)).to(image)
        return denoised.movedim(-1, 1).contiguous() if is_batch else denoised


def _is_stack(image: NDArray[Any]) -> bool:
    """Return whether an array has several images, or refuse its shape."""
    shape = image.shape
    if 0 not in shape:
        if len(shape) == 2 or (len(shape) == 3 and shape[2] <= MOST_CHANNELS):  # noqa: PLR2004
            return False
        if len(shape) == 3 or (len(shape) == 4 and shape[3] <= MOST_CHANNELS):  # noqa: PLR2004
            return True
    known = "(H, W), (N, H, W), (H, W, C) or (N, H, W, C) with pixels and at most 4 channels"
    has_channels_first = len(shape) == 4 and shape[1] <= MOST_CHANNELS  # noqa: PLR2004
    remedy = "; numpy.moveaxis(images, 1, -1) puts channels last" if has_channels_first else ""
    raise ValueError(f"expected shape {known}, got {shape}{remedy}")


def _require_pixels(image: NDArray[Any]) -> None:
    if not isinstance(image, np.ndarray):
        raise TypeError(
            f"expected an array or a tensor, got {type(image).__name__}; give numpy.asarray(...) of it"
        )
    if not issubclass(image.dtype.type, np.uint8 | np.uint16 | np.floating):  # in any byte order
        known = "expected uint8, uint16 or floating point pixels"
        raise TypeError(f"{known}, got {image.dtype}; convert them, as by .astype(numpy.uint8)")
    if image.size and white(image.dtype) == 1 and not (image.min() >= 0 and image.max() <= 1):
        raise ValueError(
            f"expected values in [0, 1], got {image.min()!s} to {image.max()!s}; scale or clip them"
        )
