"""Faces as images of one size: squares of 8 bits, grey or RGB, from words or from pictures."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from facedenoise.data.face import Face, Picture
from facedenoise.data.labels import excerpt
from facedenoise.data.layout import Layout, layout_of
from facedenoise.errors import InputError
from facedenoise.pictures import read_picture, read_picture_bytes
from facedenoise.pictures.squares import square

_BATCH = 1 << 20  # characters that are decoded together, so that memory is bounded; a face counts for more
_FACE = 1 << 12
_JUDGED = 64  # pictures by which the layout is told

Images = NDArray[np.uint8]  # (n, p, C, H, H): the p pictures of each face, the clean one first


def in_batches(faces: Iterable[Face]) -> Iterator[list[Face]]:
    """Yield the faces, several at a time."""
    batch: list[Face] = []
    waiting = 0
    for face in faces:
        batch.append(face)
        waiting += _FACE + sum(len(picture) for picture in face.pictures.values() if isinstance(picture, str))
        if waiting > _BATCH:
            yield batch
            batch, waiting = [], 0
    if batch:
        yield batch


_Arrays = dict[str, NDArray[Any]]
_Numbers = dict[str, NDArray[np.uint8] | None]


class Decoder:
    """Decodes faces of one size, `least` pixels a side or more; or cuts and scales them to `size`."""

    def __init__(self, size: int | None = None, least: int = 1, channels: int = 1) -> None:
        self._size, self._least, self._channels = size, least, channels
        self._first: tuple[int, str] | None = None  # side of the first image, and its place
        self.layout: Layout | None = None  # of words

    def decode(self, faces: Sequence[Face]) -> tuple[Images, dict[int, str]]:
        """Return the images of the faces without fault, and what is wrong with the others, by index."""
        pictures = [picture for face in faces for picture in face.pictures.values()]
        numbers = _parse([picture for picture in pictures if isinstance(picture, str)])
        images, read = [], dict[int, _Arrays]()
        faults = {index: face.fault for index, face in enumerate(faces) if face.fault}
        for index, face in enumerate(faces):
            if index not in faults:
                with _noting(faults, index, face):
                    read[index] = {name: _read(name, face.pictures[name], numbers) for name in face.pictures}
        self._find_layout([next(iter(arrays.values())) for arrays in read.values()])
        for index, arrays in read.items():
            with _noting(faults, index, faces[index]):
                images.append(self._squares(arrays, faces[index].place))
        return np.stack(images) if images else np.empty((0, 1, 1, 1, 1), np.uint8), faults

    def _find_layout(self, clean: list[NDArray[Any]]) -> None:
        words = [values for values in clean if values.ndim == 1]
        for count in dict.fromkeys(map(len, words)):
            same = (values for values in words if len(values) == count)
            self.layout = self.layout or layout_of([*islice(same, _JUDGED)])

    def _squares(self, arrays: _Arrays, place: str) -> NDArray[np.uint8]:
        """Return the pictures of a face, of words in this layout, with one size; else InputError."""
        pictures = {name: self._shaped(name, values) for name, values in arrays.items()}
        clean, *noisy = pictures.items()
        for name, pixels in noisy:
            if pixels.shape[:2] != clean[1].shape[:2]:
                sizes = f"{_size(pixels)} in '{name}', but {_size(clean[1])} in '{clean[0]}'"
                raise InputError(f"{sizes}; give both the same size")
        images = np.stack([square(pixels, self._size, self._channels) for pixels in pictures.values()])
        self._require_size(images[0, 0], place)
        return images

    def _shaped(self, name: str, values: NDArray[Any]) -> NDArray[Any]:
        if values.ndim > 1:
            return values
        if self.layout and len(values) == self.layout.values:
            return self.layout.pixels(values)
        wanted = f"{self.layout.values}, as others have" if self.layout else "a square, as 48 x 48"
        raise InputError(f"column '{name}': {len(values)} pixels; give each image {wanted}")

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


@contextmanager
def _noting(faults: dict[int, str], index: int, face: Face) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        faults[index] = str(error).removeprefix(f"{face.place}: ")


def _read(name: str, picture: Picture, numbers: _Numbers) -> NDArray[Any]:
    """Return the pixels of a picture, (H, W) or (H, W, C), or the numbers of words, (n,); else InputError."""
    if isinstance(picture, Path):
        return read_picture(picture).pixels
    try:
        if isinstance(picture, str):
            return _require_numbers(picture, numbers[picture])
        if not picture:
            raise InputError("no picture, or only the name of one; embed its bytes")
        return read_picture_bytes(picture).pixels
    except InputError as error:
        raise InputError(f"column '{name}': {error}") from None


def _parse(texts: Sequence[str]) -> _Numbers:
    """Return the numbers in each text; None for a text with a word that is none from 0 to 255."""
    values = _words(texts).cast(pl.List(pl.UInt8), strict=False)  # null: no such number
    counts = values.list.len().to_numpy()
    is_whole = values.list.drop_nulls().list.len().to_numpy() == counts
    flat, ends = values.explode().fill_null(0).to_numpy(), np.cumsum(counts)
    pixels = (flat[end - count : end] for end, count in zip(ends, counts, strict=True))
    return {text: each if whole else None for text, each, whole in zip(texts, pixels, is_whole, strict=True)}


def _words(texts: Sequence[str]) -> pl.Series:
    printable = [text.encode(errors="replace").decode() for text in texts]
    return pl.Series(printable, dtype=pl.String).str.split(" ")


def _require_numbers(text: str, numbers: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    if numbers is None:
        words = _words([text]).explode()
        bad = words.cast(pl.UInt8, strict=False).is_null().arg_true()[0]
        pixel = f"pixel {bad + 1} is {excerpt(words[bad])}"
        raise InputError(f"{pixel}; write whole numbers from 0 to 255, one blank between two")
    return numbers


def _size(pixels: NDArray[Any]) -> str:
    return f"{pixels.shape[1]} x {pixels.shape[0]} pixels"
