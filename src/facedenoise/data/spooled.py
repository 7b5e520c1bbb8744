"""One split while it is collected: the images on disk, so that memory stays bounded."""

import tempfile
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from facedenoise.data.fer_csv import Block
from facedenoise.data.streamed import Streamed

_ROWS_AT_ONCE = 64


class SpooledSplit:
    """The rows of one split; the images lie in a temporary file, all else in memory.

    Parameters
    ----------
    folder : Path
        Where the temporary file may grow. It has no name, so nothing of it outlives the process.

    Attributes
    ----------
    emotions, rows : list of numpy.ndarray
        int64: the emotion and the CSV row of each image, in pieces.
    digests : list of bytes
        One for each image, equal for equal images.
    constant : int
        How many images are one grey all over.
    side : int
        Height and width of the images; 0 as long as there is none.
    """

    def __init__(self, folder: Path) -> None:
        self._images = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self.emotions: list[NDArray[np.int64]] = []
        self.rows: list[NDArray[np.int64]] = []
        self.digests: list[bytes] = []
        self.constant = 0
        self.side = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._images.close()

    def __len__(self) -> int:
        return len(self.digests)

    def add(self, block: Block, chosen: NDArray[np.intp]) -> None:
        """Append the chosen rows of a block, given by their positions in it."""
        images = block.images[chosen]
        self._images.write(images.data)
        self.emotions.append(block.emotion[chosen])
        self.rows.append(block.row[chosen])
        self.digests += [blake2b(image, digest_size=16).digest() for image in images]
        self.constant += int((images == images[:, :, :1, :1]).all(axis=(1, 2, 3)).sum())
        self.side = images.shape[-1]

    def tensors(self, kept: NDArray[np.bool_]) -> dict[str, Streamed]:
        """Give the kept rows as the arrays of the split's file."""
        count = int(kept.sum())
        return {
            "images": Streamed("uint8", (count, 1, self.side, self.side), self._kept_images(kept)),
            "emotion": Streamed("int64", (count,), [np.concatenate(self.emotions)[kept]]),
            "row": Streamed("int64", (count,), [np.concatenate(self.rows)[kept]]),
        }

    def _kept_images(self, kept: NDArray[np.bool_]) -> Iterator[NDArray[np.uint8]]:
        self._images.flush()
        images = np.memmap(self._images, np.uint8, "r", shape=(len(self), 1, self.side, self.side))
        for start in range(0, len(self), _ROWS_AT_ONCE):
            stop = start + _ROWS_AT_ONCE
            yield images[start:stop][kept[start:stop]]
