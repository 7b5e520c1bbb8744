"""EXIF in a TIFF: its first directory is that of a page, which says where the others are."""

import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD
from PIL.TiffImagePlugin import ImageFileDirectory_v2
from tifffile import TiffFile, TiffPage

from facedenoise.pictures.metadata import kept_exif, loaded

_HEAD = b"II*\0\x08\0\0\0"  # of a TIFF whose bytes are in this order: "<" below
_SHORT = 65535
_LONG = 4  # the type of a tag that is one number of 32 bits

# `tifffile` writes no tags that say where a directory is: the tags before them keep the places.
_PLACES = {IFD.Exif: IFD.Exif - 1, IFD.GPSInfo: IFD.GPSInfo - 1}

Tag = tuple[int, str, int, Any, bool]  # as `tifffile` takes it: code, type, count, value, only once


def read_exif(path: Path, tiff: TiffFile, page: TiffPage) -> bytes | None:
    """Return what is kept of a page's EXIF; None if Pillow cannot read it."""
    exif = Image.Exif()
    exif.endian, exif.bigtiff = tiff.byteorder, tiff.is_bigtiff
    with path.open("rb") as file:
        try:
            exif.load_from_fp(file, page.offset)
        except Exception:  # as in `kept_exif`
            return None
        exif.bigtiff = False  # EXIF on its own has small offsets, wherever it came from
        return kept_exif(exif)


def page_tags(exif: bytes | None) -> list[Tag]:
    """Return the tags that a page is to be written with; `append_directories` completes them."""
    return [written for tag, value in loaded(exif).items() if (written := _page_tag(tag, value))]


def append_directories(path: Path, exifs: Sequence[bytes | None]) -> None:
    """Write the directories of each page's EXIF behind all pages, and where they are into the pages."""
    with TiffFile(path) as tiff:
        entries = [{tag.code: tag.offset for tag in page.aspage().tags} for page in tiff.pages]
    with path.open("r+b") as file:
        for entry, exif in zip(entries, map(loaded, exifs), strict=True):
            for code in _PLACES.keys() & exif.keys():
                offset = file.seek(0, os.SEEK_END)
                _directory(exif, code).save(file)
                file.seek(entry[_PLACES[code]])
                file.write(struct.pack("<HHII", code, _LONG, 1, offset))


def _page_tag(tag: int, value: Any) -> Tag | None:  # noqa: ANN401
    """Return a tag for the writer; None if its value is of a type that EXIF does not give it."""
    if tag in _PLACES:
        return _PLACES[IFD(tag)], "I", 1, 0, False
    if isinstance(value, str):
        return tag, "s", 0, value.encode("latin-1"), False
    if isinstance(value, bytes):
        return tag, "B", len(value), value, False
    return (tag, "H", 1, value, False) if isinstance(value, int) and 0 <= value <= _SHORT else None


def _directory(exif: Image.Exif, code: int) -> ImageFileDirectory_v2:
    directory = ImageFileDirectory_v2(_HEAD, group=code)
    for tag, value in exif.get_ifd(code).items():
        directory[tag] = exif.get_ifd(tag) if tag == IFD.Interop else value
    return directory
