"""Write changed copies of picture files and of CSVs of faces, in bounded memory."""

import csv
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePath
from typing import Any, NamedTuple, TypeAlias

from numpy.typing import NDArray
from tqdm import tqdm

from facedenoise.data.face import Problems, in_lines
from facedenoise.data.face_csv import find_csvs
from facedenoise.data.pixels import Decoder, in_batches
from facedenoise.errors import InputError
from facedenoise.files import replacing
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
    """Change the faces of a CSV in a layout of FER2013; all other columns stay as they are.

    Raises an `InputError` if the CSV is malformed; then nothing is written.
    """
    file, *others = find_csvs(source)
    if others:
        raise InputError(f"{source}: holds several CSV files; take them out and name one")
    decoder, problems, row = Decoder(), Problems(), 0
    with replacing(target) as temporary, temporary.open("w", -1, "utf-8", "surrogateescape", "") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(file.header)
        for faces in in_batches(tqdm(file.faces(), unit=" faces", leave=False, disable=None)):
            images, faults = decoder.decode(faces)
            problems.add(*in_lines(faces, faults))
            changed = change(list(enumerate(images[:, 0], row))) if not problems.lines else []
            for face, (image, _) in zip(faces, changed, strict=False):
                face.fields[file.index["pixels"]] = " ".join(map(str, image.ravel().tolist()))
                writer.writerow(face.fields)
            row += len(faces)
        problems.settle()


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
