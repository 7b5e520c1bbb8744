"""TIFF files: pages with 8 or 16 bits a channel or floating point."""

import logging
import struct
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from PIL.ExifTags import Base
from tifffile import EXTRASAMPLE, PHOTOMETRIC, TiffFile, TiffPage

from facedenoise.errors import InputError
from facedenoise.pictures.channels import colour_planes, white
from facedenoise.pictures.eight_bit import as_picture
from facedenoise.pictures.limits import open_within_limits, require_size, require_values
from facedenoise.pictures.orientation import turned, turned_resolution
from facedenoise.pictures.picture import Picture, Resolution
from facedenoise.pictures.tiff_exif import append_directories, page_tags, read_exif

TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RAW = (50706, 50752)  # tags that only raw files of cameras have: the version of DNG, the slices of CR2
_MOST_CHANNELS = 4

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # faults of files are raised, not printed


def read_tiff(path: Path) -> list[Picture]:
    """Read all pages upright, without small copies of a page; raises what the decoders raise."""
    with TiffFile(path) as tiff, ExitStack() as opened:
        if not tiff.pages:
            raise InputError(f"{path}: a TIFF without a page; get it again")
        pages = [page for page in tiff.pages if isinstance(page, TiffPage) and not page.is_reduced]
        if not pages or any(tag in pages[0].tags for tag in _RAW):
            raise InputError(f"{path}: a camera's raw file; develop it and save it as TIFF with 16 bits")
        _require_all_pages(path, tiff)
        for page in pages:
            require_size(path, page.imagewidth, page.imagelength)
        require_values(path, sum(page.imagewidth * page.imagelength * page.samplesperpixel for page in pages))
        by_pillow = cache(lambda: opened.enter_context(open_within_limits(path, ("TIFF",))))
        return [_read_page(path, tiff, page, by_pillow) for page in pages]


def write_tiff(path: Path, pages: Sequence[Picture]) -> None:
    """Write pages, each compressed without loss."""
    with tifffile.TiffWriter(path, byteorder="<") as tiff:
        for page in pages:
            _write_page(tiff, page)
    append_directories(path, [page.exif for page in pages])


def _require_all_pages(path: Path, tiff: TiffFile) -> None:
    """Refuse a stack of which some pages cannot be found."""
    if _says_where_next_is(tiff):
        raise InputError(f"{path}: some of its pages are missing; get it again")
    images = (tiff.imagej_metadata or {}).get("images", 1)
    is_truncated = any(series.get("truncated") for series in tiff.shaped_metadata or ())
    if images > len(tiff.pages) or is_truncated:
        raise InputError(f"{path}: a stack that says only where its first page is; save it page by page")


def _says_where_next_is(tiff: TiffFile) -> bool:
    """Return whether the last page that was found names another: that is cut off, or was met before."""
    file, form = tiff.filehandle, tiff.tiff
    file.seek(tiff.pages[-1].offset)
    (tags,) = struct.unpack(form.tagnoformat, file.read(form.tagnosize))
    file.seek(tags * form.tagsize, 1)
    return any(file.read(form.offsetsize))


def _read_page(path: Path, tiff: TiffFile, page: TiffPage, by_pillow: Callable[[], Image.Image]) -> Picture:
    orientation, resolution = page.tags.valueof(Base.Orientation, 1), _resolution(page)
    if _is_for_pillow(page):
        image = by_pillow()
        image.seek(page.index)
        return replace(as_picture(path, image), resolution=turned_resolution(resolution, orientation))
    if fault := _fault(page):
        raise InputError(f"{path}: {fault}")
    pixels = turned(_pixels(path, page), orientation)
    return Picture(
        np.ascontiguousarray(pixels, page.dtype),
        page.tags.valueof(Base.InterColorProfile),
        read_exif(path, tiff, page),
        turned_resolution(resolution, orientation),
    )


def _is_for_pillow(page: TiffPage) -> bool:
    """Return whether a page has 8 bits at most, and colours that are more than numbers of grey or RGB."""
    simple = (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE, PHOTOMETRIC.RGB)
    is_simple = page.photometric in simple and EXTRASAMPLE.ASSOCALPHA not in page.extrasamples
    return page.dtype in (np.bool_, np.uint8) and not (is_simple and page.bitspersample == 8)  # noqa: PLR2004


def _fault(page: TiffPage) -> str | None:
    """Return why a page is not handled, and what to do."""
    dtype, is_grey = page.dtype, page.photometric != PHOTOMETRIC.RGB
    if dtype is None or not (dtype in (np.uint8, np.uint16) or np.issubdtype(dtype, np.floating)):
        return (
            f"values of type {dtype or 'unknown'}; save it with 8 or 16 bits, or as floating point in [0, 1]"
        )
    if page.bitspersample != 8 * dtype.itemsize:  # 12 bits, say, would look nearly black
        return f"has {page.bitspersample} bits a channel; save it with 8 or 16"
    if page.photometric not in (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE, PHOTOMETRIC.RGB):
        return "a TIFF that is neither grey nor RGB is not handled; save it as RGB"
    if EXTRASAMPLE.ASSOCALPHA in page.extrasamples:
        return "its colours are multiplied by alpha; save it with plain alpha"
    is_alpha_missing = is_grey and EXTRASAMPLE.UNSPECIFIED in page.extrasamples
    if page.axes not in ("YX", "YXS", "SYX") or page.samplesperpixel > _MOST_CHANNELS or is_alpha_missing:
        channels = f"{page.samplesperpixel} channels of axes {page.axes}"
        return f"{channels} are neither grey nor RGB; save each channel as a page"
    return None


def _pixels(path: Path, page: TiffPage) -> NDArray[Any]:
    """Return (H, W) or (H, W, C), where white is the most."""
    pixels = page.asarray()
    if page.axes == "SYX":
        pixels = np.moveaxis(pixels, 0, -1)
    if EXTRASAMPLE.UNSPECIFIED in page.extrasamples:
        pixels = pixels[..., :3]  # beside RGB a filling that means nothing
    if np.issubdtype(pixels.dtype, np.floating):
        _require_unit_range(path, pixels)
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        planes = colour_planes(pixels)
        np.subtract(white(pixels.dtype), planes, out=planes)
    return pixels


def _require_unit_range(path: Path, pixels: NDArray[Any]) -> None:
    if not np.isfinite(pixels).all():
        raise InputError(f"{path}: has NaN or infinite values; replace them by numbers from 0 to 1")
    least, most = pixels.min(), pixels.max()
    if least < 0 or most > 1:
        raise InputError(
            f"{path}: floating point from {least!s} to {most!s}; scale or clip it to 0 (black) to 1 (white)"
        )


def _resolution(page: TiffPage) -> Resolution | None:
    if Base.XResolution not in page.tags or Base.YResolution not in page.tags:
        return None
    return Resolution(*page.get_resolution(), int(page.resolutionunit))


def _write_page(tiff: tifffile.TiffWriter, page: Picture) -> None:
    pixels, resolution = page.pixels, page.resolution
    channels = pixels.shape[2] if pixels.ndim == 3 else 1  # noqa: PLR2004
    tiff.write(
        pixels,
        photometric="rgb" if channels >= 3 else "minisblack",  # noqa: PLR2004
        planarconfig="contig" if channels > 1 else None,
        extrasamples=["unassalpha"] if page.has_alpha else None,
        compression="zlib",
        metadata=None,
        software=False,
        iccprofile=page.icc_profile,
        resolution=resolution and resolution[:2],
        resolutionunit=resolution and resolution.unit,
        extratags=page_tags(page.exif),
    )
