"""The classical denoisers that we compare the networks with, for one image, and for many on all cores."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.restoration import denoise_nl_means, inpaint_biharmonic
from torch import Tensor

Image = NDArray[np.float64]
"""Grey, in [0, 1], shape (H, W)."""
CORES = len(os.sched_getaffinity(0))
START_SECONDS = 60.0
PARTS_PER_CORE = 8  # so that the cores end at about the same time


def bm3d(noisy: Image, *, sigma: float) -> Image:
    """Denoise by BM3D, which is told the true sigma.

    Dabov et al., "Image denoising by sparse 3-D transform-domain collaborative filtering", 2007, as
    implemented by Makinen, Azzari & Foi, "Collaborative filtering of correlated noise", 2020.
    """
    from bm3d import bm3d as block_matching  # noqa: PLC0415 - only this needs it; its licence is not open

    denoised: Image = block_matching(noisy, sigma)
    return denoised


def nonlocal_means(noisy: Image, *, sigma: float, fast: bool) -> Image:
    """Denoise by scikit-image's non-local means with its default patches; it is told the true sigma."""
    denoised: Image = denoise_nl_means(noisy, h=0.8 * sigma, sigma=sigma, fast_mode=fast)
    return denoised


def biharmonic(noisy: Image) -> Image:
    """Fill the saturated pixels, black or white, from their surroundings (Damelin & Hoang 2018)."""
    filled: Image = inpaint_biharmonic(noisy, (noisy <= 0) | (noisy >= 1))
    return filled


@contextmanager
def process_per_core() -> Iterator[Executor]:
    """Start the processes that `apply` uses, and wait until all of them are ready."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(CORES + 1, timeout=START_SECONDS)
    with ProcessPoolExecutor(CORES, context, initializer=ready.wait) as pool:
        for _ in range(CORES):
            pool.submit(int)  # each starts a process, as none is idle yet
        ready.wait()
        yield pool


def apply(pool: Executor, method: Callable[[Image], Image], images: Tensor) -> Tensor:
    """Denoise images one by one, on all cores, by a function of this module or a `partial` of one.

    The images are uint8, shape (N, 1, H, W); the result is float32 in [0, 1], of the same shape.
    """
    parts = np.array_split(images.numpy()[:, 0] / 255, min(PARTS_PER_CORE * CORES, len(images)))
    denoised = np.concatenate(list(pool.map(partial(_apply_to_each, method), parts)))
    return torch.from_numpy(denoised.clip(0, 1).astype(np.float32)[:, np.newaxis])


def _apply_to_each(method: Callable[[Image], Image], images: Image) -> Image:
    return np.stack([method(image) for image in images])
