"""Write changed copies of picture files and of CSVs of faces, in bounded memory."""

import csv
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path, PurePath
from typing import Any, NamedTuple, TypeAlias

from numpy.typing import NDArray
from tqdm import tqdm

from facedenoise.data.face import Face, Problems
from facedenoise.data.pixels import Decoder, in_batches
from facedenoise.data.source import find_tables
from facedenoise.errors import InputError
from facedenoise.files import replacing
from facedenoise.pictures.files import format_suffix, read_pages, require_writable, write_pages
from facedenoise.pictures.picture import Picture
from facedenoise.shards import map_shards

_PIXELS_AT_ONCE = 1 << 22  # held in memory together; a larger picture is changed alone

Key: TypeAlias = PurePath | int  # a picture's name in its folder, or its row in a CSV
Source: TypeAlias = tuple[Key, NDArray[Any]]  # uint8, uint16 or floating point, (H, W) or (H, W, C)
Changed: TypeAlias = tuple[NDArray[Any], Any]  # new pixels, or the very ones that came, and a finding
Change: TypeAlias = Callable[[list[Source]], list[Changed]]
_Job: TypeAlias = tuple[Path, Path, list[Picture]]


class Outcome(NamedTuple):
    """What became of a file: what the change found out of each page, or why the file failed."""

    source: Path | str  # a URL, if it is elsewhere
    target: Path | str
    findings: Sequence[Any] = ()
    error: str | None = None


def rewrite_pictures(top: Path, pairs: Iterable[tuple[Path, Path]], change: Change) -> Iterator[Outcome]:
    """Change pictures in the folder `top`, each a file to read and one to write; a bad one stops no other.

    All pages of a stack are changed, each on its own. A file of which nothing is changed is copied byte by
    byte where the format stays the same. Each outcome comes as soon as the file is written; bad files may
    come before others that wait for company.
    """
    waiting: list[_Job] = []
    pixels = 0
    for source, target in pairs:
        try:
            pages = read_pages(source)
            require_writable(target, pages)
        except InputError as error:
            yield Outcome(source, target, error=str(error))
            continue
        waiting.append((source, target, pages))
        pixels += sum(page.pixels.size for page in pages)
        if pixels >= _PIXELS_AT_ONCE:
            yield from _rewrite(top, waiting, change)
            waiting, pixels = [], 0
    yield from _rewrite(top, waiting, change)


class Faces(NamedTuple):
    """Some faces of a CSV: the row of the first, and their images, shape (N, H, W)."""

    row: int
    images: NDArray[Any]

    def __str__(self) -> str:
        """Say which, from 0."""
        return f"rows {self.row} to {self.row + len(self.images) - 1}"


def rewrite_csv(source: Path, target: Path, change: Change, *, on_gpus: bool = False) -> Iterator[list[Any]]:
    """Change the faces of a CSV in a layout of FER2013; all other columns stay as they are.

    Yields what the change found, as it goes; for `on_gpus` see `map_shards`. Raises an `InputError` if the
    CSV is malformed; then nothing is written.
    """
    tables = [table for table in find_tables(source).values() if "pixels" in table.pictures]
    if len(tables) != 1:
        raise InputError(f"{source}: holds {len(tables)} CSVs of faces; name one")
    [table] = tables
    place = [name.lower() for name in table.header].index("pixels")
    decoder, problems = Decoder(), Problems()
    waiting: dict[int, list[Face]] = {}  # for their new pixels, by their first row

    def shards() -> Iterator[Faces]:
        row = 0
        for faces in in_batches(tqdm(table.faces, unit=" faces", leave=False, disable=None)):
            images, _ = decoder.decode(faces, problems)
            if decoder.layout and decoder.layout.channels > 1:
                raise InputError(f"{source}: {decoder.layout.description}; save colour as picture files")
            if not problems.lines:
                waiting[row] = faces
                yield Faces(row, images[:, 0, 0])
            row += len(faces)

    work = partial(_change_faces, change=change)
    with replacing(target) as temporary, temporary.open("w", -1, "utf-8", "surrogateescape", "") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(table.header)
        for row, changed in map_shards(work, shards(), on_gpus=on_gpus):
            for face, (image, _) in zip(waiting.pop(row), changed, strict=True):
                fields = [*face.fields]
                fields[place] = " ".join(map(str, image.ravel().tolist()))
                writer.writerow(fields)
            yield [finding for _, finding in changed]
        problems.settle()


def _change_faces(faces: Faces, *, change: Change) -> tuple[int, list[Changed]]:
    return faces.row, change(list(enumerate(faces.images, faces.row)))


def _rewrite(top: Path, jobs: list[_Job], change: Change) -> Iterator[Outcome]:
    sources: list[Source] = [
        (source.relative_to(top) / (str(number) if number else ""), page.pixels)
        for source, _, pages in jobs
        for number, page in enumerate(pages)
    ]
    changed = iter(change(sources))
    for source, target, pages in jobs:
        images, findings = zip(*islice(changed, len(pages)), strict=True)
        try:
            are_same = all(image is page.pixels for image, page in zip(images, pages, strict=True))
            if are_same and format_suffix(source) == format_suffix(target):
                with replacing(target) as temporary:
                    shutil.copyfile(source, temporary)
            else:
                write_pages(
                    target, [replace(page, pixels=image) for page, image in zip(pages, images, strict=True)]
                )
        except InputError as error:
            yield Outcome(source, target, error=str(error))
        except OSError as error:
            yield Outcome(source, target, error=f"{target}: cannot be written ({error.strerror or error})")
        else:
            yield Outcome(source, target, findings)
