"""Picture files as arrays, and back: PNG, JPEG, BMP, TIFF and WebP, with 8 or 16 bits or floating point."""

from facedenoise.pictures.files import (
    read_pages,
    read_picture,
    read_picture_bytes,
    write_pages,
    write_picture,
)
from facedenoise.pictures.picture import Picture, Resolution

__all__ = [
    "Picture",
    "Resolution",
    "read_pages",
    "read_picture",
    "read_picture_bytes",
    "write_pages",
    "write_picture",
]
