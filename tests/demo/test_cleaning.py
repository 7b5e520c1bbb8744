"""What the page shows: the very pictures that the command line makes, and their PSNR."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facedenoise.cli.main import main
from facedenoise.demo.cleaning import compare, faces, for_screen, read
from facedenoise.errors import InputError
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.poisson import Poisson
from facedenoise.pictures import Picture, read_picture, write_picture

NOISE = Gaussian(std=0.12, factor=2)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder: the released networks count, not those of a pipeline."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_few_different_faces_are_drawn() -> None:
    drawn = np.stack(faces())
    assert drawn.shape == (6, 48, 48)
    assert drawn.dtype == np.uint8
    assert len(np.unique(drawn, axis=0)) == 6


def test_it_cleans_as_the_command_line_does(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compare("face.png", faces()[0], NOISE)
    write_picture(here / "noisy.png", Picture(found.noisy))
    assert main(["denoise", "noisy.png", "clean.png"]) == 0
    np.testing.assert_array_equal(found.cleaned, read_picture(here / "clean.png").pixels)
    assert capsys.readouterr().out.strip() == f"noisy.png: {found.choice}"


def test_the_noise_is_that_which_was_asked_for() -> None:
    grey = np.full((128, 128), 128, np.uint8)
    found = compare("grey.png", grey, NOISE)
    assert (found.noisy.astype(float) - 128).std() / 255 == pytest.approx(0.12, rel=0.03)
    assert found.choice.estimate is not None
    assert found.choice.estimate.sigma == pytest.approx(0.12, rel=0.1)
    assert not np.array_equal(compare("other.png", grey, NOISE).noisy, found.noisy)
    np.testing.assert_array_equal(compare("grey.png", grey, NOISE).noisy, found.noisy)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_the_psnr_is_that_of_all_colours_without_alpha(depth: type[np.uint8 | np.uint16]) -> None:
    white = np.iinfo(depth).max
    colours = np.stack(faces()[:3], axis=-1).astype(depth) * (white // 255)
    alpha = np.full((48, 48, 1), white // 2, depth)
    image = np.concatenate([colours, alpha], axis=-1)
    found = compare("face.png", image, Poisson(peak=30))
    np.testing.assert_array_equal(found.cleaned[..., 3], alpha[..., 0])
    assert found.psnr is not None
    for pixels, psnr in zip((found.noisy, found.cleaned), found.psnr, strict=True):
        error = (pixels[..., :3].astype(float) - colours) / white
        assert psnr == pytest.approx(-10 * np.log10(np.mean(error**2)), abs=1e-3)
    assert found.psnr[1] > found.psnr[0] + 3


def test_without_noise_nothing_is_known_of_the_clean_picture() -> None:
    noisy = compare("face.png", faces()[0], NOISE).noisy
    found = compare("mine.png", noisy)
    assert found.psnr is None
    assert found.noisy is noisy
    assert not np.array_equal(found.cleaned, noisy)


def test_a_clean_picture_is_left_as_it_is() -> None:
    grey = np.full((64, 64), 90, np.uint8)
    found = compare("grey.png", grey)
    np.testing.assert_array_equal(found.cleaned, grey)
    assert str(found.choice) == "no noise found, left as it is"


def test_small_pictures_are_enlarged_for_the_screen_pixel_by_pixel() -> None:
    face = faces()[0]
    large = for_screen(face)
    assert large.shape == (960, 960)
    np.testing.assert_array_equal(large[::20, ::20], face)
    np.testing.assert_array_equal(large[19::20, 19::20], face)
    wide = np.zeros((10, 700, 3), np.uint8)
    assert for_screen(wide).shape == wide.shape


def test_the_screen_shows_deep_pictures_in_8_bits() -> None:
    levels = np.arange(256).reshape(16, 16)
    for deep in (levels.astype(np.uint16) * 257, levels.astype(np.float32) / 255):
        shown = for_screen(deep)
        assert shown.dtype == np.uint8
        np.testing.assert_array_equal(shown[::60, ::60], levels)


def test_what_is_no_picture_is_refused_by_its_name(here: Path) -> None:
    (here / "notes.png").write_text("no picture")
    with pytest.raises(InputError, match=r"^notes\.png: (?!.*tmp)"):
        read(here / "notes.png")


def test_a_picture_is_read_by_what_it_holds(here: Path) -> None:
    Image.fromarray(faces()[0]).save(here / "face", "PNG")
    np.testing.assert_array_equal(read(here / "face").pixels, faces()[0])
