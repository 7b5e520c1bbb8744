"""What the estimator learns from: pictures without noise, noise, and the truth about it."""

import numpy as np
import pytest
import torch

from facedenoise.estimator import pictures
from facedenoise.estimator.noises import with_noise


def test_pictures_are_the_same_each_time_and_all_different(drawn: torch.Tensor) -> None:
    faces = drawn[:, 0].numpy()
    first, second = (
        np.stack([pictures.picture(faces, index, np.random.default_rng(index)) for index in range(64)])
        for _ in range(2)
    )
    assert first.dtype == np.uint8
    assert first.shape == faces.shape
    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first.reshape(64, -1), axis=0)) == 64
    untouched = (first == faces).all((1, 2))
    assert 0.2 < untouched.mean() < 0.7


@pytest.mark.parametrize("seed", range(3))
def test_every_style_keeps_size_and_meaning_of_intensities(drawn: torch.Tensor, seed: int) -> None:
    face = drawn[seed, 0].numpy() / np.float32(255)
    generator = np.random.default_rng(seed)
    made = [style(face, generator) for style in pictures._STYLES]
    made += [drawing(48, generator) for drawing in pictures._DRAWINGS]
    for picture in made:
        assert picture.shape == (48, 48)
        assert np.isfinite(picture).all()
        assert -6 < picture.min() <= picture.max() < 7


def test_the_truth_about_the_noise_is_told() -> None:
    flat = np.full((48, 48), 120, np.uint8)
    drawn = [with_noise(flat, np.random.default_rng(seed)) for seed in range(200)]
    clean = [noisy for noisy in drawn if not noisy.level.any() and not noisy.replaced.any()]
    assert 0.25 < len(clean) / len(drawn) < 0.42
    assert all((noisy.image == flat).all() for noisy in clean)
    for noisy in drawn:
        assert np.isin(noisy.image[noisy.replaced], (0, 255)).all()
        if 0 < noisy.level.max() < 0.15 and not noisy.replaced.any():
            assert noisy.image.std() / 255 == pytest.approx(noisy.level.mean(), rel=0.15, abs=0.001)
    assert 0.2 < np.mean([noisy.replaced.any() for noisy in drawn]) < 0.35


def test_impulses_are_those_that_change_a_pixel() -> None:
    black = np.zeros((48, 48), np.uint8)
    drawn = [with_noise(black, np.random.default_rng(seed)) for seed in range(100)]
    alone = [noisy for noisy in drawn if noisy.replaced.any() and not noisy.level.any()]
    assert alone
    assert all((noisy.replaced == (noisy.image == 255)).all() for noisy in alone)
