"""Find the pictures in a folder."""

import os
from pathlib import Path
from typing import NamedTuple

from facedenoise.errors import InputError
from facedenoise.pictures.files import is_picture


class Found(NamedTuple):
    """What a folder holds, to any depth."""

    pictures: list[Path]  # by their names, sorted; at least one
    others: int  # how many other files there are
    links: list[Path]  # to folders, sorted; not followed, since they may lead in circles
    problems: list[str]  # a line for each folder that cannot be read


def find_pictures(folder: Path) -> Found:
    """Find the pictures in a folder; raise an `InputError` if it is missing or there is none."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; correct its name")
    files: list[Path] = []
    links: list[Path] = []
    problems: list[str] = []
    for place, folders, names in os.walk(folder, onerror=lambda error: problems.append(_refusal(error))):
        files += (Path(place, name) for name in names)
        links += (path for name in folders if (path := Path(place, name)).is_symlink())
    pictures = sorted(filter(is_picture, files))
    if not pictures:
        raise InputError("\n".join([*problems, f"{folder}: no picture in it (png, jpg, bmp, tiff, webp)"]))
    return Found(pictures, len(files) - len(pictures), sorted(links), problems)


def _refusal(error: OSError) -> str:
    return f"{error.filename}: cannot be read ({error.strerror}); change its permissions"
