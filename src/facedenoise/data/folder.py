"""Faces from a folder of pictures, at any depth; the names of folders say split and label."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import takewhile
from os.path import commonpath
from pathlib import Path

from facedenoise.data.face import Face, Source, split_code
from facedenoise.data.labels import natural
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
    found = {each: _find(each) for each in (top, *(folder / name for name in noisy))}
    pictures = found[top].pictures
    common = Path(commonpath([path.parent for path in pictures])).relative_to(top).parts
    around = [*takewhile(lambda word: split_code(word) is None, common)]  # all pictures: they say nothing
    faces = [_face(path, path.relative_to(top.joinpath(*around)).parts[:-1]) for path in pictures]
    faces.sort(
        key=lambda face: (split_code(face.split) or 0, natural(f"{Path(face.place).name}/{face.place}"))
    )
    links = [f"{link}: a link to a folder, not followed" for each in found.values() for link in each.links]
    return Source(_paired(faces, found) if noisy else iter(faces), links)


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
    at = next((at for at, word in enumerate(folders) if split_code(word) is not None), -1)
    split = folders[at] if at >= 0 else None
    label = next(iter((*folders[at + 1 :], *folders[:at][::-1])), "")
    is_val = path.name.startswith("PublicTest_") and split_code(split) == split_code("test")
    return Face(str(path), {_CLEAN: path}, label, "val" if is_val else split)


def _paired(faces: list[Face], found: dict[Path, Found]) -> Iterator[Face]:
    """Add to each face its noisy pictures, of the same name but for its end; then name those left over."""
    index = {top: defaultdict[Path, list[Path]](list) for top in found}
    for top, (pictures, *_) in found.items():
        for path in pictures:
            index[top][path.relative_to(top).with_suffix("")].append(path)
    clean, *noisy = index
    named = [(Path(face.place).relative_to(clean).with_suffix(""), face) for face in faces]
    for top in noisy:
        left = (name for name in index[top] if name not in index[clean])
        named += [(name, Face(str(path))) for name in left for path in index[top][name]]
    for name, face in named:
        same = {top: index[top].get(name, []) for top in index}
        wrong = [
            f"{len(paths)} pictures of its name in {top}" for top, paths in same.items() if len(paths) != 1
        ]
        if wrong:
            yield face._replace(fault=f"{', '.join(wrong)}; give one in each, with the same folders and name")
        else:
            yield face._replace(pictures={top.name: path for top, [path] in same.items()})
