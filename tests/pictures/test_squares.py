"""Pictures as squares of 8 bits: the channels that the data have."""

import numpy as np
import pytest

from facedenoise.pictures.squares import square

RGBA = np.random.default_rng(0).integers(0, 256, (9, 7, 4), dtype=np.uint8)


def test_rgb_stays_as_it_is_and_alpha_does_not_count() -> None:
    expected = np.moveaxis(RGBA[..., :3], 2, 0)
    np.testing.assert_array_equal(square(RGBA[..., :3], channels=3), expected)
    np.testing.assert_array_equal(square(RGBA, channels=3), expected)


def test_grey_is_the_same_in_three_channels() -> None:
    grey, grey_and_alpha = RGBA[..., 0], RGBA[..., :2]
    for pixels in (grey, grey_and_alpha):
        np.testing.assert_array_equal(square(pixels, channels=3), np.stack([grey] * 3))
        np.testing.assert_array_equal(square(pixels), grey[np.newaxis])


def test_colours_weigh_as_in_bt_601() -> None:
    for colour, grey in zip(np.eye(3, dtype=np.uint8) * 255, (76, 150, 29), strict=True):
        assert (square(np.full((8, 8, 3), colour, np.uint8)) == grey).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_the_largest_square_of_the_middle_is_scaled(channels: int) -> None:
    pixels = np.zeros((60, 100, 3), np.uint8)
    pixels[:, 20:80] = 90
    scaled = square(pixels, 24, channels)
    assert scaled.shape == (channels, 24, 24)
    assert (scaled[:, :, 2:-2] == 90).all()  # Lanczos looks a little beyond


def test_deep_pixels_are_rounded_to_the_nearest_level() -> None:
    for deep, eight in ((128, 0), (129, 1), (511, 2), (0x80FF, 128), (65535, 255)):
        assert (square(np.full((8, 8), deep, np.uint16)) == eight).all()
    levels = np.arange(256).reshape(16, 16)
    for dtype in (np.float32, np.float64):
        np.testing.assert_array_equal(square((levels / 255).astype(dtype))[0], levels)
