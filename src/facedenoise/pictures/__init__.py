"""Picture files as arrays, and back: PNG, JPEG, BMP, TIFF and WebP, with 8 or 16 bits a channel."""

from facedenoise.pictures.files import Picture, read_picture, read_picture_bytes, write_picture

__all__ = ["Picture", "read_picture", "read_picture_bytes", "write_picture"]
