"""Faces as images of one size: 8-bit grey squares, from words or from pictures."""

from collections.abc import Iterable, Iterator, Sequence
from math import isqrt
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from facedenoise.data.face import Face
from facedenoise.data.labels import excerpt
from facedenoise.errors import InputError
from facedenoise.pictures import Picture, read_picture, read_picture_bytes
from facedenoise.pictures.grey import grey_square

MIN_SIDE = 8  # px; on smaller images the discriminator has no patch
_BATCH = 1 << 20  # characters that are decoded together, so that memory is bounded; a face counts for more
_FACE = 1 << 12

Images = NDArray[np.uint8]  # (n, 1, H, H)


def in_batches(faces: Iterable[Face]) -> Iterator[list[Face]]:
    """Yield the faces, several at a time."""
    batch: list[Face] = []
    waiting = 0
    for face in faces:
        batch.append(face)
        waiting += _FACE + len(face.picture if isinstance(face.picture, str) else "")
        if waiting > _BATCH:
            yield batch
            batch, waiting = [], 0
    if batch:
        yield batch


class Decoder:
    """Decodes faces, which are to have one size, `least` pixels a side, or are cut and scaled to `size`."""

    def __init__(self, size: int | None = None, least: int = 1) -> None:
        self._size, self._least = size, least
        self._count, self._line = 0, ""  # values of the first square in words, and where it is
        self._first: tuple[int, str] | None = None  # side of the first image, and its place

    def decode(self, faces: Sequence[Face]) -> tuple[Images, dict[int, str]]:
        """Return the images of all faces, and what is wrong with some, whose images mean nothing, by index.

        Raises an InputError if an image is too small, no square or not as large as the first, or if words are
        pictures of four channels, which would pass for grey ones of twice the side.
        """
        decode = self._from_words if isinstance(faces[0].picture, str) else self._from_files
        images, faults = decode(faces)
        return images, faults | {index: face.fault for index, face in enumerate(faces) if face.fault}

    def _from_words(self, faces: Sequence[Face]) -> tuple[Images, dict[int, str]]:
        texts = [str(face.picture).encode(errors="replace").decode() for face in faces]
        words = pl.Series(texts, dtype=pl.String).str.split(" ")
        values = words.cast(pl.List(pl.UInt8), strict=False)
        count = values.list.len()
        is_whole = values.list.drop_nulls().list.len() == count  # null: a word that is no number
        squares = (is_whole & (count.sqrt() % 1 == 0)).arg_true()
        if not self._count and len(squares):
            self._count, self._line = count[squares[0]], faces[squares[0]].place.rpartition(": ")[2]
            _refuse_four_channels(faces[squares[0]].place, values.filter(is_whole & (count == self._count)))
        is_good, side = is_whole & (count == self._count), isqrt(self._count)
        faults = {
            index: f"column 'pixels': {self._fault(words[index].to_list(), values[index].to_list())}"
            for index in (~is_good).arg_true()
        }
        images = np.zeros((len(faces), 1, side, side), np.uint8)
        if is_good.any():
            images[is_good.to_numpy()] = (
                values.filter(is_good).explode().to_numpy().reshape(-1, 1, side, side)
            )
            if self._size not in (None, side):
                images = np.stack([grey_square(image[0], self._size)[np.newaxis] for image in images])
            self._require_size(images, faces[0].place)
        return images, faults

    def _fault(self, words: list[str], values: list[int | None]) -> str:
        if None in values:
            bad = values.index(None)
            pixel = f"pixel {bad + 1} is {excerpt(words[bad])}"
            return f"{pixel}; write whole numbers from 0 to 255, one blank between two"
        side = isqrt(len(values) // 3)
        if side >= MIN_SIDE and len(values) == 3 * side**2:
            return f"{len(values)} values, as {side} x {side} pixels of three channels; give grey ones"
        wanted = f"{self._count}, as {self._line} has" if self._count else "a square, as 48 x 48"
        return f"{len(values)} pixels; give each image {wanted}"

    def _from_files(self, faces: Sequence[Face]) -> tuple[Images, dict[int, str]]:
        images, faults = {}, {}
        for index, face in enumerate(faces):
            try:
                picture = _read(face.picture)
            except InputError as error:
                faults[index] = str(error).removeprefix(f"{face.place}: ")
            else:
                images[index] = grey_square(picture.pixels, self._size)[np.newaxis]
                self._require_size(images[index], face.place)
        none = np.zeros_like(next(iter(images.values()), np.zeros((1, 1, 1), np.uint8)))
        return np.stack([images.get(index, none) for index in range(len(faces))]), faults

    def _require_size(self, images: NDArray[np.uint8], place: str) -> None:
        height, width = images.shape[-2:]
        side, first = self._first = self._first or (height, place)
        fault = f"{place}: {width} x {height} pixels"
        if height != width:
            raise InputError(f"{fault} are no square; set data.size, and squares are cut out")
        if side != height:
            raise InputError(f"{fault}, {first} has {side} x {side}; set data.size for all")
        if side < self._least:
            raise InputError(f"{fault}; give at least {self._least} x {self._least}")


def _read(picture: str | bytes | Path) -> Picture:
    return read_picture_bytes(picture) if isinstance(picture, bytes) else read_picture(Path(picture))


def _refuse_four_channels(place: str, values: pl.Series) -> None:
    """Refuse what has opaque alpha, or is smooth as four channels rather than as twice the side in grey."""
    flat = np.stack([each.to_numpy() for each in values.head(64)]).astype(np.int16)
    half = isqrt(flat.shape[1]) // 2
    if half < MIN_SIDE or flat.shape[1] != 4 * half**2:
        return

    def change(*steps: int) -> float:
        return sum(float(np.abs(flat[:, step:] - flat[:, :-step]).mean()) for step in steps)

    pixels = flat.reshape(len(flat), -1, 4)
    is_white = pixels == 255  # noqa: PLR2004
    is_opaque = is_white[..., 3].all() and not is_white[..., :3].mean() > 0.5  # noqa: PLR2004
    mixed, stacked, grey = change(4, 4 * half), change(1, half), change(1, 2 * half)
    if is_opaque or min(mixed, stacked) < 0.8 * grey:
        what = f"{4 * half**2} values are {half} x {half} pixels of four channels"
        raise InputError(f"{place}: column 'pixels': {what}; give one grey value a pixel")
