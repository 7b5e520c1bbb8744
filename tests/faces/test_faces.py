"""Drawn faces: the same each time, all different, and their emotions can be told apart."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from facedenoise.data.fer_csv import read_blocks
from facedenoise.data.fer_writer import interleaved_usage, write_fer_csv
from facedenoise.faces import draw_faces
from facedenoise.images.fer2013 import EMOTIONS


def test_row_depends_on_seed_and_row_alone() -> None:
    few, few_emotion = draw_faces(9, seed=3)
    many, many_emotion = draw_faces(30, seed=3)

    np.testing.assert_array_equal(few, many[:9])
    np.testing.assert_array_equal(few_emotion, many_emotion[:9])


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
    _, emotion = draw_faces(70, seed=0)
    usage = np.array(interleaved_usage(70))

    for name, rows in {"Training": 56, "PublicTest": 7, "PrivateTest": 7}.items():
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


def test_written_csv_is_read_back_the_same(tmp_path: Path) -> None:
    images, emotion = draw_faces(20, seed=0)
    usage = interleaved_usage(20)
    write_fer_csv(tmp_path / "raw" / "sample.csv", images, emotion, usage)

    blocks = list(read_blocks(tmp_path / "raw" / "sample.csv"))

    np.testing.assert_array_equal(np.concatenate([block.images for block in blocks])[:, 0], images)
    np.testing.assert_array_equal(np.concatenate([block.emotion for block in blocks]), emotion)
    np.testing.assert_array_equal(np.concatenate([block.usage for block in blocks]), ([0] * 8 + [1, 2]) * 2)


def test_csv_has_the_layout_of_fer2013(tmp_path: Path) -> None:
    images = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    write_fer_csv(tmp_path / "two.csv", images, np.array([3, 6]), ["Training", "PrivateTest"])

    expected = b"emotion,pixels,Usage\n3,0 1 2 3,Training\n6,4 5 6 7,PrivateTest\n"
    assert (tmp_path / "two.csv").read_bytes() == expected


def test_images_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    images, emotion = draw_faces(2, seed=0)
    usage = interleaved_usage(2)

    with pytest.raises(TypeError, match="uint8"):
        write_fer_csv(tmp_path / "x.csv", images.astype(np.float32), emotion, usage)
    with pytest.raises(ValueError, match="shorter"):
        write_fer_csv(tmp_path / "x.csv", images, emotion[:1], usage)
    assert not list(tmp_path.iterdir())


def test_small_classifier_tells_emotions_apart() -> None:
    images, emotion = draw_faces(1750, seed=0)
    inputs = torch.from_numpy(images).float().unsqueeze(1) / 255 - 0.5
    labels = torch.from_numpy(emotion)

    classifier = _trained_classifier(inputs[:1400], labels[:1400], epochs=14)
    with torch.inference_mode():
        accuracy = (classifier(inputs[1400:]).argmax(1) == labels[1400:]).float().mean().item()

    assert accuracy > 0.85


def _trained_classifier(images: torch.Tensor, labels: torch.Tensor, epochs: int) -> nn.Module:
    """Train a small convolutional network on mirrored and shifted faces."""
    torch.manual_seed(0)
    classifier = nn.Sequential(
        nn.AvgPool2d(2), *_convolution(1, 16), *_convolution(16, 32),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(32 * 6 * 6, len(EMOTIONS)),
    )  # fmt: skip
    batches = len(images) // 100
    optimizer = torch.optim.AdamW(classifier.parameters(), weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=epochs * batches)
    for _ in range(epochs):
        for rows in torch.randperm(len(images)).chunk(batches):
            batch = images[rows]
            batch = batch.flip(3) if torch.rand(()) < 0.5 else batch
            batch = batch.roll(tuple(torch.randint(-2, 3, (2,)).tolist()), dims=(2, 3))
            loss = nn.functional.cross_entropy(classifier(batch), labels[rows])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
    return classifier.eval()


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]


@pytest.mark.parametrize(
    ("rows", "seed", "digest"), [(21, 0, "e3e7429b561d50fb"), (150, 7, "278188840b25f495")]
)
def test_the_pixels_are_the_same_on_every_machine(rows: int, seed: int, digest: str) -> None:
    images, emotion = draw_faces(rows, seed)

    assert sha256(images.tobytes() + emotion.tobytes()).hexdigest()[:16] == digest
