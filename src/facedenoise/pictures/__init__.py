"""Picture files as arrays, and back: PNG, JPEG, BMP, TIFF and WebP, with 8 or 16 bits a channel."""

from facedenoise.pictures.files import (
    SUFFIXES,
    Picture,
    format_suffix,
    is_picture,
    read_picture,
    require_writable,
    write_picture,
)

__all__ = [
    "SUFFIXES",
    "Picture",
    "format_suffix",
    "is_picture",
    "read_picture",
    "require_writable",
    "write_picture",
]
