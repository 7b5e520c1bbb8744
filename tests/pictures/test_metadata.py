"""Resolution, EXIF and the colour profile go from a file to the next, whatever the formats."""

import io
import struct
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from PIL.ExifTags import GPS, IFD, Base

from facedenoise.pictures import Picture, Resolution, read_pages, read_picture, write_pages, write_picture

KINDS = [
    *product((".jpg", ".png", ".tiff", ".webp"), (np.uint8,)),
    *product((".png", ".tiff"), (np.uint16,)),
    (".tiff", np.float32),
]
GREY = np.full((8, 12), 0.5)
TEXTS = {
    Base.ImageDescription: "a face",
    Base.Make: "Maker",
    Base.Model: "A very long name of a camera",
    Base.DateTime: "2026:01:02 03:04:05",
    Base.Artist: "Anna",
    Base.Copyright: "CC0",
}
SHOT = {Base.ExposureTime: 0.01, Base.DateTimeOriginal: "2026:01:02 03:04:05", Base.ISOSpeedRatings: 400}
PLACE = {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (50.0, 5.0, 1.5)}


def full_exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    for tag, value in TEXTS.items():
        exif[tag] = value
    exif[Base.Orientation], exif[Base.Rating], exif[Base.XPTitle] = orientation, 5, "T".encode("utf-16-le")
    exif[IFD.Exif] = {**SHOT, IFD.Interop: {1: "R98"}}
    exif[IFD.GPSInfo] = PLACE
    return exif


def pixels(dtype: Any) -> Any:
    return GREY.astype(dtype) if dtype == np.float32 else (GREY * np.iinfo(dtype).max).astype(dtype)


def written(path: Path, dtype: Any, **kept: Any) -> Path:
    write_picture(path, Picture(pixels(dtype), **kept))
    return path


def photo(path: Path, **options: Any) -> Path:
    Image.fromarray(pixels(np.uint8)).save(path, **options)
    return path


def assert_full(exif: Image.Exif) -> None:
    assert {tag: exif[tag] for tag in TEXTS} == TEXTS
    assert exif[Base.Rating] == 5
    assert exif[Base.XPTitle] == b"T\0"
    shot = exif.get_ifd(IFD.Exif)
    assert {tag: shot[tag] for tag in SHOT} == SHOT
    assert exif.get_ifd(IFD.GPSInfo) == PLACE
    assert exif.get_ifd(IFD.Interop) == {1: "R98"}
    assert Base.Orientation not in exif


@pytest.mark.parametrize(("suffix", "dtype"), [*KINDS, (".bmp", np.uint8)])
def test_the_resolution_is_kept(tmp_path: Path, suffix: str, dtype: Any) -> None:
    read = read_picture(photo(tmp_path / "scan.png", dpi=(300, 150)))
    path = written(tmp_path / f"a{suffix}", dtype, resolution=read.resolution)
    again = read_picture(path).resolution
    assert again
    assert again.dpi == pytest.approx((300, 150), abs=0.02)  # a PNG counts dots per metre


def test_exif_of_a_large_tiff_is_kept(tmp_path: Path) -> None:
    source = tmp_path / "large.tif"
    with tifffile.TiffWriter(source, bigtiff=True) as tiff:
        tiff.write(pixels(np.uint8), software="Scanner", extratags=[(Base.Artist, "s", 0, "Anna", True)])
    write_pages(tmp_path / "a.tif", read_pages(source))
    with Image.open(tmp_path / "a.tif") as image:
        assert (image.getexif()[Base.Software], image.getexif()[Base.Artist]) == ("Scanner", "Anna")


@pytest.mark.parametrize(("suffix", "dtype"), KINDS)
def test_exif_is_kept_but_for_the_orientation_that_was_applied(
    tmp_path: Path, suffix: str, dtype: Any
) -> None:
    read = read_picture(photo(tmp_path / "photo.jpg", exif=full_exif(orientation=6), dpi=(300, 150)))
    assert read.pixels.shape == (12, 8)
    assert read.resolution == Resolution(150, 300), "it is turned, too"
    path = tmp_path / f"a{suffix}"
    write_picture(path, Picture(pixels(dtype), exif=read.exif, resolution=read.resolution))
    exif = Image.Exif()
    exif.load(read_picture(path).exif or b"")
    assert_full(exif)


@pytest.mark.parametrize(("suffix", "dtype"), [kind for kind in KINDS if kind[1] == np.uint8])
def test_others_read_what_was_written(tmp_path: Path, suffix: str, dtype: Any) -> None:
    exif = full_exif()
    del exif[Base.Orientation]
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    kept = {"exif": exif.tobytes(), "resolution": Resolution(118, 59, 3), "icc_profile": profile}
    with Image.open(written(tmp_path / f"a{suffix}", dtype, **kept)) as image:
        assert_full(image.getexif())
        image.load()
        assert image.info["icc_profile"] == profile
        if suffix != ".webp":
            assert image.info["dpi"] == pytest.approx((118 * 2.54, 59 * 2.54), abs=0.5)
    assert read_picture(tmp_path / f"a{suffix}").icc_profile == profile


def test_each_page_keeps_its_own(tmp_path: Path) -> None:
    exif = full_exif()
    first, second = (Picture(pixels(dtype)) for dtype in (np.uint8, np.uint16))
    pages = [first, Picture(second.pixels, exif=exif.tobytes(), resolution=Resolution(72, 72)), first]
    write_pages(tmp_path / "a.tif", pages)
    read = read_pages(tmp_path / "a.tif")
    assert [page.exif is None for page in read] == [True, False, True]
    loaded = Image.Exif()
    loaded.load(read[1].exif or b"")
    assert_full(loaded)
    assert read[1].resolution == Resolution(72, 72)


def test_names_are_kept_in_any_script(tmp_path: Path) -> None:
    name = "Zoë Łuna".encode()
    exif = Image.Exif()
    exif[Base.Artist] = name
    read = read_picture(photo(tmp_path / "a.jpg", exif=exif))
    for suffix in (".jpg", ".png", ".webp", ".tif"):
        path = written(tmp_path / f"b{suffix}", np.uint8, exif=read.exif)
        assert name in path.read_bytes()
        assert name in (read_picture(path).exif or b"")


def test_the_preview_of_the_noisy_picture_is_not_kept(tmp_path: Path) -> None:
    preview = io.BytesIO()
    Image.new("L", (160, 120)).save(preview, "JPEG")
    place = struct.pack(">HHHIIHHIII", 2, 0x201, 4, 1, 44, 0x202, 4, 1, len(preview.getvalue()), 0)
    exif = b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">HI", 0, 14) + place + preview.getvalue()
    read = read_picture(photo(tmp_path / "a.jpg", exif=exif))
    assert read.exif is None
    assert preview.getvalue() in (tmp_path / "a.jpg").read_bytes()


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0", b"Exif\0\0MM", b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12" * 10]
)
def test_broken_exif_costs_nothing_but_itself(tmp_path: Path, exif: bytes) -> None:
    read = read_picture(photo(tmp_path / "a.jpg", exif=exif))
    assert read.pixels.shape == GREY.shape
    write_picture(tmp_path / "b.tif", read)


def test_a_broken_tag_does_not_stop_a_picture_from_being_turned(tmp_path: Path) -> None:
    content = full_exif(orientation=6).tobytes()
    text, rational = (struct.pack(">HH", Base.Make, kind) for kind in (2, 5))
    assert text in content
    broken = content.replace(text, rational)  # a maker that is a number, which Pillow cannot write
    read = read_picture(photo(tmp_path / "a.jpg", exif=broken))
    assert read.pixels.shape == (12, 8)
    for suffix in (".jpg", ".png", ".webp", ".tif"):
        write_picture(tmp_path / f"b{suffix}", read)


def test_exif_that_is_too_long_for_a_jpeg_is_left_out(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[Base.ImageDescription] = "long" * 20_000
    read = read_picture(photo(tmp_path / "a.png", exif=exif))
    assert read.exif
    write_picture(tmp_path / "b.jpg", read)
    assert read_picture(tmp_path / "b.jpg").exif is None
    write_picture(tmp_path / "b.webp", read)
    assert read_picture(tmp_path / "b.webp").exif == read.exif


@pytest.mark.parametrize("resolution", [Resolution(0, 0), Resolution(1e9, 1e9), Resolution(float("nan"), 1)])
def test_a_resolution_that_means_nothing_harms_nothing(tmp_path: Path, resolution: Resolution) -> None:
    for suffix in (".jpg", ".png", ".webp", ".bmp"):
        written(tmp_path / f"a{suffix}", np.uint8, resolution=resolution)
    written(tmp_path / "deep.png", np.uint16, resolution=resolution)
