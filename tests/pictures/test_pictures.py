"""Picture files: every kind is read as its pixels are, and written so that they come back."""

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from facedenoise.errors import InputError
from facedenoise.pictures import Picture, read_picture, write_picture

LOSSLESS = [
    *product((".png", ".tiff"), (0, 2, 3, 4), (np.uint8, np.uint16)),
    *product((".bmp",), (0, 3), (np.uint8,)),
    *product((".webp",), (3, 4), (np.uint8,)),
    *product((".tif",), (0, 2, 3, 4), (np.float16, np.float32, np.float64)),
]
KINDS = [
    *product((".jpg", ".png", ".tiff", ".webp"), (np.uint8,)),
    *product((".png", ".tiff"), (np.uint16,)),
]
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def random_pixels(channels: int, dtype: Any = np.uint8, size: tuple[int, int] = (5, 7)) -> NDArray[Any]:
    shape, rng = (*size, channels) if channels else size, np.random.default_rng(0)
    if np.issubdtype(dtype, np.floating):
        return rng.random(shape).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


@pytest.mark.parametrize(("suffix", "channels", "dtype"), LOSSLESS)
def test_pixels_come_back(tmp_path: Path, suffix: str, channels: int, dtype: Any) -> None:
    pixels = random_pixels(channels, dtype)
    one, other = tmp_path / f"deep/er/one{suffix}", tmp_path / f"other{suffix}"
    for path in (one, other):
        write_picture(path, Picture(pixels))
    read = read_picture(one).pixels
    assert read.dtype == dtype
    np.testing.assert_array_equal(read, pixels)
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(("channels", "mode"), [(0, "L"), (3, "RGB")])
def test_jpeg_keeps_the_picture_nearly(tmp_path: Path, channels: int, mode: str) -> None:
    pixels = np.full((16, 16, channels) if channels else (16, 16), 90, np.uint8)
    path = tmp_path / "picture.JPG"
    write_picture(path, Picture(pixels))
    assert Image.open(path).mode == mode
    assert np.abs(read_picture(path).pixels.astype(int) - 90).max() <= 1


def saved(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


@pytest.mark.parametrize(
    ("mode", "shape"),
    [("1", (5, 7)), ("P", (5, 7, 3)), ("L", (5, 7)), ("LA", (5, 7, 2)), ("RGBA", (5, 7, 4))],
)
def test_kinds_of_png_become_grey_or_colours(tmp_path: Path, mode: str, shape: tuple[int, ...]) -> None:
    image = Image.fromarray(random_pixels(3)).convert(mode)
    read = read_picture(saved(tmp_path / "picture.png", image)).pixels
    assert read.shape == shape
    expected = {"1": "L", "P": "RGB"}.get(mode, mode)
    np.testing.assert_array_equal(read, np.asarray(image.convert(expected)))


def test_a_palette_with_transparency_becomes_rgba(tmp_path: Path) -> None:
    image = Image.fromarray(np.arange(4, dtype=np.uint8).reshape(2, 2), "P")
    image.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    read = read_picture(saved(tmp_path / "picture.png", image, transparency=bytes([255, 0, 128, 255]))).pixels
    assert read.tolist() == [[[10, 20, 30, 255], [40, 50, 60, 0]], [[70, 80, 90, 128], [100, 110, 120, 255]]]


@pytest.mark.parametrize(("channels", "key"), [(0, 7), (3, (7, 8, 9))])
def test_a_transparent_colour_becomes_an_alpha_channel(tmp_path: Path, channels: int, key: Any) -> None:
    pixels = random_pixels(channels)
    pixels[0, 0] = key
    image = Image.fromarray(pixels)
    read = read_picture(saved(tmp_path / "picture.png", image, transparency=key)).pixels
    assert read.shape[2] == max(channels, 1) + 1
    assert read[0, 0, -1] == 0
    assert read[1, 1, -1] == 255


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("suffix", "dtype"), KINDS)
def test_a_picture_is_turned_upright(tmp_path: Path, suffix: str, dtype: Any, orientation: int) -> None:
    """Hold a picture of four grey quarters to what Pillow's own `exif_transpose` makes of it."""
    path = tmp_path / f"picture{suffix}"
    quarters = np.kron([[30, 90], [150, 210]], np.ones((8, 16))).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    if dtype == np.uint8:
        Image.fromarray(quarters).convert("RGB").save(path, exif=exif)
    elif suffix == ".tiff":
        tifffile.imwrite(path, quarters.astype(np.uint16) * 257, extratags=[(274, "H", 1, orientation, True)])
    else:
        png = bytes(imagecodecs.png_encode(quarters.astype(np.uint16) * 257))
        path.write_bytes(png[:33] + chunk(b"eXIf", exif.tobytes()[6:]) + png[33:])
    turned = Image.fromarray(quarters)
    turned.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(turned)).astype(int)
    read = read_picture(path).pixels
    grey = read.astype(int) // 257 if dtype == np.uint16 else read[..., 0].astype(int)
    assert read.dtype == dtype
    assert grey.shape == expected.shape
    assert np.abs(grey - expected).max() <= 3


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a part of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize(("suffix", "dtype"), KINDS)
def test_the_colour_profile_is_kept(tmp_path: Path, suffix: str, dtype: Any) -> None:
    path = tmp_path / f"picture{suffix}"
    write_picture(path, Picture(random_pixels(3, dtype), PROFILE))
    assert read_picture(path).icc_profile == PROFILE
    with Image.open(path) as seen_by_pillow:
        seen_by_pillow.load()  # checks the checksums
        assert seen_by_pillow.info["icc_profile"] == PROFILE


def test_what_a_file_holds_decides_how_it_is_read(tmp_path: Path) -> None:
    pixels = random_pixels(3)
    write_picture(tmp_path / "picture.png", Picture(pixels))
    renamed = (tmp_path / "picture.png").rename(tmp_path / "picture.jpg")
    np.testing.assert_array_equal(read_picture(renamed).pixels, pixels)


def test_a_decoder_that_warns_is_not_heard(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    buffer = io.BytesIO()
    broken_exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12" * 10
    Image.new("L", (8, 8), 90).save(buffer, "JPEG", exif=broken_exif)
    (tmp_path / "picture.jpg").write_bytes(buffer.getvalue())
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        Image.open(tmp_path / "picture.jpg").getexif()
    assert heard, "this file is meant to be one that Pillow warns of"
    assert read_picture(tmp_path / "picture.jpg").pixels.shape == (8, 8)
    assert not recwarn


def png_claiming(width: int, height: int, depth: int = 8) -> bytes:
    """A PNG of some 70 bytes whose header claims a size."""
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, "PNG")
    png = buffer.getvalue()
    header = struct.pack(">IIBBBBB", width, height, depth, 0 if depth == 8 else 2, 0, 0, 0)
    return png[:8] + chunk(b"IHDR", header) + png[33:]


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("size", [(8001, 1), (1, 8001), (9000, 9000), (2**31 - 1, 2**31 - 1)])
def test_a_huge_size_is_refused_before_it_fills_the_memory(
    tmp_path: Path, size: tuple[int, int], depth: int
) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_claiming(*size, depth))
    with pytest.raises(InputError, match="give at most 8000 x 8000"):
        read_picture(path)


def test_the_largest_side_is_taken_and_one_more_is_not(tmp_path: Path) -> None:
    write_picture(tmp_path / "wide.png", Picture(np.zeros((1, 8000), np.uint8)))
    assert read_picture(tmp_path / "wide.png").pixels.shape == (1, 8000)
    tifffile.imwrite(tmp_path / "bomb.tiff", np.zeros((1, 8001), np.uint16))
    assert_refused(tmp_path / "bomb.tiff", "8001 x 1 pixels; give at most 8000 x 8000")


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    wrong = bytes(byte ^ 0xFF for byte in content[middle : middle + 8])
    return content[:middle] + wrong + content[middle + 8 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) * 2 // 3],
    "empty": lambda _: b"",
    "text": lambda _: b"no picture at all",
    "flipped": flipped,
}


HAVE_CHECKSUMS = [kind for kind in KINDS if kind[0] in (".png", ".tiff")]
BROKEN = [
    *product(("truncated", "empty", "text"), [*KINDS, (".bmp", np.uint8)]),
    *product(("flipped",), HAVE_CHECKSUMS),
]


@pytest.mark.parametrize(("damage", "kind"), BROKEN)
def test_a_broken_file_is_refused_in_one_line(tmp_path: Path, damage: str, kind: tuple[str, Any]) -> None:
    suffix, dtype = kind
    path = tmp_path / f"picture{suffix}"
    write_picture(path, Picture(random_pixels(3, dtype, (40, 40))))
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert_refused(path)


def assert_refused(path: Path, said: str = "") -> None:
    with pytest.raises(InputError) as caught:
        read_picture(path)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert len(str(caught.value).splitlines()) == 1


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path / "nothing.png", "no such file")
    assert_refused(
        tmp_path, "cannot be read (Is a directory)"
    )  # what the system refuses is not called broken
    (tmp_path / "text.png").write_text("no picture at all")
    assert_refused(tmp_path / "text.png", "no picture of a known format; save the picture as PNG or TIFF")


@pytest.mark.parametrize(("image_format", "name"), [("GIF", "a GIF"), ("JPEG2000", "JPEG 2000")])
def test_a_picture_of_another_format_is_named(tmp_path: Path, image_format: str, name: str) -> None:
    path = saved(tmp_path / "picture.png", Image.new("L", (9, 9)), format=image_format)
    assert_refused(path, f"this is {name}, which is not read; save the picture as PNG or TIFF")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x20ftypavif\0\0\0\0", "AVIF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC, as phones write it"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "a video"),
        (b"\xff\x0a\xfa\x7f", "JPEG XL"),
        (b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a", "JPEG XL"),
        (b"\n<!DOCTYPE html>", "a page of the web"),
        (b"<!doctype html>", "a page of the web"),
        (b"<HTML>", "a page of the web"),
        (b"\0" * 128 + b"DICM", "DICOM"),
    ],
)
def test_a_file_is_named_by_its_first_bytes(tmp_path: Path, head: bytes, name: str) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(head + bytes(200))
    assert_refused(path, f"this is {name}, which is not read; ")


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_an_animation_is_refused(tmp_path: Path, suffix: str) -> None:
    frames = [Image.fromarray(random_pixels(3)), Image.new("RGB", (7, 5))]
    path = saved(tmp_path / f"moving{suffix}", frames[0], save_all=True, append_images=frames[1:])
    assert_refused(path, "an animation of 2 frames; save each of them as a picture")


@pytest.mark.parametrize(
    ("name", "channels", "dtype"),
    [
        ("a.jpg", 0, np.uint16),
        ("a.webp", 3, np.uint16),
        ("a.bmp", 3, np.uint16),
        ("a.png", 0, np.float32),
        ("a.jpg", 3, np.float32),
        ("a.jpeg", 4, np.uint8),
        ("a.bmp", 2, np.uint8),
        ("a.gif", 0, np.uint8),
        ("a", 0, np.uint8),
    ],
)
def test_a_format_that_cannot_hold_the_picture_is_refused(
    tmp_path: Path, name: str, channels: int, dtype: Any
) -> None:
    with pytest.raises(InputError, match=name):
        write_picture(tmp_path / name, Picture(random_pixels(channels, dtype)))
    assert not list(tmp_path.iterdir())


def test_cmyk_without_a_profile_becomes_the_colours_of_its_inks(tmp_path: Path) -> None:
    inks = {"C": (255, 0, 0, 0), "M": (0, 255, 0, 0), "Y": (0, 0, 255, 0), "K": (0, 0, 0, 255)}
    colours = {"C": (0, 255, 255), "M": (255, 0, 255), "Y": (255, 255, 0), "K": (0, 0, 0)}
    for name, ink in inks.items():
        for suffix in (".jpg", ".tif"):
            read = read_picture(saved(tmp_path / f"a{suffix}", Image.new("CMYK", (16, 16), ink)))
            np.testing.assert_allclose(read.pixels, np.full((16, 16, 3), colours[name]), rtol=0, atol=3)


def profile_of_inks(black: tuple[int, int, int]) -> bytes:
    """Return a CMYK profile by which paper is white, and all that has any ink has one colour in Lab."""
    head = struct.pack(
        ">4s4sI", b"mft1", b"", 0x04030200
    )  # a table of bytes: 4 inks to Lab, 2 points for each
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    steep = bytes([0] + [255] * 255) * 4
    corners = bytes((255, 128, 128)) + bytes(black) * 15
    table = head + matrix + steep + corners + bytes(range(256)) * 3
    start = 128 + 4 + 12
    profile = struct.pack(">I4sI4s4s4s", start + len(table), b"", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    profile += struct.pack(">12s4s", b"", b"acsp").ljust(128 - len(profile) - 60, b"\0")
    profile += struct.pack(">3i", 63190, 65536, 54061)  # D50
    return profile.ljust(128, b"\0") + struct.pack(">I4sII", 1, b"A2B0", start, len(table)) + table


def test_cmyk_becomes_srgb_by_its_profile_which_is_not_kept(tmp_path: Path) -> None:
    profile = profile_of_inks(black=(136, 208, 195))  # sRGB's red, of Lab 53.2, 80.1, 67.2
    for suffix in (".jpg", ".tif"):
        image = Image.new("CMYK", (16, 16), (0, 255, 0, 0))
        read = read_picture(saved(tmp_path / f"a{suffix}", image, icc_profile=profile))
        np.testing.assert_allclose(read.pixels[8, 8], (255, 0, 0), rtol=0, atol=8)
        assert read.icc_profile is None


def test_a_profile_that_cannot_be_used_leaves_the_formula(tmp_path: Path) -> None:
    profile = PROFILE  # of RGB
    image = Image.new("CMYK", (16, 16), (0, 255, 0, 0))
    read = read_picture(saved(tmp_path / "a.tif", image, icc_profile=profile))
    np.testing.assert_array_equal(read.pixels[8, 8], (255, 0, 255))
