"""Drawn faces: the same each time, all different, and their emotions can be told apart."""

from hashlib import sha256

import numpy as np
import pytest
from skimage.feature import hog

from facedenoise.faces import draw_faces, each_face
from facedenoise.faces.fer_writer import interleaved_usage
from facedenoise.images.fer2013 import EMOTIONS


def test_row_depends_on_seed_and_row_alone() -> None:
    few, few_emotion = draw_faces(9, seed=3)
    many, many_emotion = draw_faces(30, seed=3)
    np.testing.assert_array_equal(few, many[:9])
    np.testing.assert_array_equal(few_emotion, many_emotion[:9])


def test_faces_come_one_by_one() -> None:
    image, code = next(each_face(10**12, seed=3))  # these would not fit in memory
    images, emotion = draw_faces(1, seed=3)
    np.testing.assert_array_equal(image, images[0])
    assert code == emotion[0]


def test_other_seed_draws_other_faces() -> None:
    first, second = draw_faces(14, seed=0)[0], draw_faces(14, seed=1)[0]
    assert all((one != other).any() for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("rows", [0, 8])
def test_shapes_and_types(rows: int) -> None:
    images, emotion = draw_faces(rows, seed=0)
    assert (images.shape, emotion.shape) == ((rows, 48, 48), (rows,))
    assert images.dtype == np.uint8
    assert emotion.dtype == np.int64


def test_every_emotion_is_in_every_split() -> None:
    _, emotion = draw_faces(91, seed=0)
    usage = np.array(interleaved_usage(91))
    for name, rows in {"Training": 56, "PublicTest": 7, "PrivateTest": 28}.items():
        assert (usage == name).sum() == rows
        assert set(emotion[usage == name]) == set(range(len(EMOTIONS)))


def test_faces_vary_like_photographs() -> None:
    images, _ = draw_faces(210, seed=0)
    brightness = images.mean(axis=(1, 2))
    contrast = images.std(axis=(1, 2))
    assert len(np.unique(images.reshape(210, -1), axis=0)) == 210
    assert 100 < brightness.mean() < 150
    assert brightness.std() > 20
    assert contrast.min() > 15
    assert contrast.max() > 70


def test_a_linear_classifier_of_gradients_tells_the_emotions_of_unseen_faces_apart() -> None:
    images, emotion = draw_faces(1750, seed=0)
    features = np.stack([hog(image, cells_per_block=(2, 2)) for image in images])
    features = np.column_stack([features, np.ones(len(features))])
    seen, answers = features[:1400], np.eye(len(EMOTIONS))[emotion[:1400]]
    weights = np.linalg.solve(
        seen.T @ seen + 30 * np.eye(seen.shape[1]), seen.T @ answers
    )  # a ridge regression
    assert ((features[1400:] @ weights).argmax(1) == emotion[1400:]).mean() > 0.85


@pytest.mark.parametrize(
    ("rows", "seed", "digest"), [(21, 0, "e3e7429b561d50fb"), (150, 7, "278188840b25f495")]
)
def test_the_pixels_are_the_same_on_every_machine(rows: int, seed: int, digest: str) -> None:
    images, emotion = draw_faces(rows, seed)
    assert sha256(images.tobytes() + emotion.tobytes()).hexdigest()[:16] == digest
