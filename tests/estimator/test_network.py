"""The estimator: any size, and blind to what is no noise by its build."""

from pathlib import Path

import pytest
import torch

from facedenoise.estimator.network import (
    KIND,
    LEAST_SIDE,
    LEVEL,
    NOISY,
    OUTPUTS,
    NoiseEstimator,
    judge,
    log_levels,
)
from facedenoise.models.weights import load_network, write_weights

SETTINGS = {"filters": 4, "half": 6, "quarter": 8}


@pytest.fixture
def network() -> NoiseEstimator:
    torch.manual_seed(0)
    return NoiseEstimator(**SETTINGS).eval()


@pytest.mark.parametrize("shape", [(LEAST_SIDE, LEAST_SIDE), (9, 31), (48, 48), (47, 130)])
@pytest.mark.parametrize("grey", [0.0, 0.5, 1.0, None])
def test_any_size_and_intensity(network: NoiseEstimator, shape: tuple[int, int], grey: float | None) -> None:
    images = torch.rand(3, 1, *shape) if grey is None else torch.full((3, 1, *shape), grey)
    answers = network(images)
    assert (answers.shape, answers.dtype) == ((3, OUTPUTS), torch.float32)
    assert answers.isfinite().all()


def test_each_image_is_judged_alone(network: NoiseEstimator) -> None:
    images = torch.randint(0, 256, (70, 1, 20, 20), dtype=torch.uint8)
    alone = torch.cat([judge(network, image[None]) for image in images])
    torch.testing.assert_close(judge(network, images), alone, rtol=1e-4, atol=1e-4)


def test_the_filters_are_blind_to_slopes_and_bends(network: NoiseEstimator) -> None:
    place = torch.linspace(0, 1, 24)
    bend = 0.2 + 0.3 * place[:, None] ** 2 + 0.2 * place * place[:, None] + 0.1 * place
    seen = network._seen(bend[None, None])[:, : SETTINGS["filters"]]
    assert seen.abs().max() < 0.01  # of the step from one grey level to the next


def test_the_level_follows_the_coefficients() -> None:
    mean = torch.tensor([0.0, 0.5, 1.0]).reshape(1, 1, 1, 3)
    coefficients = torch.tensor([[0.01, 0.02, 0.04]]).log()
    expected = torch.tensor([0.01, 0.03, 0.07]).sqrt()
    torch.testing.assert_close(log_levels(coefficients, mean).exp().flatten(), expected)


def test_the_output_can_be_shifted(network: NoiseEstimator) -> None:
    images = torch.rand(2, 1, 16, 16)
    before = network(images)
    network.shift(level=0.5, noisy=-2, impulses=3)
    shift = torch.tensor([1.0, 1.0, 1.0, -2.0, 3.0, 0.0])  # of a variance, twice that of its root
    torch.testing.assert_close(network(images) - before, shift.expand(2, -1), rtol=1e-4, atol=1e-4)
    assert [LEVEL.stop, NOISY] == [3, 3]


def test_it_is_the_same_from_its_file(network: NoiseEstimator, tmp_path: Path) -> None:
    path = tmp_path / "estimator.safetensors"
    write_weights(path, network.state_dict(), {KIND: SETTINGS})
    images = torch.rand(2, 1, 16, 16)
    torch.testing.assert_close(load_network(path, KIND, NoiseEstimator)(images), network(images))
