"""GMSD and HaarPSI against a second implementation and their definitions."""

import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from facedenoise.data.tensors import to_float
from facedenoise.evaluation.perception import gmsd, haarpsi

Metric = Callable[[Tensor, Tensor], NDArray[np.float64]]
both_metrics = pytest.mark.parametrize("metric", [gmsd, haarpsi])


@pytest.fixture(scope="module")
def piq() -> Iterator[Any]:
    # Only piq's pretrained networks need torchvision, whose builds do not load beside every build of torch.
    with pytest.MonkeyPatch.context() as patch:
        for name in ("torchvision", "torchvision.models"):
            patch.setitem(sys.modules, name, MagicMock())
        yield importlib.import_module("piq")


def random_batch(count: int, height: int = 48, width: int = 48, seed: int = 0) -> Tensor:
    return torch.rand(count, 1, height, width, generator=torch.Generator().manual_seed(seed))


def noisier(clean: Tensor, sigma: float) -> Tensor:
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    return (clean + sigma * noise).clamp(0, 1)


@both_metrics
@pytest.mark.parametrize("sigma", [0.01, 0.1, 0.5])
def test_scores_of_faces_are_those_of_piq(piq: Any, drawn: Tensor, metric: Metric, sigma: float) -> None:
    clean = to_float(drawn)
    noisy = noisier(clean, sigma)
    reference = getattr(piq, metric.__name__)(clean.double(), noisy.double(), reduction="none")
    np.testing.assert_allclose(metric(clean, noisy), reference, rtol=1e-9)


@both_metrics
@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 17), (31, 48), (48, 17), (64, 96)])
def test_scores_of_other_sizes_are_those_of_piq(piq: Any, metric: Metric, height: int, width: int) -> None:
    clean, other = random_batch(3, height, width), random_batch(3, height, width, seed=1)
    reference = getattr(piq, metric.__name__)(clean.double(), other.double(), reduction="none")
    np.testing.assert_allclose(metric(clean, other), reference, rtol=1e-9)


def test_identical_images_have_the_best_scores_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    clean = torch.cat([random_batch(2), torch.full((1, 1, 48, 48), 0.5), torch.zeros(1, 1, 48, 48)])
    np.testing.assert_allclose(gmsd(clean, clean), 0, atol=1e-9)
    np.testing.assert_allclose(haarpsi(clean, clean), 1, rtol=1e-9)
    assert not recwarn.list


def test_more_noise_scores_worse(drawn: Tensor) -> None:
    clean = to_float(drawn)
    light, heavy = noisier(clean, 0.02), noisier(clean, 0.1)
    assert np.all(gmsd(clean, light) < gmsd(clean, heavy))
    assert np.all(haarpsi(clean, light) > haarpsi(clean, heavy))


@both_metrics
def test_the_two_images_may_be_swapped(metric: Metric) -> None:
    clean, other = random_batch(3), random_batch(3, seed=1)
    np.testing.assert_array_equal(metric(clean, other), metric(other, clean))


@both_metrics
def test_an_image_is_scored_alone(metric: Metric) -> None:
    clean = random_batch(4)
    noisy = noisier(clean, 0.1)
    scores = metric(clean, noisy)
    assert scores.dtype == np.float64
    assert scores.shape == (4,)
    assert len(set(scores.tolist())) == 4
    np.testing.assert_allclose(metric(clean[2:3], noisy[2:3]), scores[2:3], rtol=1e-12)


@both_metrics
@pytest.mark.parametrize("side", [2, 3, 8])
def test_tiny_images_have_finite_scores(metric: Metric, side: int) -> None:
    assert np.isfinite(metric(random_batch(2, side, side), random_batch(2, side, side, seed=1))).all()


@both_metrics
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (random_batch(2).double(), TypeError),
        (random_batch(2) * 255, ValueError),
        (random_batch(2)[:, 0], ValueError),
        (random_batch(1), ValueError),
        (random_batch(2, 48, 47), ValueError),
    ],
)
def test_what_is_no_matching_batch_is_refused(metric: Metric, wrong: Tensor, error: type[Exception]) -> None:
    with pytest.raises(error):
        metric(random_batch(2), wrong)
    with pytest.raises(error):
        metric(wrong, random_batch(2))
