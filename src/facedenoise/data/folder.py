"""Faces from a folder of pictures, at any depth; the names of folders say split and label."""

import re
from collections.abc import Iterator
from pathlib import Path

from facedenoise.data.face import Face, Source, split_code
from facedenoise.data.labels import Labels
from facedenoise.errors import InputError
from facedenoise.pictures.folders import find_pictures


def open_folder(folder: Path) -> Source:
    """Open a folder with `train/happy/1.png`, `happy/1.png` or `1.png`, below folders around all of them.

    Pictures are sorted by split, then by name, numbers as numbers. One in `test` whose name begins with
    `PublicTest_` is for validation, as in FER2013 where others have unpacked it.
    """
    try:
        found = find_pictures(folder)
    except InputError:
        kinds = "a CSV of faces, Parquet files or pictures (png, jpg, bmp, tiff, webp)"
        raise InputError(f"{folder}: nothing in it that can be read; give {kinds}") from None
    if found.problems:
        raise InputError("\n".join(found.problems))
    remarks = tuple(f"{link}: a link to a folder, not followed" for link in found.links)
    return Source(_faces(folder, found.pictures), Labels(), remarks=remarks)


def _faces(folder: Path, pictures: list[Path]) -> Iterator[Face]:
    folders = [path.relative_to(folder).parts[:-1] for path in pictures]
    around = 0  # how many folders are around all pictures and say nothing
    while {name for names in folders for name in names[around : around + 1]} and _same(folders, around):
        around += 1
    faces = [_face(path, names[around:]) for path, names in zip(pictures, folders, strict=True)]
    yield from sorted(faces, key=lambda face: (split_code(face.split or "") or 0, _natural(face.picture)))


def _same(folders: list[tuple[str, ...]], depth: int) -> bool:
    names = {names[depth : depth + 1] for names in folders}
    return len(names) == 1 and split_code(*names.pop()) is None


def _face(path: Path, folders: tuple[str, ...]) -> Face:
    """Tell label and split: the label is in the split, around it or alone."""
    place = next((place for place, word in enumerate(folders) if split_code(word) is not None), None)
    if place is None:
        return Face(str(path), path, folders[0] if folders else None)
    label = next(iter((*folders[place + 1 :], *folders[:place][::-1])), None)
    is_val = path.name.startswith("PublicTest_") and split_code(folders[place]) == split_code("test")
    return Face(str(path), path, label, "val" if is_val else folders[place])


def _natural(picture: object) -> list[tuple[str, int]]:
    """Split a path into texts and numbers, so that 9 comes before 10; the name of the file counts most."""
    path = Path(str(picture))
    pieces = re.findall(r"(\D*)(\d*)", f"{path.name}/{path}")
    return [(text, int(digits or 0)) for text, digits in pieces]
