"""Faces as images of one size: squares of 8 bits, grey or RGB, from words or from pictures."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from facedenoise.data.face import Face, Picture, Problems
from facedenoise.data.labels import excerpt
from facedenoise.data.layout import Layout, layout_of
from facedenoise.errors import InputError
from facedenoise.pictures import read_picture, read_picture_bytes
from facedenoise.pictures.squares import square

NO_PICTURE = "no picture, or only the name of one; embed its bytes"
_BATCH = 96  # faces that are decoded together

Images = NDArray[np.uint8]  # (n, p, C, H, H): the p pictures of each face, the clean one first


def in_batches(faces: Iterable[Face]) -> Iterator[list[Face]]:
    """Yield the faces, several at a time."""
    left = iter(faces)
    return iter(lambda: [*islice(left, _BATCH)], [])


class Decoder:
    """Decodes faces of one size, `least` pixels a side or more; or cuts and scales them to `size`."""

    def __init__(self, size: int | None = None, least: int = 1, channels: int = 1) -> None:
        self._size, self._least, self._channels = size, least, channels
        self._first: tuple[int, str] | None = None  # side of the first image, and its place
        self._values: dict[str, tuple[pl.Series, pl.Series]] = {}  # of a batch: words, and their numbers
        self.layout: Layout | None = None  # of values in words

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of a picture: channels, height and width, once there is a first one."""
        side = self._first[0] if self._first else 0
        return self._channels, side, side

    def learn(self, faces: Iterable[Face]) -> None:
        """Learn the size and the layout of all pictures from the first ones without fault."""
        batches = in_batches(faces)
        while not self._first and (batch := next(batches, None)):
            self.decode(batch, Problems(skip=True))

    def decode(self, faces: Sequence[Face], problems: Problems) -> tuple[Images, list[int]]:
        """Return the images of faces without fault, and their indices; note what is wrong with others."""
        self._parse([[text for text in face.pictures.values() if isinstance(text, str)] for face in faces])
        images, good = [], []
        for index, face in enumerate(faces):
            with problems.noting(face.place, face.hint):
                images.append(self._squares(face))
                good.append(index)
        return np.stack(images) if images else np.empty((0, 1, 1, 1, 1), np.uint8), good

    def _parse(self, texts: list[list[str]]) -> None:
        """Remember the values of texts; the clean pictures, the first of each face, tell their layout."""
        printable = {text: text.encode(errors="replace").decode() for text in chain(*texts)}
        words = pl.Series([*printable.values()], dtype=pl.String).str.split(" ")
        numbers = words.cast(pl.List(pl.UInt8), strict=False)  # null: none from 0 to 255
        self._values = dict(zip(printable, zip(words, numbers, strict=True), strict=True))
        clean = [self._values[text][1] for text, *_ in filter(None, texts)] if not self.layout else []
        whole = [values.to_numpy() for values in clean if not values.has_nulls()]
        for count in dict.fromkeys(map(len, whole)):
            self.layout = self.layout or layout_of([values for values in whole if len(values) == count])

    def _squares(self, face: Face) -> NDArray[np.uint8]:
        """Return the pictures of a face, (p, C, H, H), with the size of all; else InputError."""
        if face.fault:
            raise InputError(face.fault)
        pictures = [self._read(name, picture) for name, picture in face.pictures.items()]
        sizes = dict.fromkeys(f"{pixels.shape[1]} x {pixels.shape[0]} pixels" for pixels in pictures)
        if len(sizes) > 1:
            raise InputError(f"{' and '.join(sizes)} in one pair; give both the same size")
        images = np.stack([square(pixels, self._size, self._channels) for pixels in pictures])
        height, width = images.shape[2:]
        side, first = self._first or (height, face.place)
        if not self._least <= side == height == width:
            least = f"squares, {self._least} x {self._least} or larger"
            wanted = f"{side} x {side}, as {first} has" if self._first else least
            raise InputError(f"{width} x {height} pixels; give {wanted}, or set data.size")
        self._first = side, first
        return images

    def _read(self, name: str, picture: Picture) -> NDArray[Any]:
        """Return the pixels of a picture, shape (H, W) or (H, W, C); else InputError."""
        if isinstance(picture, Path):
            return read_picture(picture).pixels
        try:
            if isinstance(picture, str):
                return self._shaped(*self._values[picture])
            if not picture:
                raise InputError(NO_PICTURE)
            return read_picture_bytes(picture).pixels
        except InputError as error:
            raise InputError(f"column '{name}': {error}") from None

    def _shaped(self, words: pl.Series, numbers: pl.Series) -> NDArray[np.uint8]:
        if numbers.has_nulls():
            bad = numbers.is_null().arg_true()[0]
            pixel = f"pixel {bad + 1} is {excerpt(words[bad])}"
            raise InputError(f"{pixel}; write whole numbers from 0 to 255, one blank between two")
        if self.layout and len(numbers) == self.layout.values:
            return self.layout.pixels(numbers.to_numpy())
        wanted = f"{self.layout.values}, as others have" if self.layout else "a square, as 48 x 48"
        raise InputError(f"{len(numbers)} pixels; give each image {wanted}")
