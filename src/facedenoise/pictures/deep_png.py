"""PNG files with 16 bits a channel; Pillow would cut their colours down to 8."""

import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
from PIL.ExifTags import Base

from facedenoise.pictures.limits import open_within_limits, require_still
from facedenoise.pictures.metadata import kept_exif, resolution_of
from facedenoise.pictures.orientation import turned, turned_resolution
from facedenoise.pictures.picture import Picture

_MARK = b"\x89PNG\r\n\x1a\n"
_DEPTH = 24  # where a PNG says its bits a channel
_FIRST_CHUNK_END = 33  # bytes: the mark and the header
_METRE = 1 / 0.0254  # inches


def is_deep_png(head: bytes) -> bool:
    """Return whether a file that starts so is a PNG with 16 bits a channel."""
    return head.startswith(_MARK) and head[_DEPTH : _DEPTH + 1] == b"\x10"


def read_deep_png(path: Path) -> Picture:
    """Read such a file upright; raises what the decoders raise."""
    with open_within_limits(path, ("PNG",)) as header:
        require_still(path, header)
        exif, resolution = header.getexif(), resolution_of(header)
        orientation = exif.get(Base.Orientation, 1)
        return Picture(
            np.ascontiguousarray(turned(imagecodecs.png_decode(path.read_bytes()), orientation), np.uint16),
            header.info.get("icc_profile"),
            kept_exif(exif),
            turned_resolution(resolution, orientation),
        )


def write_deep_png(path: Path, picture: Picture) -> None:
    """Write a picture of uint16."""
    chunks = b""
    if picture.icc_profile:
        chunks += _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(picture.icc_profile))  # name, method 0
    if picture.resolution and (dpi := picture.resolution.dpi):
        chunks += _chunk(b"pHYs", struct.pack(">IIB", *(round(each * _METRE) for each in dpi), 1))
    if picture.exif:
        chunks += _chunk(b"eXIf", picture.exif.removeprefix(b"Exif\0\0"))
    png = bytes(imagecodecs.png_encode(picture.pixels))
    path.write_bytes(png[:_FIRST_CHUNK_END] + chunks + png[_FIRST_CHUNK_END:])


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
