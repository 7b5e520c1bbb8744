"""Faces as images of one size: squares of 8 bits, grey or RGB, from words or from pictures."""

from collections.abc import Iterable, Iterator, Sequence
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

_BATCH = 1 << 20  # characters that are decoded together, so that memory is bounded; a face counts for more
_FACE = 1 << 12

Images = NDArray[np.uint8]  # (n, p, C, H, H): the p pictures of each face, the clean one first


def in_batches(faces: Iterable[Face]) -> Iterator[list[Face]]:
    """Yield the faces, several at a time."""
    batch: list[Face] = []
    waiting = 0
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
        self._numbers: dict[str, NDArray[np.uint8] | None] = {}  # of the words in a batch
        self.layout: Layout | None = None  # of words

    def decode(self, faces: Sequence[Face], problems: Problems) -> tuple[Images, list[int]]:
        """Return the images of faces without fault, and their indices; note what is wrong with others."""
        self._numbers = _parse(_texts(faces))
        self._find_layout(faces)
        images, good = [], []
        for index, face in enumerate(faces):
            with problems.noting(face):
                images.append(self._squares(face))
                good.append(index)
        return np.stack(images) if images else np.empty((0, 1, 1, 1, 1), np.uint8), good

    def _find_layout(self, faces: Sequence[Face]) -> None:
        texts = [text for face in faces if not face.fault for text in _texts([face])[:1]]
        clean = [values for text in texts if (values := self._numbers[text]) is not None]
        for count in dict.fromkeys(map(len, clean)):
            self.layout = self.layout or layout_of([values for values in clean if len(values) == count])

    def _squares(self, face: Face) -> NDArray[np.uint8]:
        """Return the pictures of a face, (p, C, H, H), with the size of all; else InputError."""
        if face.fault:
            raise InputError(face.fault)
        pictures = {name: self._read(name, picture) for name, picture in face.pictures.items()}
        clean, *noisy = pictures.items()
        for name, pixels in noisy:
            if pixels.shape[:2] != clean[1].shape[:2]:
                sizes = f"{_size(pixels)} in '{name}', but {_size(clean[1])} in '{clean[0]}'"
                raise InputError(f"{sizes}; give both the same size")
        images = np.stack([square(pixels, self._size, self._channels) for pixels in pictures.values()])
        self._require_size(images[0, 0], face.place)
        return images

    def _read(self, name: str, picture: Picture) -> NDArray[Any]:
        """Return the pixels of a picture, shape (H, W) or (H, W, C); else InputError."""
        if isinstance(picture, Path):
            return read_picture(picture).pixels
        try:
            if isinstance(picture, str):
                return self._shaped(picture)
            if not picture:
                raise InputError("no picture, or only the name of one; embed its bytes")
            return read_picture_bytes(picture).pixels
        except InputError as error:
            raise InputError(f"column '{name}': {error}") from None

    def _shaped(self, text: str) -> NDArray[np.uint8]:
        values = self._numbers[text]
        if values is None:
            words = _words([text]).explode()
            bad = words.cast(pl.UInt8, strict=False).is_null().arg_true()[0]
            pixel = f"pixel {bad + 1} is {excerpt(words[bad])}"
            raise InputError(f"{pixel}; write whole numbers from 0 to 255, one blank between two")
        if self.layout and len(values) == self.layout.values:
            return self.layout.pixels(values)
        wanted = f"{self.layout.values}, as others have" if self.layout else "a square, as 48 x 48"
        raise InputError(f"{len(values)} pixels; give each image {wanted}")

    def _require_size(self, image: NDArray[np.uint8], place: str) -> None:
        (height, width), fault = image.shape, _size(image)
        if height != width:
            raise InputError(f"{fault} are no square; set data.size, and squares are cut out")
        side, first = self._first or (height, place)
        if side != height:
            raise InputError(f"{fault}, {first} has {side} x {side}; set data.size for all")
        if side < self._least:
            raise InputError(f"{fault}; give at least {self._least} x {self._least}")
        self._first = side, first


def _texts(faces: Iterable[Face]) -> list[str]:
    return [picture for face in faces for picture in face.pictures.values() if isinstance(picture, str)]


def _parse(texts: Sequence[str]) -> dict[str, NDArray[np.uint8] | None]:
    """Return the numbers in each text; None for a text with a word that is none from 0 to 255."""
    values = _words(texts).cast(pl.List(pl.UInt8), strict=False)  # null: no such number
    numbers = (None if each.has_nulls() else each.to_numpy() for each in values)
    return dict(zip(texts, numbers, strict=True))


def _words(texts: Sequence[str]) -> pl.Series:
    printable = [text.encode(errors="replace").decode() for text in texts]
    return pl.Series(printable, dtype=pl.String).str.split(" ")


def _size(pixels: NDArray[Any]) -> str:
    return f"{pixels.shape[1]} x {pixels.shape[0]} pixels"
