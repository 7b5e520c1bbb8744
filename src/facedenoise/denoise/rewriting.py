"""Write changed copies of picture files and of CSVs of faces, in bounded memory."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facedenoise.data.fer_csv import read_blocks
from facedenoise.data.fer_writer import write_fer_rows
from facedenoise.errors import InputError
from facedenoise.files import replacing
from facedenoise.images.fer2013 import USAGES
from facedenoise.pictures.files import Picture, format_suffix, read_picture, require_writable, write_picture

_PIXELS_AT_ONCE = 1 << 22  # held in memory together; a larger picture is changed alone

Key: TypeAlias = PurePath | int  # a picture's name in its folder, or its row in a CSV
Source: TypeAlias = tuple[Key, NDArray[Any]]  # uint8 or uint16, (H, W) or (H, W, C)
Changed: TypeAlias = tuple[NDArray[Any], Any]  # new pixels, or the very ones that came, and a finding
Change: TypeAlias = Callable[[list[Source]], list[Changed]]
_Job: TypeAlias = tuple[Path, Path, Picture]


class Outcome(NamedTuple):
    """What became of a file: what the change found out, or the error because of which it failed."""

    source: Path
    target: Path
    finding: Any = None
    error: str | None = None


def rewrite_pictures(top: Path, pairs: Iterable[tuple[Path, Path]], change: Change) -> Iterator[Outcome]:
    """Change pictures in the folder `top`, each a file to read and one to write; a bad one stops no other.

    A picture that is not changed is copied byte by byte where the format stays the same. Each outcome comes
    as soon as the picture is written; bad files may come before others that wait for company.
    """
    waiting: list[_Job] = []
    pixels = 0
    for source, target in pairs:
        try:
            picture = read_picture(source)
            require_writable(target, picture)
        except InputError as error:
            yield Outcome(source, target, error=str(error))
            continue
        waiting.append((source, target, picture))
        pixels += picture.pixels.size
        if pixels >= _PIXELS_AT_ONCE:
            yield from _rewrite(top, waiting, change)
            waiting, pixels = [], 0
    yield from _rewrite(top, waiting, change)


def rewrite_csv(source: Path, target: Path, change: Change) -> None:
    """Change the faces of a CSV in the layout of FER2013; emotion and Usage stay as they are.

    Raises an `InputError` if the CSV is malformed; then nothing is written.
    """

    def rows() -> Iterator[tuple[NDArray[np.uint8], int, str]]:
        with tqdm(total=source.stat().st_size, unit="B", unit_scale=True, leave=False, disable=None) as bar:
            for block in read_blocks(source):
                changed = change(list(zip(block.row.tolist(), block.images[:, 0], strict=True)))
                faces, usage = (face for face, _ in changed), (USAGES[code] for code in block.usage)
                yield from zip(faces, block.emotion.tolist(), usage, strict=True)
                bar.update(block.offset - bar.n)

    write_fer_rows(target, rows())


def _rewrite(top: Path, jobs: list[_Job], change: Change) -> Iterator[Outcome]:
    changed = change([(source.relative_to(top), picture.pixels) for source, _, picture in jobs])
    for (source, target, picture), (pixels, finding) in zip(jobs, changed, strict=True):
        try:
            if pixels is picture.pixels and format_suffix(source) == format_suffix(target):
                with replacing(target) as temporary:
                    shutil.copyfile(source, temporary)
            else:
                write_picture(target, Picture(pixels, picture.icc_profile))
        except InputError as error:
            yield Outcome(source, target, error=str(error))
        except OSError as error:
            yield Outcome(source, target, error=f"{target}: cannot be written ({error.strerror or error})")
        else:
            yield Outcome(source, target, finding)
