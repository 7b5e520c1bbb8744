"""Image tensors: on disk (uint8, safetensors) and in the library (float32 in [0, 1])."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from facedenoise.errors import InputError

NO_LABEL = -1
"""The code of a face without a label."""

_CHANNELS = (1, 3)  # grey; red, green and blue
_LUMINANCE = (0.2125, 0.7154, 0.0721)  # of these three, as in `skimage.color.rgb2gray`


def to_float(images: torch.Tensor) -> torch.Tensor:
    """Scale uint8 pixels of any shape to float32 in [0, 1]; TypeError for another dtype."""
    if images.dtype != torch.uint8:
        raise TypeError(f"expected uint8 pixels, got {images.dtype}")
    return images.to(torch.float32) / 255


def to_uint8(images: torch.Tensor) -> torch.Tensor:
    """Clip floating point pixels of any shape to [0, 1] and round to uint8; TypeError for another dtype."""
    if not images.is_floating_point():
        raise TypeError(f"expected floating point pixels, got {images.dtype}")
    return (images.clamp(0, 1) * 255).round().to(torch.uint8)


def require_batch(images: torch.Tensor) -> torch.Tensor:
    """Return `images` unchanged if networks and metrics can work on them.

    Parameters
    ----------
    images : torch.Tensor
        Expected: float32, shape (N, C, H, W), C = 1 for grey or 3 for colour, values in [0, 1].

    Raises
    ------
    TypeError
        If the dtype is not float32.
    ValueError
        If the shape or the range is another.
    """
    if images.dtype != torch.float32:
        raise TypeError(f"expected float32 images, got {images.dtype}")
    if images.ndim != 4 or images.shape[1] not in _CHANNELS:  # noqa: PLR2004
        raise ValueError(f"expected shape (N, C, H, W), C = 1 or 3, got {tuple(images.shape)}")
    if images.numel() and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError("expected values in [0, 1]")
    return images


def luminance(images: torch.Tensor) -> torch.Tensor:
    """Return the grey of images, for scores that are defined on grey alone.

    Parameters
    ----------
    images : torch.Tensor
        Floating point, shape (N, C, H, W), C = 1 or 3.

    Returns
    -------
    torch.Tensor
        Same dtype, shape (N, 1, H, W): grey images themselves; of red, green and blue the sum with the
        weights of `skimage.color.rgb2gray`.
    """
    if images.shape[1] == 1:
        return images
    # In single precision the sum of white could exceed 1.
    weights = images.new_tensor(_LUMINANCE, dtype=torch.float64)[:, None, None]
    return (images * weights).sum(dim=1, keepdim=True).to(images.dtype)


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """Read all tensors of a safetensors file, memory-mapped; errors as for `read_with_metadata`."""
    return read_with_metadata(path)[0]


def read_with_metadata(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Read all tensors of a safetensors file, memory-mapped, and its metadata.

    Parameters
    ----------
    path : Path
        A safetensors file.

    Raises
    ------
    InputError
        If the file is missing, truncated or no safetensors file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, file.metadata() or {}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc repro` or `dvc pull` brings it") from None
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error})") from None


def read_labels(path: Path) -> tuple[str, ...]:
    """Read the names of the labels of a split, by their code from 0; none where it has no labels.

    Parameters
    ----------
    path : Path
        A file of clean tensors, with the names as a JSON list in its metadata.

    Raises
    ------
    InputError
        As for `read_with_metadata`, and if the file names no labels.
    """
    names = read_with_metadata(path)[1].get("labels")
    if names is None:
        raise InputError(f"{path}: it does not name its labels; `dvc repro split` writes it anew")
    return tuple(json.loads(names))


@contextmanager
def spooled(pieces: Iterable[NDArray[np.uint8]], folder: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield what pieces make up along their first axis, in a temporary file of a folder and not in memory."""
    with TemporaryFile(dir=folder) as file:
        count, shape = 0, (1,)
        for piece in pieces:
            file.write(np.ascontiguousarray(piece).data)
            count, shape = count + len(piece), piece.shape[1:]
        file.flush()
        yield np.memmap(file, np.uint8, "r", shape=(count, *shape))


def save_arrays(
    path: Path, arrays: Mapping[str, NDArray[Any]], metadata: dict[str, str] | None = None
) -> None:
    """Write arrays, in memory or mapped, as a safetensors file; InputError if there is no room."""
    try:
        save_file(dict(arrays), path, metadata)
    except SafetensorError as error:
        raise InputError(f"{path}: {error}; make room and run again") from None


class Gathered:
    """Images in several files, which are mapped; those that are asked for are put together.

    The files have the uint8 pixels of images of one shape.
    """

    def __init__(self, files: Iterable[Path], shape: tuple[int, ...]) -> None:
        whole = (np.memmap(file, np.uint8, "r") for file in files if file.stat().st_size)
        self._parts = [pixels.reshape(-1, *shape) for pixels in whole]
        self._ends = np.cumsum([len(part) for part in self._parts])

    def __len__(self) -> int:
        """Count the images."""
        return int(self._ends[-1])

    def __getitem__(self, places: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Return the images at these places, which ascend."""
        owners = np.searchsorted(self._ends, places, side="right")
        return np.concatenate(
            [self._parts[owner][places[owners == owner] - self._ends[owner]] for owner in np.unique(owners)]
        )
