"""What a denoiser gets: the image as it is and, if it is told, the level of what was drawn for it."""

from typing import Any

import pytest
import torch
from helpers import tinted
from torch import Tensor

from facedenoise.images.tensors import to_float
from facedenoise.models.inputs import TaskNoise
from facedenoise.noise import Varying, corrupt
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.salt_pepper import SaltPepper

NOISE = TaskNoise(Varying(Gaussian(0.0, 1.0), Gaussian(0.5, 1.0)), seed=3, task="t")


@pytest.fixture
def rows() -> Tensor:
    return torch.arange(64) * 7


@pytest.mark.parametrize("draw", [0, 4])
def test_the_noise_and_its_level_are_those_of_seed_task_row_and_draw(
    drawn: Tensor, rows: Tensor, draw: int
) -> None:
    stream: dict[str, Any] = {"seed": 3, "task": "t", "draw": draw}
    noisy = NOISE.corrupt(drawn, rows, draw)
    assert (noisy.numpy() == corrupt(drawn.numpy(), rows.numpy(), NOISE.noise, **stream)).all()
    inputs = NOISE.inputs(noisy, rows, draw, told=True)
    assert inputs.dtype == torch.float32
    assert torch.equal(inputs[:, :1], to_float(noisy))
    sigmas = [each.sigma for each in NOISE.drawn(rows, draw)]
    assert torch.equal(inputs[:, 1:], torch.tensor(sigmas).view(-1, 1, 1, 1).expand(-1, 1, 48, 48))


def test_the_level_comes_after_all_channels_of_the_image(drawn: Tensor, rows: Tensor) -> None:
    noise = TaskNoise(SaltPepper(factor=0.3), seed=3, task="t")
    noisy = noise.corrupt(tinted(drawn), rows, 0)
    inputs = noise.inputs(noisy, rows, told=True)
    assert inputs.shape == (64, 6, 48, 48)
    assert torch.equal(inputs[:, :3], to_float(noisy))
    assert torch.equal(inputs[:, 3:], ((noisy == 0) | (noisy == 255)).float())
    assert not torch.equal(inputs[:, 3], inputs[:, 4])


def test_an_untold_denoiser_gets_the_image_alone(drawn: Tensor, rows: Tensor) -> None:
    assert torch.equal(NOISE.inputs(drawn, rows, told=False), to_float(drawn))


def test_what_was_drawn_is_what_was_told(drawn: Tensor, rows: Tensor) -> None:
    told = NOISE.inputs(NOISE.corrupt(drawn, rows, 0), rows, told=True)[:, 1].amax((1, 2))
    assert told.tolist() == pytest.approx([each.sigma for each in NOISE.drawn(rows)])
