"""The losses: what a pixel counts, and what an image counts beside another."""

import pytest
import torch
from torch import Tensor

from facedenoise.training.losses import CHARBONNIER_EPSILON, TYPICAL_ERROR, balanced, charbonnier


def images_of(*errors: float) -> Tensor:
    """Return the errors of the pixels of an image each, spread around a mean."""
    return torch.tensor(errors)[:, None, None, None] * torch.linspace(0.5, 1.5, 64).view(1, 1, 8, 8)


def test_charbonnier_is_the_absolute_error_but_round_at_zero() -> None:
    estimate, clean = torch.tensor([[0.0, 0.5, 0.2]]), torch.tensor([[0.0, 0.1, 0.9]])
    expected = torch.tensor([[CHARBONNIER_EPSILON, 0.4, 0.7]])
    torch.testing.assert_close(charbonnier(estimate, clean), expected, rtol=1e-5, atol=0)


def test_an_estimate_beyond_black_or_white_is_right_but_not_one_beyond_a_grey_pixel() -> None:
    estimate = torch.tensor([[-0.3, 1.3, -0.3, 1.3, 0.7]], requires_grad=True)
    errors = charbonnier(estimate, torch.tensor([[0.0, 1.0, 0.1, 0.9, 1.0]]))
    expected = torch.tensor([[CHARBONNIER_EPSILON, CHARBONNIER_EPSILON, 0.4, 0.4, 0.3]])
    torch.testing.assert_close(errors, expected, rtol=1e-4, atol=0)
    errors.sum().backward()
    assert estimate.grad is not None
    assert (estimate.grad.sign() == torch.tensor([[0.0, 0.0, -1.0, 1.0, -1.0]])).all()


def test_without_balance_every_pixel_counts_the_same() -> None:
    errors = images_of(0.1, 0.01)
    assert balanced(errors, 0).item() == errors.mean().item()


@pytest.mark.parametrize(("balance", "ratio"), [(0.0, 10.0), (0.5, 10**0.5), (1.0, 1.0)])
def test_balance_makes_a_tenth_of_the_error_count_as_much(balance: float, ratio: float) -> None:
    scales = torch.ones(2, 1, 1, 1, requires_grad=True)
    balanced(scales * images_of(0.2, 0.02), balance).backward()
    assert scales.grad is not None
    strong, faint = scales.grad.flatten().tolist()  # what making an error smaller in proportion is worth
    assert strong / faint == pytest.approx(ratio, rel=0.05)


@pytest.mark.parametrize("balance", [0.3, 1.0])
def test_an_image_of_typical_error_counts_once_and_an_exact_one_not_without_end(balance: float) -> None:
    assert balanced(images_of(TYPICAL_ERROR), balance).item() == pytest.approx(TYPICAL_ERROR, rel=0.05)
    exact = charbonnier(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8))
    assert balanced(exact, balance).item() < 10 * TYPICAL_ERROR
