"""GMSD and HaarPSI against a second implementation and their definitions."""

import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
import torch
from helpers import random_images, tinted
from numpy.typing import NDArray
from skimage.color import rgb2gray
from torch import Tensor
from torch.nn.functional import interpolate

from facedenoise.evaluation.perception import gmsd, haarpsi
from facedenoise.images.tensors import to_float

Metric = Callable[[Tensor, Tensor], NDArray[np.float64]]
both_metrics = pytest.mark.parametrize("metric", [gmsd, haarpsi])


@pytest.fixture(scope="module")
def piq() -> Iterator[Any]:
    # Only piq's pretrained networks need torchvision, whose builds do not load beside every build of torch.
    with pytest.MonkeyPatch.context() as patch:
        for name in ("torchvision", "torchvision.models"):
            patch.setitem(sys.modules, name, MagicMock())
        yield importlib.import_module("piq")


@both_metrics
@pytest.mark.parametrize("sigma", [0.01, 0.1, 0.5])
@pytest.mark.parametrize("size", [(48, 48), (16, 16), (17, 17), (31, 48), (48, 17), (64, 96)])
def test_scores_are_those_of_piq(
    piq: Any, drawn: Tensor, metric: Metric, sigma: float, size: tuple[int, int]
) -> None:
    clean = interpolate(to_float(drawn), size)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    noisy = (clean + sigma * noise).clamp(0, 1)
    reference = getattr(piq, metric.__name__)(clean.double(), noisy.double(), reduction="none")
    np.testing.assert_allclose(metric(clean, noisy), reference, rtol=1e-9)


def test_identical_images_have_the_best_scores_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    clean = torch.cat([random_images(), torch.full((1, 1, 48, 48), 0.5), torch.zeros(1, 1, 48, 48)])
    np.testing.assert_allclose(gmsd(clean, clean), 0, atol=1e-9)
    np.testing.assert_allclose(haarpsi(clean, clean), 1, rtol=1e-9)
    assert not recwarn.list


@both_metrics
def test_the_scores_of_colours_are_those_of_their_luminance(drawn: Tensor, metric: Metric) -> None:
    clean = to_float(tinted(drawn[:8]))
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    pair = clean, (clean + 0.1 * noise).clamp(0, 1)
    grey = [torch.from_numpy(rgb2gray(images.numpy(), channel_axis=1)).unsqueeze(1) for images in pair]
    np.testing.assert_allclose(metric(*pair), metric(*grey), rtol=1e-4)
    assert (np.abs(metric(*pair) - metric(*(images[:, :1] for images in pair))) > 1e-3).all()


@both_metrics
@pytest.mark.parametrize("side", [2, 3, 8])
def test_tiny_images_have_finite_scores(metric: Metric, side: int) -> None:
    assert np.isfinite(metric(random_images(2, side, side), random_images(2, side, side, seed=1))).all()


@both_metrics
@pytest.mark.parametrize("wrong", [random_images() * 255, random_images(1)])
def test_what_is_no_matching_batch_is_refused(metric: Metric, wrong: Tensor) -> None:
    for pair in ((random_images(), wrong), (wrong, random_images())):
        with pytest.raises(ValueError, match=r"\[0, 1\]|differ in shape"):
            metric(*pair)
