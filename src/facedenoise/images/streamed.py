"""Write safetensors files that are larger than memory."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

_TYPE_NAMES = {"uint8": "U8", "int64": "I64"}


@dataclass(frozen=True)
class Streamed:
    """An array that is made piece by piece.

    Attributes
    ----------
    dtype : str
        "uint8" or "int64".
    shape : tuple of int
        Of the whole.
    pieces : iterable of numpy.ndarray
        The parts along the first axis, in order.
    """

    dtype: str
    shape: tuple[int, ...]
    pieces: Iterable[NDArray[Any]]

    @property
    def nbytes(self) -> int:
        """Bytes of the whole."""
        return np.dtype(self.dtype).itemsize * prod(self.shape)


def write_streamed(
    file: IO[bytes], arrays: Mapping[str, Streamed], metadata: Mapping[str, str] | None = None
) -> None:
    """Write arrays in the safetensors format, holding one piece in memory.

    The bytes are those of `safetensors`' own `save_file`.

    Parameters
    ----------
    file : binary file
        Where to write, from its current position; it is flushed.
    arrays : mapping of str to Streamed
        By name.
    metadata : mapping of str to str, optional
        Texts beside them.

    Raises
    ------
    ValueError
        If the pieces of an array do not add up to its shape or have another dtype.
    """
    # save_file's order: the widest type first, so that all data is aligned, then by name.
    ordered = sorted(arrays.items(), key=lambda item: (-np.dtype(item[1].dtype).itemsize, item[0]))
    file.write(_header(ordered, metadata))
    for name, array in ordered:
        start = file.tell()
        for piece in array.pieces:
            if piece.dtype != array.dtype:
                raise ValueError(f"{name}: a piece is {piece.dtype}, not {array.dtype}")
            file.write(np.ascontiguousarray(piece).data)
        if file.tell() - start != array.nbytes:
            raise ValueError(f"{name}: the pieces do not add up to shape {array.shape}")
    file.flush()


def _header(ordered: list[tuple[str, Streamed]], metadata: Mapping[str, str] | None) -> bytes:
    """Length, then JSON, padded with blanks to a multiple of 8 bytes."""
    entries: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    start = 0
    for name, array in ordered:
        stop = start + array.nbytes
        entries[name] = {
            "dtype": _TYPE_NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [start, stop],
        }
        start = stop
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text
