"""One split while it is collected: its columns on disk, so that memory stays bounded."""

import tempfile
from collections.abc import Iterator
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from facedenoise.data.fer_csv import Block
from facedenoise.data.streamed import Streamed

_ROWS_AT_ONCE = 1024


class SpooledColumn:
    """An array that grows in a temporary file; what is read of it is mapped, not held in memory.

    Parameters
    ----------
    folder : Path
        Where the file may grow. It has no name, so nothing of it outlives the process.
    dtype : str
        Of the array.
    """

    def __init__(self, folder: Path, dtype: str) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._dtype = dtype
        self.shape: tuple[int, ...] = (0,)

    def close(self) -> None:
        """Give the file up."""
        self._file.close()

    def append(self, rows: NDArray[Any]) -> None:
        """Append some rows; all have one shape."""
        self._file.write(np.ascontiguousarray(rows, self._dtype).data)
        self.shape = (self.shape[0] + len(rows), *rows.shape[1:])

    def mapped(self) -> NDArray[Any]:
        """Give the whole; a change of it is one of the file."""
        self._file.flush()
        return np.memmap(self._file, self._dtype, "r+", shape=self.shape)

    def pieces(self) -> Iterator[NDArray[Any]]:
        """Give the rows in order, some at a time."""
        whole = self.mapped()
        for start in range(0, len(whole), _ROWS_AT_ONCE):
            yield whole[start : start + _ROWS_AT_ONCE]

    def kept(self, kept: NDArray[np.bool_]) -> Streamed:
        """Give the rows that are marked, as an array to be written."""
        marks = (kept[start : start + _ROWS_AT_ONCE] for start in range(0, len(kept), _ROWS_AT_ONCE))
        chosen = (piece[mark] for piece, mark in zip(self.pieces(), marks, strict=True))
        return Streamed(self._dtype, (int(kept.sum()), *self.shape[1:]), chosen)


class SpooledSplit:
    """The rows of one split, in temporary files.

    Parameters
    ----------
    folder : Path
        Where these may grow.

    Attributes
    ----------
    images, emotions, rows : SpooledColumn
        uint8, shape (N, 1, H, H); int64, shape (N,): the emotion and the CSV row of each image.
    digests : SpooledColumn
        16 bytes each, shape (N,): equal for equal images.
    constant : int
        How many images are one grey all over.
    """

    def __init__(self, folder: Path) -> None:
        self.images, self.emotions, self.rows, self.digests, self._ordered = (
            SpooledColumn(folder, dtype) for dtype in ("uint8", "int64", "int64", "S16", "S16")
        )
        self.constant = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for column in (self.images, self.emotions, self.rows, self.digests, self._ordered):
            column.close()

    def __len__(self) -> int:
        return self.rows.shape[0]

    @property
    def side(self) -> int:
        """Height and width of the images; 0 as long as there is none."""
        return self.images.shape[-1]

    def add(self, block: Block, chosen: NDArray[np.intp]) -> None:
        """Append the chosen rows of a block, given by their positions in it."""
        images = block.images[chosen]
        self.images.append(images)
        self.emotions.append(block.emotion[chosen])
        self.rows.append(block.row[chosen])
        self.digests.append(np.array([blake2b(image, digest_size=16).digest() for image in images]))
        self.constant += int((images == images[:, :, :1, :1]).all(axis=(1, 2, 3)).sum())

    def tensors(self, kept: NDArray[np.bool_]) -> dict[str, Streamed]:
        """Give the kept rows as the arrays of the split's file."""
        return {
            "images": self.images.kept(kept),
            "emotion": self.emotions.kept(kept),
            "row": self.rows.kept(kept),
        }

    @cached_property
    def ordered_digests(self) -> NDArray[np.bytes_]:
        """The digests in rising order, once all rows have been added."""
        for piece in self.digests.pieces():
            self._ordered.append(piece)
        ordered = self._ordered.mapped()
        ordered.sort()  # in place: in the file
        return ordered

    def found_in(self, other: "SpooledSplit") -> NDArray[np.bool_]:
        """Tell which images have an exact copy in another split; shape (N,)."""
        return np.concatenate([_stand_in(other.ordered_digests, piece) for piece in self.digests.pieces()])


def _stand_in(ordered: NDArray[np.bytes_], digests: NDArray[np.bytes_]) -> NDArray[np.bool_]:
    """Tell which digests stand among others, which are in rising order."""
    places = np.searchsorted(ordered, digests)
    return ordered.take(places, mode="clip") == digests
