"""From a picture and a noise to what the page shows; knows nothing of the page."""

from functools import cache
from pathlib import Path, PurePath
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from facedenoise.denoise.choice import Choice, choose
from facedenoise.denoise.cleaning import Image, clean
from facedenoise.denoise.denoiser import Denoiser
from facedenoise.denoise.networks import trained_networks
from facedenoise.denoise.noise_level import estimate_noise
from facedenoise.denoise.noisy import corrupt_pictures
from facedenoise.errors import InputError
from facedenoise.faces import draw_faces
from facedenoise.images.fidelity import psnr
from facedenoise.noise import Noise
from facedenoise.pictures import Picture, read_picture_bytes
from facedenoise.pictures.channels import colour_planes, white

_FACES, _FACES_SEED = (3, 5, 2, 6, 1, 4), 7  # rows of `draw_faces`, the friendliest first
_MODEL = "unet"
_SCREEN = 960  # px; a smaller picture is enlarged to about this
_WHITE = 255


class Comparison(NamedTuple):
    """A picture before and after it was cleaned, and what is known of both."""

    noisy: Image
    cleaned: Image
    choice: Choice
    psnr: tuple[float, float] | None
    """Of both against the picture without the noise, in dB; None if no noise was added."""


def faces() -> list[NDArray[np.uint8]]:
    """Return a few drawn faces, each uint8 (48, 48)."""
    drawn, _ = draw_faces(max(_FACES) + 1, _FACES_SEED)
    return [drawn[row] for row in _FACES]


def read(path: Path) -> Picture:
    """Read a picture as the command line does; an `InputError` gives the name of the file, not its folder."""
    try:
        return read_picture_bytes(path.read_bytes())
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from None


def compare(name: str, image: Image, noise: Noise | None = None) -> Comparison:
    """Add noise to an image, if there is to be any, and clean it as `facedenoise denoise` does.

    Parameters
    ----------
    name : str
        Of the picture; each name gets noise of its own.
    image : ndarray of uint8, uint16, or floating point in [0, 1]
        (H, W) or (H, W, C), as `read` returns it.
    noise : Noise, optional
        The noise to add.
    """
    noisy = image
    if noise is not None:
        [(noisy, _)] = corrupt_pictures([(PurePath(name), image)], noise, seed=0, task="demo")
    networks = trained_networks(_MODEL)
    [(cleaned, choice)] = clean([noisy], lambda each: choose(estimate_noise(each), networks), _denoiser)
    scores = None if noise is None else (_psnr(image, noisy), _psnr(image, cleaned))
    return Comparison(noisy, cleaned, choice, scores)


def for_screen(image: Image) -> NDArray[np.uint8]:
    """Return an image in 8 bits; if it is small, each pixel as a square, so that no browser blurs it."""
    eight_bit = np.rint(image * (_WHITE / white(image.dtype))).astype(np.uint8)
    times = max(1, _SCREEN // max(image.shape[:2]))
    return eight_bit.repeat(times, axis=0).repeat(times, axis=1)


def _psnr(clean: Image, other: Image) -> float:
    """Return the PSNR over all colours, without alpha."""
    pair = [colour_planes(each)[np.newaxis] / np.float32(white(each.dtype)) for each in (clean, other)]
    return float(psnr(*(torch.from_numpy(each.astype(np.float32)) for each in pair))[0])


@cache
def _denoiser(task: str) -> Denoiser:
    return Denoiser.load(task, _MODEL)
