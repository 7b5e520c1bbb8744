"""The CSV writer: the layout of FER2013, as the reader takes it."""

from pathlib import Path

import numpy as np
import pytest
from helpers import read_fer_csv

from facedenoise.faces.fer_writer import interleaved_usage, write_fer_csv
from facedenoise.images.fer2013 import USAGES

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 48, 48), dtype=np.uint8)
EMOTION, USAGE = np.arange(20) % 8 - 1, interleaved_usage(20)


def test_a_written_csv_is_read_back_the_same(tmp_path: Path) -> None:
    write_fer_csv(tmp_path / "raw/sample.csv", IMAGES, EMOTION, USAGE)
    images, emotion, usage = read_fer_csv(tmp_path / "raw/sample.csv")
    np.testing.assert_array_equal(images[:, 0], IMAGES)
    np.testing.assert_array_equal(emotion, EMOTION)
    assert usage == [USAGES[0]] * 8 + [USAGES[1]] + [USAGES[2]] * 4 + [USAGES[0]] * 7


def test_a_csv_has_the_layout_of_fer2013(tmp_path: Path) -> None:
    images = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    write_fer_csv(tmp_path / "two.csv", images, np.array([3, 6]), ["Training", "PrivateTest"])
    expected = b"emotion,pixels,Usage\n3,0 1 2 3,Training\n6,4 5 6 7,PrivateTest\n"
    assert (tmp_path / "two.csv").read_bytes() == expected


def test_images_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="uint8"):
        write_fer_csv(tmp_path / "x.csv", IMAGES.astype(np.float32), EMOTION, USAGE)
    with pytest.raises(ValueError, match="shorter"):
        write_fer_csv(tmp_path / "x.csv", IMAGES, EMOTION[:1], USAGE)
    assert not list(tmp_path.iterdir())
