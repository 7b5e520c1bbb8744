"""The loss of the denoisers: minus the PSNR, as an image has it in the end."""

import pytest
import torch
from torch import Tensor

from facedenoise.images.fidelity import psnr
from facedenoise.training.losses import negative_psnr


def images(*, seed: int) -> Tensor:
    """Return four images."""
    return torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(seed))


def test_it_is_minus_the_mean_psnr_of_clipped_images() -> None:
    clean = images(seed=0).round(decimals=1)  # some pixels are black or white
    estimate = clean + 0.1 * (images(seed=1) - 0.5)
    assert ((clean == 0) & (estimate < 0)).any()
    assert ((clean == 1) & (estimate > 1)).any()
    expected = -float(psnr(clean, estimate.clamp(0, 1)).mean())
    assert negative_psnr(estimate, clean).item() == pytest.approx(expected, abs=0.01)


def test_an_estimate_beyond_black_or_white_is_right_but_not_one_beyond_a_grey_pixel() -> None:
    estimate = torch.tensor([[-0.3, 1.3, -0.3, 1.3, 0.7]], requires_grad=True)
    negative_psnr(estimate, torch.tensor([[0.0, 1.0, 0.1, 0.9, 1.0]])).backward()
    assert estimate.grad is not None
    assert (estimate.grad.sign() == torch.tensor([[0.0, 0.0, -1.0, 1.0, -1.0]])).all()


def test_faint_noise_counts_as_much_as_strong_noise() -> None:
    clean, scales = images(seed=0)[:2], torch.ones(2, 1, 1, 1, requires_grad=True)
    errors = torch.tensor([0.2, 0.02]).view(2, 1, 1, 1) * (images(seed=1)[:1] - 0.5)
    negative_psnr(clean + scales * errors, clean).backward()
    assert scales.grad is not None
    strong, faint = scales.grad.flatten().tolist()  # what making an error smaller in proportion is worth
    assert faint == pytest.approx(strong, rel=0.05)


def test_an_exact_image_has_60_db_and_no_gradient() -> None:
    clean = images(seed=0)
    estimate = clean.clone().requires_grad_()
    loss = negative_psnr(estimate, clean)
    loss.backward()
    assert loss.item() == pytest.approx(-60)
    assert estimate.grad is not None
    assert not estimate.grad.any()
