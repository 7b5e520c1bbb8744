"""Read and write pictures: what a file holds decides how it is read, its name how it is written."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
from PIL import UnidentifiedImageError

from facedenoise.errors import InputError
from facedenoise.files import replacing
from facedenoise.pictures.deep_png import is_deep_png, read_deep_png, write_deep_png
from facedenoise.pictures.eight_bit import read_eight_bit, write_eight_bit
from facedenoise.pictures.kinds import HEAD, named
from facedenoise.pictures.picture import Picture
from facedenoise.pictures.tiff import TIFF_MARKS, read_tiff, write_tiff

_JPEG, _TIFF = {".jpg", ".jpeg"}, {".tif", ".tiff"}
SUFFIXES = frozenset({".png", ".bmp", ".webp"} | _JPEG | _TIFF)
"""What the names of pictures end with, in small letters."""

_MARKS = {b"\x89PNG": ".png", b"\xff\xd8": ".jpg", b"BM": ".bmp", b"RIFF": ".webp"} | dict.fromkeys(
    TIFF_MARKS, ".tiff"
)


def is_picture(path: Path) -> bool:
    """Return whether a file is a picture by its name; hidden files are none."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def format_suffix(path: Path) -> str:
    """Return the suffix of a file's name in small letters, one for each format: `.jpeg` for `.jpg`, too."""
    suffix = path.suffix.lower()
    return {".jpg": ".jpeg", ".tif": ".tiff"}.get(suffix, suffix)


def suffix_of(content: bytes) -> str:
    """Return the suffix of what a picture file holds; of an unknown format, that of PNG."""
    return next((suffix for mark, suffix in _MARKS.items() if content.startswith(mark)), ".png")


def read_picture(path: Path) -> Picture:
    """Read a file with one picture; see `read_pages`."""
    pages = read_pages(path)
    if len(pages) > 1:
        raise InputError(f"{path}: holds {len(pages)} pages; split it into single pictures")
    return pages[0]


def read_pages(path: Path) -> list[Picture]:
    """Read a picture, or all pages of a TIFF, each upright as its EXIF orientation says.

    What the file holds decides, not its name. A palette becomes RGB, black-and-white becomes grey, and a
    transparent colour becomes an alpha channel. CMYK becomes sRGB, by its ICC profile if it has one. Of the
    metadata the resolution, EXIF and the ICC profile are kept.

    Returns
    -------
    list of Picture
        uint16 or floating point if a TIFF or PNG has so deep channels, else uint8. One, but for a TIFF.

    Raises
    ------
    InputError
        If the file is missing or broken, larger than 8,000 x 8,000 pixels, an animation, or of a kind that is
        not handled, such as 12 or 32 bits a channel, or floating point outside of [0, 1].
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decoders complain of metadata that is not read
            return _read(path)
    except (InputError, MemoryError):
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; correct its name") from None
    except UnidentifiedImageError:
        remedy = "save the picture as PNG or TIFF"
        what = named(_head(path), remedy) or f"no picture of a known format; {remedy}"
        raise InputError(f"{path}: {what}") from None
    except Exception as error:  # decoders raise nearly anything on a broken file
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(f"{path}: not readable as a picture ({reason}); get it again") from None


def read_picture_bytes(content: bytes) -> Picture:
    """Read a picture from what its file holds; the line of an `InputError` has no name at its start."""
    with NamedTemporaryFile() as file:  # the decoders want a path
        file.write(content)
        file.flush()
        try:
            return read_picture(Path(file.name))
        except InputError as error:
            raise InputError(str(error).removeprefix(f"{file.name}: ")) from None


def write_picture(path: Path, picture: Picture) -> None:
    """Write a file with one picture; see `write_pages`."""
    write_pages(path, [picture])


def write_pages(path: Path, pages: Sequence[Picture]) -> None:
    """Write a picture, or the pages of a TIFF, in the format that the name of the file says.

    JPEG has quality 95; all other formats keep each pixel. The folder is made if it is missing.

    Raises
    ------
    InputError
        If the format is unknown or cannot hold such pictures, or if there is no room on the disk.
    """
    require_writable(path, pages)
    suffix = path.suffix.lower()
    with replacing(path) as temporary:
        if suffix in _TIFF:
            write_tiff(temporary, pages)
        elif pages[0].is_deep:
            write_deep_png(temporary, pages[0])
        else:
            write_eight_bit(temporary, suffix, pages[0])


def require_writable(path: Path, pages: Sequence[Picture]) -> None:
    """Raise an `InputError` unless the format that a file's name says is known and can hold the pages."""
    suffix, dtypes = path.suffix.lower(), {page.pixels.dtype for page in pages}
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: unknown format; name it {', '.join(sorted(SUFFIXES))}")
    if suffix in _TIFF:
        return
    if len(pages) > 1:
        raise InputError(f"{path}: {suffix} has one picture, the source {len(pages)} pages; write .tiff")
    if dtypes - {np.dtype(np.uint8), np.dtype(np.uint16)}:
        raise InputError(f"{path}: {suffix} has whole numbers, the picture floating point; write .tiff")
    if pages[0].is_deep and suffix != ".png":
        raise InputError(f"{path}: {suffix} has 8 bits a channel, the picture 16; write .png or .tiff")
    if pages[0].has_alpha and suffix in {".bmp", *_JPEG}:
        raise InputError(
            f"{path}: {suffix} has no alpha channel, the picture one; write .png, .tiff or .webp"
        )


def _read(path: Path) -> list[Picture]:
    head = _head(path)
    if head.startswith(TIFF_MARKS):
        return read_tiff(path)
    return [read_deep_png(path) if is_deep_png(head) else read_eight_bit(path)]


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)
