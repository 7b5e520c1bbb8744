"""Noisy copies of pictures, to try a denoiser on."""

import os
from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from facedenoise.denoise.depth import white_of
from facedenoise.denoise.rewriting import Changed, Key, Source
from facedenoise.noise import Noise, corrupt
from facedenoise.pictures.channels import colour_planes

_LEVELS = 255  # of noise, above black


def corrupt_pictures(sources: Sequence[Source], noise: Noise, *, seed: int, task: str) -> list[Changed]:
    """Corrupt pictures, each colour channel with a draw of its own; alpha stays as it is.

    Another row or name is another noise, whatever else is in the CSV or folder; for the other arguments see
    `facedenoise.noise.corrupt`. Noise has 8 bits, so deeper colours come back with 256 levels.
    """
    changed = []
    for key, pixels in sources:
        noisy = pixels.copy()
        row, step = np.array([_row(key)]), white_of(colour_planes(pixels)) / _LEVELS
        for draw, plane in enumerate(colour_planes(noisy)):
            eight_bit = np.rint(plane[np.newaxis] / step).astype(np.uint8)
            corrupted = corrupt(eight_bit, row, noise, seed=seed, task=task, draw=draw)[0]
            plane[...] = corrupted * step
        changed.append((noisy, None))
    return changed


def _row(key: Key) -> int:
    if isinstance(key, int):
        return key
    return int.from_bytes(sha256(os.fsencode(key.as_posix())).digest()[:7], "little")
