"""PNG and TIFF files with 16 bits a channel; Pillow would cut their colours down to 8."""

import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL.ExifTags import Base

from facedenoise.errors import InputError
from facedenoise.pictures.limits import open_within_limits, require_one_page, require_size

_PNG_MARK = b"\x89PNG\r\n\x1a\n"
_PNG_DEPTH = 24  # where a PNG says its bits a channel
_PNG_HEAD = 33  # bytes: the mark and the first chunk
_TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# What turns a picture upright, by its EXIF orientation: swap rows and columns, then flip these axes.
_SWAPPED = (5, 6, 7, 8)
_FLIPPED: dict[int, tuple[int, ...]] = {2: (1,), 3: (0, 1), 4: (0,), 6: (1,), 7: (0, 1), 8: (0,)}


def has_sixteen_bits(path: Path) -> bool:
    """Return whether a file is a PNG or TIFF with 16 bits a channel; raises what the decoder raises."""
    with path.open("rb") as file:
        head = file.read(_PNG_DEPTH + 1)
    if head.startswith(_TIFF_MARKS):
        with tifffile.TiffFile(path) as tiff:
            return bool(tiff.pages.first.dtype == np.uint16)
    return head.startswith(_PNG_MARK) and head[_PNG_DEPTH:] == b"\x10"


def read_sixteen_bit(path: Path) -> tuple[NDArray[np.uint16], bytes | None]:
    """Read such a file upright: pixels (H, W) or (H, W, C), and its ICC profile."""
    with path.open("rb") as file:
        is_png = file.read(len(_PNG_MARK)) == _PNG_MARK
    pixels, orientation, icc_profile = _read_png(path) if is_png else _read_tiff(path)
    swapped = pixels.swapaxes(0, 1) if orientation in _SWAPPED else pixels
    upright = np.flip(swapped, _FLIPPED.get(orientation, ()))
    return np.ascontiguousarray(upright, np.uint16), icc_profile


def write_sixteen_bit(path: Path, suffix: str, pixels: NDArray[Any], icc_profile: bytes | None) -> None:
    """Write `.png`, or `.tif`, `.tiff`."""
    if suffix == ".png":
        png = bytes(imagecodecs.png_encode(pixels))
        path.write_bytes(_with_profile(png, icc_profile) if icc_profile else png)
        return
    channels = pixels.shape[2] if pixels.ndim == 3 else 1  # noqa: PLR2004
    tifffile.imwrite(
        path,
        pixels,
        photometric="rgb" if channels >= 3 else "minisblack",  # noqa: PLR2004
        planarconfig="contig" if channels > 1 else None,
        extrasamples=["unassalpha"] if channels in (2, 4) else None,
        compression="zlib",
        metadata=None,
        software=False,
        iccprofile=icc_profile,
    )


def _read_png(path: Path) -> tuple[NDArray[Any], int, bytes | None]:
    with open_within_limits(path, ("PNG",)) as header:
        orientation = header.getexif().get(Base.Orientation, 1)
        icc_profile = header.info.get("icc_profile")
    return imagecodecs.png_decode(path.read_bytes()), orientation, icc_profile


def _with_profile(png: bytes, icc_profile: bytes) -> bytes:
    """Put an iCCP chunk behind the first one: name, 0, method 0, the profile compressed."""
    content = b"iCCP" + b"ICC profile\0\0" + zlib.compress(icc_profile)
    size, checksum = (len(content) - 4).to_bytes(4), zlib.crc32(content).to_bytes(4)
    return png[:_PNG_HEAD] + size + content + checksum + png[_PNG_HEAD:]


def _read_tiff(path: Path) -> tuple[NDArray[Any], int, bytes | None]:
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages.first
        require_size(path, page.imagewidth, page.imagelength)
        require_one_page(path, len(tiff.pages))
        if page.axes not in ("YX", "YXS", "SYX") or page.samplesperpixel > 4:  # noqa: PLR2004
            raise InputError(f"{path}: a TIFF of axes {page.axes} is not handled; save it as grey or RGB")
        if page.photometric not in (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB):
            raise InputError(f"{path}: a TIFF that is neither grey nor RGB is not handled; save it as RGB")
        if page.bitspersample != 16:  # noqa: PLR2004 - 12 bits, say, would look nearly black
            raise InputError(f"{path}: has {page.bitspersample} bits a channel; save it with 8 or 16")
        if tifffile.EXTRASAMPLE.ASSOCALPHA in page.extrasamples:
            raise InputError(f"{path}: its colours are multiplied by alpha; save it with plain alpha")
        pixels = page.asarray()
        pixels = np.moveaxis(pixels, 0, -1) if page.axes == "SYX" else pixels
        tags = page.tags
        return pixels, tags.valueof("Orientation", 1), tags.valueof("InterColorProfile")
