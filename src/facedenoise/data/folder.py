"""Faces from a folder of pictures, at any depth; the names of folders say split and label."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, takewhile
from os.path import commonpath
from pathlib import Path

from facedenoise.data.face import Face, Source, split_code
from facedenoise.data.labels import Labels
from facedenoise.errors import InputError
from facedenoise.pictures.folders import Found, find_pictures

_CLEAN = "clean"  # the folder of clean pictures, where noisy ones are beside it


def open_folder(folder: Path, noisy: Sequence[str]) -> Source:
    """Open a folder with `train/happy/1.png`, `happy/1.png` or `1.png`, below folders around all of them.

    Pictures are sorted by split, then by name, numbers as numbers. One in `test` whose name begins with
    `PublicTest_` is for validation, as in FER2013 where others have unpacked it. With `noisy` they are in the
    folder `clean`, and beside it each folder of these names has a noisy version of each in the same tree.
    """
    top = folder / _CLEAN if noisy else folder
    found = _find(top)
    common = Path(commonpath([path.parent for path in found.pictures])).relative_to(top).parts
    around = [*takewhile(lambda word: split_code(word) is None, common)]  # all pictures: they say nothing
    faces = [_face(path, path.relative_to(top.joinpath(*around)).parts[:-1]) for path in found.pictures]
    faces.sort(key=lambda face: (split_code(face.split) or 0, _natural(face.place)))
    remarks = tuple(f"{link}: a link to a folder, not followed" for link in found.links)
    return Source(_paired(faces, top, noisy), Labels(), remarks=remarks)


def _find(folder: Path) -> Found:
    try:
        found = find_pictures(folder)
    except InputError:
        kinds = "a CSV of faces, Parquet files or pictures (png, jpg, bmp, tiff, webp)"
        raise InputError(f"{folder}: nothing in it that can be read; give {kinds}") from None
    if found.problems:
        raise InputError("\n".join(found.problems))
    return found


def _face(path: Path, folders: Sequence[str]) -> Face:
    """Tell label and split: the label is in the split, around it or alone."""
    at = next((at for at, word in enumerate(folders) if split_code(word) is not None), None)
    if at is None:
        return Face(str(path), {_CLEAN: path}, next(iter(folders), None))
    label = next(iter((*folders[at + 1 :], *folders[:at][::-1])), None)
    is_val = path.name.startswith("PublicTest_") and split_code(folders[at]) == split_code("test")
    return Face(str(path), {_CLEAN: path}, label, "val" if is_val else folders[at])


def _natural(path: str) -> list[tuple[str, int]]:
    """Split a path into texts and numbers, so that 9 comes before 10; the name of the file counts most."""
    pieces = re.findall(r"(\D*)(\d*)", f"{Path(path).name}/{path}")
    return [(text, int(digits or 0)) for text, digits in pieces]


def _paired(faces: Iterable[Face], clean: Path, noisy: Sequence[str]) -> Iterator[Face]:
    """Add to each face its noisy pictures, of the same name but for its end; then name those left over."""
    partners = defaultdict[tuple[str, Path], list[Path]](list)
    for name in noisy:
        folder = clean.with_name(name)
        for path in _find(folder).pictures:
            partners[name, path.relative_to(folder).with_suffix("")].append(path)
    for face in faces:
        key = Path(face.place).relative_to(clean).with_suffix("")
        found = {name: partners.pop((name, key), []) for name in noisy}
        wrong = [
            f"{len(paths)} pictures of its name in {clean.with_name(name)}"
            for name, paths in found.items()
            if len(paths) != 1
        ]
        if wrong:
            yield face._replace(fault=f"{', '.join(wrong)}; give one, with the same folders and name")
        else:
            pairs = {name: paths[0] for name, paths in found.items()}
            yield face._replace(pictures={**face.pictures, **pairs})
    for path in chain.from_iterable(partners.values()):
        yield Face(str(path), fault=f"no picture of its name is left in {clean}; take it out or add that")
