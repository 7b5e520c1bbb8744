"""Pictures with up to 8 bits a channel, by Pillow."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms
from PIL.ExifTags import Base

from facedenoise.errors import InputError
from facedenoise.pictures.limits import open_within_limits, require_still
from facedenoise.pictures.metadata import kept_exif, resolution_of, with_resolution
from facedenoise.pictures.orientation import turned, turned_resolution
from facedenoise.pictures.picture import Picture

_FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
_ARRAYS = {"L", "LA", "RGB", "RGBA"}  # the modes that are arrays as they are
_OPAQUE = {"1": "L", "P": "RGB", "RGBX": "RGB", "CMYK": "RGB", "LAB": "RGB", "YCbCr": "RGB"}
_TRANSPARENT = {"1": "LA", "L": "LA", "RGB": "RGBA", "P": "RGBA", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}
_OTHER_COLOURS = {"CMYK", "LAB"}  # an ICC profile of theirs does not fit RGB
_LARGEST_EXIF = 65533 - len("Exif\0\0")  # bytes in a JPEG
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95},
    "WEBP": {"lossless": True, "exact": True},  # `exact` keeps the colours of transparent pixels
}


def read_eight_bit(path: Path) -> Picture:
    """Read a PNG, JPEG, BMP or WebP upright; raises what Pillow raises."""
    with open_within_limits(path, _FORMATS) as image:
        require_still(path, image)
        return as_picture(path, image)


def as_picture(path: Path, image: Image.Image) -> Picture:
    """Return what Pillow has opened as a picture, upright; `path` is named if it cannot be one."""
    image.load()  # turns a TIFF, and takes its orientation away
    exif, resolution = image.getexif(), resolution_of(image)
    orientation = exif.get(Base.Orientation, 1)
    pixels = np.asarray(_as_array_mode(path, image))
    return Picture(
        np.ascontiguousarray(turned(pixels, orientation)),
        None if image.mode in _OTHER_COLOURS else image.info.get("icc_profile"),
        kept_exif(exif),
        turned_resolution(resolution, orientation),
    )


def write_eight_bit(path: Path, suffix: str, picture: Picture) -> None:
    """Write a picture in the format of a suffix: JPEG of quality 95, all others without loss."""
    image_format = Image.registered_extensions()[suffix]
    exif, dpi = picture.exif, picture.resolution and picture.resolution.dpi
    if image_format == "WEBP" and dpi:
        exif = with_resolution(exif, dpi)  # WebP has no other place for it
    if image_format == "JPEG" and exif and len(exif) > _LARGEST_EXIF:
        exif = None
    kept = {"icc_profile": picture.icc_profile, "exif": exif, "dpi": dpi}
    options = _OPTIONS.get(image_format, {}) | {name: value for name, value in kept.items() if value}
    Image.fromarray(picture.pixels).save(path, image_format, **options)


def _as_array_mode(path: Path, image: Image.Image) -> Image.Image:
    """Convert palettes, black-and-white and CMYK, and give a transparent colour an alpha channel."""
    table = _TRANSPARENT if image.has_transparency_data else _OPAQUE
    mode = table.get(image.mode, image.mode)
    if mode not in _ARRAYS:
        raise InputError(f"{path}: pixels of mode {image.mode} are not handled; save it as grey or RGB")
    if image.mode == "CMYK" and (profile := image.info.get("icc_profile")):
        return _by_profile(image, profile)
    return image if mode == image.mode else image.convert(mode)


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert CMYK to sRGB by the inks that its profile describes; without a usable one, by the formula."""
    try:
        inks, screen = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC  # the colours themselves; paper is white
        converted = ImageCms.profileToProfile(image, inks, screen, intent, "RGB")
    except (ImageCms.PyCMSError, OSError):
        converted = None
    return converted or image.convert("RGB")
