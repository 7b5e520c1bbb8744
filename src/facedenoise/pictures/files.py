"""Read and write pictures: what a file holds decides how it is read, its name how it is written."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
from numpy.typing import NDArray
from PIL import UnidentifiedImageError

from facedenoise.errors import InputError
from facedenoise.files import LFS_POINTER, is_lfs_pointer, replacing
from facedenoise.pictures.eight_bit import read_eight_bit, write_eight_bit
from facedenoise.pictures.sixteen_bit import has_sixteen_bits, read_sixteen_bit, write_sixteen_bit

_JPEG, _TIFF = {".jpg", ".jpeg"}, {".tif", ".tiff"}
SUFFIXES = frozenset({".png", ".bmp", ".webp"} | _JPEG | _TIFF)
"""What the names of pictures end with, in small letters."""


@dataclass(frozen=True)
class Picture:
    """A picture as an array; its ICC profile says which colours the numbers mean."""

    pixels: NDArray[np.uint8] | NDArray[np.uint16]
    """Grey (H, W), or channels (H, W, C): 2 for grey and alpha, 3 for RGB, 4 for RGB and alpha."""

    icc_profile: bytes | None = None


def is_picture(path: Path) -> bool:
    """Return whether a file is a picture by its name; hidden files are none."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def format_suffix(path: Path) -> str:
    """Return the suffix of a file's name in small letters, one for each format: `.jpeg` for `.jpg`, too."""
    suffix = path.suffix.lower()
    return {".jpg": ".jpeg", ".tif": ".tiff"}.get(suffix, suffix)


def read_picture(path: Path) -> Picture:
    """Read a picture, upright as its EXIF orientation says.

    A palette becomes RGB, black-and-white becomes grey, and a transparent colour becomes an alpha channel.
    Of the metadata only the ICC profile is kept. What the file holds decides, not its name.

    Returns
    -------
    Picture
        uint16 if the file has 16 bits a channel, else uint8.

    Raises
    ------
    InputError
        If the file is missing or broken, larger than 8,000 x 8,000 pixels, has several pages, or is of a kind
        that is not handled, such as CMYK, or 12 or 32 bits a channel.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decoders complain of metadata that is not read
            read = read_sixteen_bit if has_sixteen_bits(path) else read_eight_bit
            return Picture(*read(path))
    except (InputError, MemoryError):
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; correct its name") from None
    except UnidentifiedImageError:
        if is_lfs_pointer(path):
            raise InputError(f"{path}: {LFS_POINTER}") from None
        raise InputError(f"{path}: no picture of a known format; save it as PNG") from None
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
    """Write a picture in the format that the name of the file says.

    JPEG has quality 95; all other formats keep each pixel. The folder is made if it is missing.

    Raises
    ------
    InputError
        If the format is unknown or cannot hold such a picture, or if there is no room on the disk.
    """
    require_writable(path, picture)
    write = write_sixteen_bit if picture.pixels.dtype == np.uint16 else write_eight_bit
    with replacing(path) as temporary:
        write(temporary, path.suffix.lower(), picture.pixels, picture.icc_profile)


def require_writable(path: Path, picture: Picture) -> None:
    """Raise an `InputError` unless the format that a file's name says is known and can hold the picture."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: unknown format; name it {', '.join(sorted(SUFFIXES))}")
    if picture.pixels.dtype == np.uint16 and suffix not in {".png", *_TIFF}:
        raise InputError(f"{path}: {suffix} has 8 bits a channel, the picture 16; write .png or .tiff")
    has_alpha = picture.pixels.ndim == 3 and picture.pixels.shape[2] in (2, 4)  # noqa: PLR2004
    if has_alpha and suffix in {".bmp", *_JPEG}:
        raise InputError(
            f"{path}: {suffix} has no alpha channel, the picture one; write .png, .tiff or .webp"
        )
