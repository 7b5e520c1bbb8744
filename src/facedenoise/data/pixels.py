"""Faces as images of one size: 8-bit grey squares, from words or from pictures."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from math import isqrt
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image, ImageOps

from facedenoise.data.face import Face
from facedenoise.data.labels import excerpt
from facedenoise.errors import InputError
from facedenoise.pictures import read_picture

MIN_SIDE = 8  # px; on smaller images the discriminator has no patch
_BATCH = 1 << 20  # characters that are decoded together; a picture counts for some
_PICTURE = 1 << 13

Images = NDArray[np.uint8]  # (n, 1, H, H)


def in_batches(faces: Iterable[Face]) -> Iterator[list[Face]]:
    """Yield the faces, several at a time."""
    batch: list[Face] = []
    waiting = 0
    for face in faces:
        batch.append(face)
        waiting += len(face.picture) if isinstance(face.picture, str) else _PICTURE
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
        """Return the good images, and what is wrong with the other faces, by their index.

        Raises an InputError if an image is too small, no square or not as large as the first, or if words are
        pictures of four channels, which would pass for grey ones of twice the side.
        """
        faults = {index: face.fault for index, face in enumerate(faces) if face.fault}
        whole = [index for index in range(len(faces)) if index not in faults]
        in_words = any(isinstance(faces[index].picture, str) for index in whole)
        decode = self._decode_words if in_words else self._decode_pictures
        images, wrong = decode([faces[index] for index in whole])
        return images, faults | {whole[index]: fault for index, fault in wrong.items()}

    def _decode_words(self, faces: list[Face]) -> tuple[Images, dict[int, str]]:
        texts = [str(face.picture).encode(errors="replace").decode() for face in faces]
        words = pl.Series(texts, dtype=pl.String).str.split(" ")
        values = words.cast(pl.List(pl.UInt8), strict=False)
        count = values.list.len()
        is_whole = values.list.drop_nulls().list.len() == count  # null: a word that is no number
        squares = (is_whole & (count.sqrt() % 1 == 0)).arg_true()
        if not self._count and len(squares):
            first = faces[squares[0]].place
            self._count, self._line = count[squares[0]], first.rpartition(": ")[2]
            _refuse_four_channels(first, values.filter(is_whole & (count == self._count)))
        is_good, side = is_whole & (count == self._count), isqrt(self._count)
        faults = {
            index: f"column 'pixels': {self._fault(words[index].to_list(), values[index].to_list())}"
            for index in (~is_good).arg_true()
        }
        images = values.filter(is_good).explode().to_numpy(writable=True)
        images = images.reshape(-1 if side else 0, 1, side, side)
        if len(images) and self._size not in (None, side):
            images = np.stack([grey_square(image[0], self._size)[np.newaxis] for image in images])
        return self._one_size(images, faces[0].place) if len(images) else images, faults

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

    def _decode_pictures(self, faces: list[Face]) -> tuple[Images, dict[int, str]]:
        images, faults = [], {}
        for index, face in enumerate(faces):
            try:
                pixels = _read(face.picture)
            except InputError as error:
                faults[index] = str(error)
            else:
                images.append(self._one_size(grey_square(pixels, self._size)[np.newaxis], face.place))
        return np.stack(images) if images else np.empty((0, 1, 1, 1), np.uint8), faults

    def _one_size(self, images: Images, place: str) -> Images:
        height, width = images.shape[-2:]
        side, first = self._first = self._first or (height, place)
        fault = f"{place}: {width} x {height} pixels"
        if height != width:
            raise InputError(f"{fault} are no square; set data.size, and squares are cut out")
        if side != height:
            raise InputError(f"{fault}, {first} has {side} x {side}; set data.size for all")
        if side < self._least:
            raise InputError(f"{fault}; give at least {self._least} x {self._least}")
        return images


def grey_square(pixels: NDArray[np.uint8] | NDArray[np.uint16], size: int | None) -> NDArray[np.uint8]:
    """Return a picture in grey: as it is, or the largest square from its middle, scaled with antialiasing.

    The picture has shape (H, W) or (H, W, C): grey, RGB, or either with an alpha, which does not count. Grey
    is the luma of ITU-R BT.601, scaled by Lanczos. A grey picture of this size comes back as it is.
    """
    if pixels.dtype == np.uint16:
        pixels = np.rint(pixels / np.float32(257)).astype(np.uint8)  # 16-bit levels between two 8-bit ones
    grey = Image.fromarray(pixels).convert("L")
    return np.asarray(ImageOps.fit(grey, (size, size), Image.Resampling.LANCZOS) if size else grey)


def _read(picture: str | bytes | Path) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Read a picture; what is wrong with it is said without its name."""
    with NamedTemporaryFile() if isinstance(picture, bytes) else nullcontext() as file:
        if file:
            file.write(picture)
            file.flush()
        path = Path(file.name if file else str(picture))
        try:
            return read_picture(path).pixels
        except InputError as error:
            raise InputError(str(error).removeprefix(f"{path}: ")) from None


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
