"""What is refused before any pixel is decoded."""

import warnings
from pathlib import Path

from PIL import Image

from facedenoise.errors import InputError

LARGEST_SIDE = 8000  # px
_MOST_VALUES = 4 * LARGEST_SIDE**2  # of all pages: as many as the largest picture has


def open_within_limits(path: Path, formats: tuple[str, ...]) -> Image.Image:
    """Open a picture without decoding it; refuse what is too large."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # `require_size` is stricter
        try:
            image = Image.open(path, formats=formats)
        except Image.DecompressionBombError:
            largest = f"{LARGEST_SIDE} x {LARGEST_SIDE}"
            raise InputError(f"{path}: far too many pixels; give at most {largest}") from None
    require_size(path, *image.size)
    return image


def require_size(path: Path, width: int, height: int) -> None:
    """Refuse a picture that is too large: a small file may claim a size that fills the memory."""
    if max(width, height) > LARGEST_SIDE:
        raise InputError(f"{path}: {width} x {height} pixels; give at most {LARGEST_SIDE} x {LARGEST_SIDE}")


def require_values(path: Path, values: int) -> None:
    """Refuse pages that are too many to be held in memory together."""
    if values > _MOST_VALUES:
        has, most = (f"{count // 10**6} million" for count in (values, _MOST_VALUES))
        raise InputError(f"{path}: its pages have {has} values; split it, at most {most} a file")


def require_still(path: Path, image: Image.Image) -> None:
    """Refuse an animation: its frames build on each other and have times, which would be lost."""
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":  # a phone's JPEG: the second frame is only its preview
        raise InputError(f"{path}: an animation of {frames} frames; save each of them as a picture")
