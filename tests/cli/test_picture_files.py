"""Files of many kinds, denoised by the command: all that is in them comes out again."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from PIL import Image
from stand_ins import BRIGHTER, NOISES, TASKS, denoised_by_stand_in, work_in_empty_folder

from facedenoise.cli.main import main
from facedenoise.files import temporary_name
from facedenoise.noise import corrupt
from facedenoise.pictures import Picture, read_pages, read_picture, write_pages, write_picture

CAPTURE = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, with stand-ins as the released weights."""
    work_in_empty_folder(tmp_path, monkeypatch)


@pytest.fixture
def pages(drawn: torch.Tensor) -> list[NDArray[np.uint8]]:
    """Return drawn faces: without noise, and with that of each task."""
    images = drawn[:1, 0].numpy()
    noisy = [corrupt(images, np.arange(1), NOISES[task], seed=0, task=task, draw=0)[0] for task in TASKS]
    return [images[0], *noisy]


def run(*arguments: object, command: str = "denoise", status: int = 0) -> None:
    assert main([command, *map(str, arguments)]) == status


def test_every_page_is_denoised_by_the_network_of_its_noise(
    pages: list[NDArray[np.uint8]], capsys: CAPTURE
) -> None:
    write_pages(Path("in.tif"), [Picture(page) for page in pages])
    run("in.tif", "out.tif", "--json")
    read = [page.pixels for page in read_pages(Path("out.tif"))]
    expected = [pages[0], *(denoised_by_stand_in(*each) for each in zip(TASKS, pages[1:], strict=True))]
    np.testing.assert_array_equal(read, expected)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["page"], line["noise"]) for line in said] == list(enumerate(["none", *TASKS], 1))
    run("in.tif", "out.tif")
    places = [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()]
    assert places == [f"in.tif, page {number}" for number in range(1, len(pages) + 1)]


def test_a_stack_without_noise_is_copied_byte_by_byte(pages: list[NDArray[np.uint8]]) -> None:
    tifffile.imwrite("in.tif", np.stack([pages[0]] * 2), photometric="minisblack", description="as it was")
    run("in.tif", "out.tiff")
    assert Path("out.tiff").read_bytes() == Path("in.tif").read_bytes()


def test_only_a_tiff_has_pages(pages: list[NDArray[np.uint8]], capsys: CAPTURE) -> None:
    write_pages(Path("in.tif"), [Picture(page) for page in pages])
    run("in.tif", "out.png", status=1)
    said = f"error: out.png: .png has one picture, the source {len(pages)} pages; write .tiff\n"
    assert capsys.readouterr().err == said


def test_each_page_has_noise_of_its_own() -> None:
    write_pages(Path("in.tif"), [Picture(np.full((48, 48), 128, np.uint8))] * 2)
    write_picture(Path("in.png"), Picture(np.full((48, 48), 128, np.uint8)))
    run("in.tif", "out.tif", "--task", "high_gaussian", command="noise")
    first, second = (page.pixels.astype(int) for page in read_pages(Path("out.tif")))
    assert np.abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.1
    assert first.std() > 10


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floating_point_is_denoised_as_such(pages: list[NDArray[np.uint8]], dtype: Any) -> None:
    noisy = pages[1 + TASKS.index("high_gaussian")] / 255
    fine = (noisy + np.linspace(0, 0.5 / 255, noisy.size).reshape(noisy.shape)).astype(dtype)
    tifffile.imwrite("in.tif", fine, photometric="minisblack")
    run("in.tif", "out.tif")
    read = read_picture(Path("out.tif")).pixels
    assert read.dtype == dtype
    added = read - fine
    assert added.mean() == pytest.approx(BRIGHTER["high_gaussian"] / 255, abs=1e-3)
    assert np.ptp(added) < 1e-6, "finer than the levels of 8 bits"


def test_floating_point_gets_the_noise_of_eight_bits() -> None:
    write_picture(Path("in.tif"), Picture(np.full((48, 48), 128 / 255, np.float32)))
    write_picture(Path("in8.tif"), Picture(np.full((48, 48), 128, np.uint8)))
    for name in ("in", "in8"):
        Path("folder").mkdir(exist_ok=True)
        Path(f"{name}.tif").rename("folder/a.tif")
        run("folder", f"out_{name}", "--task", "high_gaussian", command="noise")
    deep, flat = (read_picture(Path(f"out_{name}/a.tif")).pixels for name in ("in", "in8"))
    assert deep.dtype == np.float32
    np.testing.assert_allclose(deep, flat / np.float32(255), rtol=0, atol=1e-6)


def test_cmyk_is_denoised_as_rgb(pages: list[NDArray[np.uint8]]) -> None:
    noisy = Image.fromarray(pages[1]).convert("RGB").convert("CMYK")
    noisy.save("in.tif")
    run("in.tif", "out.png", "--noise", TASKS[0])
    expected = denoised_by_stand_in(TASKS[0], np.asarray(noisy.convert("RGB")))
    np.testing.assert_array_equal(read_picture(Path("out.png")).pixels, expected)


def test_what_a_scan_says_of_itself_is_kept(pages: list[NDArray[np.uint8]]) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    Image.fromarray(pages[1]).save("in.png", dpi=(300, 300), exif=exif)
    run("in.png", "out.png", "--noise", TASKS[0])
    with Image.open("out.png") as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)
        assert dict(image.getexif()) == {0x010F: "Maker"}
        turned = np.rot90(pages[1], -1)
        np.testing.assert_array_equal(np.asarray(image), denoised_by_stand_in(TASKS[0], turned))


def test_the_longest_names_are_written(pages: list[NDArray[np.uint8]]) -> None:
    longest = "x" * 251 + ".png"
    write_picture(Path("in.png"), Picture(pages[1]))
    run("in.png", longest, "--noise", TASKS[0])
    assert read_picture(Path(longest)).pixels.shape == (48, 48)
    assert sorted(path.name for path in Path().iterdir()) == ["in.png", longest]
    assert temporary_name(Path("a/b.png")).parent == Path("a")
    assert temporary_name(Path("a/b.png")) != temporary_name(Path("a/c.png"))
