"""Textures to train on: patches of photographs, in the layout that the pipeline reads."""

from pathlib import Path

import numpy as np
import pytest
from helpers import read_fer_csv
from skimage import data

from stages import textures


def test_they_are_training_rows_without_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(textures, "PHOTOGRAPHS", {"grass.png": 10, "rocket.jpg": 4})
    textures.TEXTURES.parent.mkdir(parents=True)
    textures.main()
    images, labels, splits = read_fer_csv(textures.TEXTURES)
    assert images.shape == (14, 1, 48, 48)
    assert set(labels) == {-1}
    assert set(splits) == {"Training"}
    assert len({image.tobytes() for image in images}) == 14


def test_a_texture_as_it_is_is_a_part_of_its_photograph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textures, "AS_THEY_ARE", 1)
    monkeypatch.setattr(textures, "FINE", {1: 1.0})
    grass = data.grass()
    windows = np.lib.stride_tricks.sliding_window_view(grass, (1, 48))[:, :, 0]
    for texture in textures.cut("grass.png", 6, np.random.default_rng(3)):
        edges = [np.rot90(texture, turns)[0] for turns in range(4)]
        assert any((windows == edge).all(-1).any() for side in edges for edge in (side, side[::-1]))
