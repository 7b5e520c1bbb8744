"""Pictures with up to 8 bits a channel, by Pillow."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from facedenoise.errors import InputError
from facedenoise.pictures.limits import open_within_limits

_FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
_ARRAYS = {"L", "LA", "RGB", "RGBA"}  # the modes that are arrays as they stand
_OPAQUE = {"1": "L", "P": "RGB", "RGBX": "RGB"}
_TRANSPARENT = {"1": "LA", "L": "LA", "RGB": "RGBA", "P": "RGBA", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95},
    "WEBP": {"lossless": True, "exact": True},  # `exact` keeps the colours of transparent pixels
    "TIFF": {"compression": "tiff_deflate"},
}


def read_eight_bit(path: Path) -> tuple[NDArray[np.uint8], bytes | None]:
    """Read a picture upright: pixels (H, W) or (H, W, C), and its ICC profile; raises what Pillow raises."""
    with open_within_limits(path, _FORMATS) as image:
        pixels = np.asarray(_as_array_mode(path, ImageOps.exif_transpose(image)))
        return pixels, image.info.get("icc_profile")


def write_eight_bit(path: Path, suffix: str, pixels: NDArray[Any], icc_profile: bytes | None) -> None:
    """Write a picture in the format of a suffix: JPEG of quality 95, all others without loss."""
    image_format = Image.registered_extensions()[suffix]
    options = _OPTIONS.get(image_format, {})
    Image.fromarray(pixels).save(path, image_format, icc_profile=icc_profile, **options)


def _as_array_mode(path: Path, image: Image.Image) -> Image.Image:
    """Convert palettes and black-and-white, and give a transparent colour an alpha channel."""
    table = _TRANSPARENT if image.has_transparency_data else _OPAQUE
    mode = table.get(image.mode, image.mode)
    if mode not in _ARRAYS:
        raise InputError(f"{path}: pixels of mode {image.mode} are not handled; save it as grey or RGB")
    return image if mode == image.mode else image.convert(mode)
