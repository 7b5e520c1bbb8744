"""Faces as images of one size: squares of 8 bits, grey or RGB, from words or from pictures."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from facedenoise.data.face import Face, Picture, Problems
from facedenoise.data.labels import excerpt
from facedenoise.data.layout import Layout, layout_of
from facedenoise.errors import InputError
from facedenoise.pictures import read_picture, read_picture_bytes
from facedenoise.pictures.squares import square

_BATCH = 1 << 20  # characters that are decoded together, so that memory is bounded; a face counts for more
_FACE = 1 << 12

Images = NDArray[np.uint8]  # (n, p, C, H, H): the p pictures of each face, the clean one first
_Numbers: TypeAlias = Mapping[str, NDArray[np.uint8] | None]


def in_batches(faces: Iterable[Face]) -> Iterator[list[Face]]:
    """Yield the faces, several at a time."""
    batch, waiting = list[Face](), 0
    for face in faces:
        batch.append(face)
        waiting += _FACE + sum(map(len, _texts([face])))
        if waiting > _BATCH:
            yield batch
            batch, waiting = [], 0
    if batch:
        yield batch


class Decoder:
    """Decodes faces of one size, `least` pixels a side or more; or cuts and scales them to `size`."""

    def __init__(self, size: int | None = None, least: int = 1, channels: int = 1) -> None:
        self._size, self._least, self._channels = size, least, channels
        self._first: tuple[int, str] | None = None  # side of the first image, and its place
        self.layout: Layout | None = None  # of values in words

    def decode(self, faces: Sequence[Face], problems: Problems) -> tuple[Images, list[int]]:
        """Return the images of faces without fault, and their indices; note what is wrong with others."""
        numbers = _parse(_texts(faces))
        clean = (numbers[text] for face in faces if not face.fault for text in _texts([face])[:1])
        self._find_layout([values for values in clean if values is not None])
        images, good = [], []
        for index, face in enumerate(faces):
            with problems.noting(face.place, face.hint):
                images.append(self._squares(face, numbers))
                good.append(index)
        return np.stack(images) if images else np.empty((0, 1, 1, 1, 1), np.uint8), good

    def _find_layout(self, pictures: list[NDArray[np.uint8]]) -> None:
        for count in dict.fromkeys(map(len, pictures)):
            self.layout = self.layout or layout_of([values for values in pictures if len(values) == count])

    def _squares(self, face: Face, numbers: _Numbers) -> NDArray[np.uint8]:
        """Return the pictures of a face, (p, C, H, H), with the size of all; else InputError."""
        if face.fault:
            raise InputError(face.fault)
        pictures = [self._read(name, picture, numbers) for name, picture in face.pictures.items()]
        sizes = dict.fromkeys(f"{pixels.shape[1]} x {pixels.shape[0]} pixels" for pixels in pictures)
        if len(sizes) > 1:
            raise InputError(f"{' and '.join(sizes)} in one pair; give both the same size")
        images = np.stack([square(pixels, self._size, self._channels) for pixels in pictures])
        self._require_size(images[0, 0], face.place)
        return images

    def _require_size(self, image: NDArray[np.uint8], place: str) -> None:
        height, width = image.shape
        side, first = self._first or (height, place)
        if not self._least <= side == height == width:
            least = f"squares, {self._least} x {self._least} or larger"
            wanted = f"{side} x {side}, as {first} has" if self._first else least
            raise InputError(f"{width} x {height} pixels; give {wanted}, or set data.size")
        self._first = side, first

    def _read(self, name: str, picture: Picture, numbers: _Numbers) -> NDArray[Any]:
        """Return the pixels of a picture, shape (H, W) or (H, W, C); else InputError."""
        if isinstance(picture, Path):
            return read_picture(picture).pixels
        try:
            if isinstance(picture, str):
                return self._shaped(picture, numbers[picture])
            if not picture:
                raise InputError("no picture, or only the name of one; embed its bytes")
            return read_picture_bytes(picture).pixels
        except InputError as error:
            raise InputError(f"column '{name}': {error}") from None

    def _shaped(self, text: str, values: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
        if values is None:
            words = _words([text]).explode()
            bad = words.cast(pl.UInt8, strict=False).is_null().arg_true()[0]
            pixel = f"pixel {bad + 1} is {excerpt(words[bad])}"
            raise InputError(f"{pixel}; write whole numbers from 0 to 255, one blank between two")
        if self.layout and len(values) == self.layout.values:
            return self.layout.pixels(values)
        wanted = f"{self.layout.values}, as others have" if self.layout else "a square, as 48 x 48"
        raise InputError(f"{len(values)} pixels; give each image {wanted}")


def _texts(faces: Iterable[Face]) -> list[str]:
    return [picture for face in faces for picture in face.pictures.values() if isinstance(picture, str)]


def _parse(texts: Sequence[str]) -> _Numbers:
    """Return the numbers in each text; None for a text with a word that is none from 0 to 255."""
    values = _words(texts).cast(pl.List(pl.UInt8), strict=False)  # null: no such number
    numbers = (None if each.has_nulls() else each.to_numpy() for each in values)
    return dict(zip(texts, numbers, strict=True))


def _words(texts: Sequence[str]) -> pl.Series:
    printable = [text.encode(errors="replace").decode() for text in texts]
    return pl.Series(printable, dtype=pl.String).str.split(" ")
