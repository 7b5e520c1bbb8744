"""TIFF: each page is read as its numbers mean it, or refused with what it is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from facedenoise.errors import InputError
from facedenoise.pictures import Picture, Resolution, read_pages, read_picture, write_pages

DEEP = [np.uint8, np.uint16, np.float32]


def random_pixels(dtype: Any, *shape: int) -> NDArray[Any]:
    rng = np.random.default_rng(0)
    if np.issubdtype(dtype, np.floating):
        return rng.random(shape).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def written(path: Path, pixels: NDArray[Any], **options: Any) -> Path:
    tifffile.imwrite(path, pixels, **options)
    return path


def assert_refused(path: Path, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_pages(path)
    assert str(caught.value) == f"{path}: {said}"


@pytest.mark.parametrize("dtype", DEEP)
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_the_order_of_bytes_and_channels_does_not_matter(
    tmp_path: Path, dtype: Any, byteorder: Any, planar: Any, bigtiff: bool
) -> None:
    pixels = random_pixels(dtype, 5, 7, 3)
    stored = pixels if planar == "contig" else np.moveaxis(pixels, 2, 0)
    options = {"byteorder": byteorder, "bigtiff": bigtiff, "planarconfig": planar, "compression": "lzw"}
    read = read_picture(written(tmp_path / "a.tif", stored, photometric="rgb", **options)).pixels
    assert read.dtype == dtype
    np.testing.assert_array_equal(read, pixels)


@pytest.mark.parametrize("dtype", DEEP)
def test_where_white_is_zero_the_picture_is_no_negative(tmp_path: Path, dtype: Any) -> None:
    white, pixels = (
        np.array(1 if dtype == np.float32 else np.iinfo(dtype).max, dtype),
        random_pixels(dtype, 5, 7),
    )
    path = written(tmp_path / "a.tif", white - pixels, photometric="miniswhite")
    np.testing.assert_allclose(read_picture(path).pixels, pixels, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("bits", "step"), [(1, 255), (2, 85), (4, 17)])
def test_few_bits_reach_white(tmp_path: Path, bits: int, step: int) -> None:
    pixels = random_pixels(np.uint8, 5, 8) % 2**bits
    stored = pixels.astype(bool) if bits == 1 else pixels
    path = written(tmp_path / "a.tif", stored, bitspersample=bits, photometric="minisblack")
    np.testing.assert_array_equal(read_picture(path).pixels, pixels * step)


def test_colours_multiplied_by_alpha_are_divided_in_eight_bits(tmp_path: Path) -> None:
    stored = np.tile(np.array([50, 100, 0, 128], np.uint8), (2, 2, 1))
    path = written(tmp_path / "a.tif", stored, photometric="rgb", extrasamples=["assocalpha"])
    read = read_picture(path).pixels
    np.testing.assert_allclose(read[0, 0], [50 * 255 / 128, 100 * 255 / 128, 0, 128], rtol=0, atol=1)


def test_a_filling_beside_rgb_is_no_alpha(tmp_path: Path) -> None:
    stored = random_pixels(np.uint16, 5, 7, 4)
    path = written(tmp_path / "a.tif", stored, photometric="rgb", extrasamples=["unspecified"])
    np.testing.assert_array_equal(read_picture(path).pixels, stored[..., :3])


@pytest.mark.parametrize("compression", ["zlib", "zstd", "jpeg2000", "webp"])
def test_compressions_of_today(tmp_path: Path, compression: str) -> None:
    pixels = random_pixels(np.uint8, 16, 16, 3)
    level = {"level": 100} if compression == "webp" else {}  # without loss
    options = {"compression": compression, "compressionargs": level}
    read = read_picture(written(tmp_path / "a.tif", pixels, photometric="rgb", **options)).pixels
    np.testing.assert_array_equal(read, pixels)


@pytest.mark.parametrize(
    ("dtype", "said"),
    [("int8", "int8"), ("int16", "int16"), ("uint32", "uint32"), ("complex64", "complex64")],
)
def test_numbers_without_a_known_white_are_refused(tmp_path: Path, dtype: str, said: str) -> None:
    path = written(tmp_path / "a.tif", np.zeros((4, 5), dtype), photometric="minisblack")
    remedy = "save it with 8 or 16 bits, or as floating point in [0, 1]"
    assert_refused(path, f"values of type {said}; {remedy}")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (np.nan, "has NaN or infinite values; replace them by numbers from 0 to 1"),
        (-np.inf, "has NaN or infinite values; replace them by numbers from 0 to 1"),
        (-0.25, "floating point from -0.25 to 0.5; scale or clip it to 0 (black) to 1 (white)"),
        (255, "floating point from 0.5 to 255.0; scale or clip it to 0 (black) to 1 (white)"),
        (
            np.nextafter(np.float32(1), 2),
            "floating point from 0.5 to 1.0000001; scale or clip it to 0 (black) to 1 (white)",
        ),
    ],
)
def test_floating_point_outside_of_0_to_1_is_refused(tmp_path: Path, wrong: float, said: str) -> None:
    pixels = np.full((4, 5), 0.5, np.float32)
    pixels[2, 3] = wrong
    assert_refused(written(tmp_path / "a.tif", pixels, photometric="minisblack"), said)


def test_black_and_white_are_within_the_range_of_floating_point(tmp_path: Path) -> None:
    pixels = np.array([[0, 1], [0.5, 1]], np.float32)
    path = written(tmp_path / "a.tif", pixels, photometric="minisblack")
    np.testing.assert_array_equal(read_picture(path).pixels, pixels)


def test_what_would_look_wrong_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", np.zeros((2, 2), np.uint16))
    with tifffile.TiffFile(path, mode="r+") as tiff:
        tiff.pages.first.tags["BitsPerSample"].overwrite(12)
    assert_refused(path, "has 12 bits a channel; save it with 8 or 16")
    deep = random_pixels(np.uint16, 5, 7, 4)
    written(path, deep, photometric="rgb", extrasamples=["assocalpha"])
    assert_refused(path, "its colours are multiplied by alpha; save it with plain alpha")
    written(path, deep, photometric="separated")
    assert_refused(path, "a TIFF that is neither grey nor RGB is not handled; save it as RGB")
    for channels in (2, 5):
        stained = random_pixels(np.uint8, 5, 7, channels)
        written(path, stained, photometric="minisblack", planarconfig="contig")
        said = f"{channels} channels of axes YXS are neither grey nor RGB; save each channel as a page"
        assert_refused(path, said)


def test_all_pages_come_back_each_of_its_own_kind(tmp_path: Path) -> None:
    shapes = {np.uint8: (5, 7), np.uint16: (4, 9, 3), np.float32: (6, 2)}
    pages = [Picture(random_pixels(dtype, *shape)) for dtype, shape in shapes.items()]
    write_pages(tmp_path / "a.tif", pages)
    for read, page in zip(read_pages(tmp_path / "a.tif"), pages, strict=True):
        assert read.pixels.dtype == page.pixels.dtype
        np.testing.assert_array_equal(read.pixels, page.pixels)


def test_pages_that_pillow_reads_are_those_that_were_asked_for(tmp_path: Path) -> None:
    pages = [Image.fromarray(random_pixels(np.uint8, 5, 7) // shade) for shade in (1, 2, 3)]
    kinds = [page.convert(mode) for page, mode in zip(pages, ("1", "L", "P"), strict=True)]
    kinds[0].save(tmp_path / "a.tif", save_all=True, append_images=kinds[1:])
    for read, kind in zip(read_pages(tmp_path / "a.tif"), kinds, strict=True):
        expected = kind.convert("RGB" if kind.mode == "P" else "L")
        np.testing.assert_array_equal(read.pixels, np.asarray(expected))


def test_only_one_page_where_one_picture_is_wanted(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tif", np.zeros((2, 5, 7), np.uint16), photometric="minisblack")
    with pytest.raises(InputError, match="holds 2 pages; split it into single pictures"):
        read_picture(path)


def test_a_preview_is_no_page(tmp_path: Path) -> None:
    pixels = random_pixels(np.uint8, 16, 16)
    with tifffile.TiffWriter(tmp_path / "a.tif") as tiff:
        tiff.write(pixels[::4, ::4], subfiletype=1)
        tiff.write(pixels)
    (page,) = read_pages(tmp_path / "a.tif")
    np.testing.assert_array_equal(page.pixels, pixels)


def test_a_raw_file_is_no_picture(tmp_path: Path) -> None:
    said = "a camera's raw file; develop it and save it as TIFF with 16 bits"
    small = np.zeros((4, 5), np.uint8)
    assert_refused(written(tmp_path / "a.tif", small, subfiletype=1, photometric="minisblack"), said)
    version = [(50706, "B", 4, b"\1\4\0\0", True)]
    assert_refused(written(tmp_path / "b.tif", small, extratags=version, photometric="minisblack"), said)


def test_a_tiff_without_a_page_is_no_raw_file(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"II*\0" + bytes(8))
    assert_refused(tmp_path / "a.tif", "a TIFF without a page; get it again")


def test_a_stack_loses_no_page_without_a_word(tmp_path: Path) -> None:
    stack = random_pixels(np.uint16, 3, 20, 20)
    path = written(tmp_path / "a.tif", stack, photometric="minisblack", truncate=True)
    assert_refused(path, "a stack that says only where its first page is; save it page by page")
    write_pages(path, [Picture(page) for page in stack])
    content = path.read_bytes()
    with tifffile.TiffFile(path) as tiff:
        last = tiff.pages[2].offset
    path.write_bytes(content[:last])
    assert_refused(path, "some of its pages are missing; get it again")


def test_pages_are_bounded_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facedenoise.pictures.limits._MOST_VALUES", 3_000_000)
    path = written(tmp_path / "a.tif", np.zeros((4, 1000, 1000), np.uint8), photometric="minisblack")
    assert_refused(path, "its pages have 4 million values; split it, at most 3 million a file")


@pytest.mark.parametrize("dtype", DEEP)
def test_the_scale_of_a_microscope_is_kept(tmp_path: Path, dtype: Any) -> None:
    options = {"resolution": (5.5, 4.25), "resolutionunit": 1, "description": "ImageJ=1.53\nunit=um"}
    pixels = random_pixels(dtype, 5, 7)
    path = written(tmp_path / "a.tif", pixels, photometric="minisblack", metadata=None, **options)
    picture = read_picture(path)
    assert picture.resolution == Resolution(5.5, 4.25, 1)
    write_pages(tmp_path / "b.tif", [picture])
    with tifffile.TiffFile(tmp_path / "b.tif") as tiff:
        tags = tiff.pages.first.tags
        assert tags.valueof("XResolution") == (11, 2)
        assert tags.valueof("YResolution") == (17, 4)
        assert tags.valueof("ResolutionUnit") == 1
        assert tags.valueof("ImageDescription") == "ImageJ=1.53\nunit=um"


def test_nothing_is_printed_of_a_broken_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.tif"
    write_pages(path, [Picture(random_pixels(np.uint16, 20, 20))] * 3)
    for end in range(40, path.stat().st_size, 100):
        (tmp_path / "b.tif").write_bytes(path.read_bytes()[:end])
        with pytest.raises(InputError):
            read_pages(tmp_path / "b.tif")
    assert capfd.readouterr() == ("", "")
