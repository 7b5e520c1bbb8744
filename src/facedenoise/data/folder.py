"""Faces from a folder of pictures, at any depth; the names of folders say split and label."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from facedenoise.data.face import Face, Source, split_code
from facedenoise.data.labels import Labels
from facedenoise.errors import InputError
from facedenoise.pictures.folders import Found, find_pictures

CLEAN = "clean"
"""The folder of clean pictures, where noisy ones are beside it."""


def open_folder(folder: Path, noisy: Sequence[str]) -> Source:
    """Open a folder with `train/happy/1.png`, `happy/1.png` or `1.png`, below folders around all of them.

    Pictures are sorted by split, then by name, numbers as numbers. One in `test` whose name begins with
    `PublicTest_` is for validation, as in FER2013 where others have unpacked it. With `noisy` they are in the
    folder `clean`, and beside it each folder of these names has a noisy version of each in the same tree.
    """
    top = folder / CLEAN if noisy else folder
    found = _find(top)
    faces = _faces(top, found.pictures)
    remarks = tuple(f"{link}: a link to a folder, not followed" for link in found.links)
    return Source(_paired(faces, top, noisy) if noisy else faces, Labels(), remarks=remarks)


def _find(folder: Path) -> Found:
    try:
        found = find_pictures(folder)
    except InputError:
        kinds = "a CSV of faces, Parquet files or pictures (png, jpg, bmp, tiff, webp)"
        raise InputError(f"{folder}: nothing in it that can be read; give {kinds}") from None
    if found.problems:
        raise InputError("\n".join(found.problems))
    return found


def _paired(faces: Iterator[Face], clean: Path, noisy: Sequence[str]) -> Iterator[Face]:
    """Add to each face its noisy pictures, of the same name but for its end; then name those left over."""
    folders = {name: clean.with_name(name) for name in noisy}
    partners = {name: _by_name(folder) for name, folder in folders.items()}
    for face in faces:
        key = Path(face.place).relative_to(clean).with_suffix("")
        found = {name: paths.pop(key, []) for name, paths in partners.items()}
        if odd := [name for name in noisy if len(found[name]) != 1]:
            wrong = ", ".join(f"{len(found[name])} pictures of its name in {folders[name]}" for name in odd)
            yield face._replace(fault=f"{wrong}; give one, with the same folders and name")
        else:
            yield face._replace(
                pictures={**face.pictures, **{name: paths[0] for name, paths in found.items()}}
            )
    for path in (path for left in partners.values() for paths in left.values() for path in paths):
        yield Face(str(path), fault=f"no picture of its name is left in {clean}; take it out or add that")


def _by_name(folder: Path) -> dict[Path, list[Path]]:
    partners: dict[Path, list[Path]] = {}
    for path in _find(folder).pictures:
        partners.setdefault(path.relative_to(folder).with_suffix(""), []).append(path)
    return partners


def _faces(folder: Path, pictures: list[Path]) -> Iterator[Face]:
    folders = [path.relative_to(folder).parts[:-1] for path in pictures]
    around = 0  # how many folders are around all pictures and say nothing
    while {name for names in folders for name in names[around : around + 1]} and _same(folders, around):
        around += 1
    faces = [_face(path, names[around:]) for path, names in zip(pictures, folders, strict=True)]
    yield from sorted(faces, key=lambda face: (split_code(face.split or "") or 0, _natural(face.place)))


def _same(folders: list[tuple[str, ...]], depth: int) -> bool:
    names = {names[depth : depth + 1] for names in folders}
    return len(names) == 1 and split_code(*names.pop()) is None


def _face(path: Path, folders: tuple[str, ...]) -> Face:
    """Tell label and split: the label is in the split, around it or alone."""
    place = next((place for place, word in enumerate(folders) if split_code(word) is not None), None)
    if place is None:
        return Face(str(path), {CLEAN: path}, folders[0] if folders else None)
    label = next(iter((*folders[place + 1 :], *folders[:place][::-1])), None)
    is_val = path.name.startswith("PublicTest_") and split_code(folders[place]) == split_code("test")
    return Face(str(path), {CLEAN: path}, label, "val" if is_val else folders[place])


def _natural(path: str) -> list[tuple[str, int]]:
    """Split a path into texts and numbers, so that 9 comes before 10; the name of the file counts most."""
    pieces = re.findall(r"(\D*)(\d*)", f"{Path(path).name}/{path}")
    return [(text, int(digits or 0)) for text, digits in pieces]
