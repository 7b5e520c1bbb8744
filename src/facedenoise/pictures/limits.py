"""What is refused before any pixel is decoded."""

import warnings
from pathlib import Path

from PIL import Image

from facedenoise.errors import InputError

LARGEST_SIDE = 8000  # px


def open_within_limits(path: Path, formats: tuple[str, ...]) -> Image.Image:
    """Open a picture without decoding it; refuse what is too large or holds several pictures."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # `require_size` is stricter
        try:
            image = Image.open(path, formats=formats)
        except Image.DecompressionBombError:
            largest = f"{LARGEST_SIDE} x {LARGEST_SIDE}"
            raise InputError(f"{path}: far too many pixels; give at most {largest}") from None
    require_size(path, *image.size)
    if image.format != "MPO":  # a phone's JPEG: the second frame is only its preview
        require_one_page(path, getattr(image, "n_frames", 1))
    return image


def require_size(path: Path, width: int, height: int) -> None:
    """Refuse a picture that is too large: a small file may claim a size that fills the memory."""
    if max(width, height) > LARGEST_SIDE:
        raise InputError(f"{path}: {width} x {height} pixels; give at most {LARGEST_SIDE} x {LARGEST_SIDE}")


def require_one_page(path: Path, pages: int) -> None:
    """Refuse what holds several pictures: all but the first would be lost."""
    if pages > 1:
        raise InputError(f"{path}: holds {pages} pages or frames; split it into single pictures")
