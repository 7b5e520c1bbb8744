"""The optimiser and the loss of the denoisers."""

import math

import pytest
import torch
from torch import nn

from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.training.losses import log_error
from facedenoise.training.muon import MOMENTUM, Muon, orthogonal
from facedenoise.training.reconstruction import Reconstruction


@pytest.mark.parametrize("shape", [(3, 8, 50), (2, 50, 8), (1, 16, 16)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_singular_values_come_near_one_and_vectors_stay(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    result = orthogonal(matrices.to(dtype))
    assert result.shape == shape
    assert result.dtype == dtype
    values = torch.linalg.svdvals(result.float())
    assert values.min() > 0.4
    assert values.max() < 1.3
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    turned = left.mT @ result.float() @ right.mT
    off_diagonal = turned - torch.diag_embed(torch.diagonal(turned, dim1=1, dim2=2))
    assert off_diagonal.abs().max() < 0.05


def test_the_scale_of_a_gradient_does_not_matter() -> None:
    matrices = torch.randn(2, 8, 20, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(orthogonal(1000 * matrices), orthogonal(matrices), atol=1e-4, rtol=1e-3)
    assert orthogonal(torch.zeros(1, 4, 6)).abs().max() == 0


def test_a_first_step_has_the_length_of_one_of_adamw() -> None:
    layer = nn.Conv2d(32, 64, 3, bias=False)
    before = layer.weight.detach().clone()
    layer.weight.grad = torch.randn(layer.weight.shape, generator=torch.Generator().manual_seed(0))
    Muon(layer.parameters(), lr=0.01, dtype=torch.float32).step()
    rms = (layer.weight.detach() - before).square().mean().sqrt().item()
    assert rms == pytest.approx(0.2 * 0.01, rel=0.25)


def test_steps_have_momentum() -> None:
    layer = nn.Conv2d(4, 4, 1, bias=False)
    optimiser = Muon(layer.parameters(), lr=0.01, dtype=torch.float32)
    layer.weight.grad = torch.eye(4).view(4, 4, 1, 1)
    optimiser.step()
    layer.weight.grad = torch.zeros(4, 4, 1, 1)
    before = layer.weight.detach().clone()
    optimiser.step()
    assert (before - layer.weight).flatten(1).diagonal().min() > 0
    momentum = optimiser.state[layer.weight]["momentum"].flatten(1).diagonal()
    torch.testing.assert_close(momentum, torch.full((4,), MOMENTUM * (1 - MOMENTUM)))


def test_every_weight_of_the_u_net_has_one_optimiser() -> None:
    network, average = (AttentionUNet((4, 8), (1, 1)) for _ in range(2))
    learner = Reconstruction(network, average, lr=0.01, weight_decay=0.0, clip=1.0, ema=0.9)
    held = [id(one) for optimiser in learner.optimisers for one in optimiser.param_groups[0]["params"]]
    assert sorted(held) == sorted(id(one) for one in network.parameters())
    muon = {id(one) for one in learner.optimisers[0].param_groups[0]["params"]}
    assert id(network.head.weight) not in muon
    assert id(network.stem.weight) not in muon
    assert muon


def test_the_loss_is_the_mean_psnr_in_other_units() -> None:
    clean = torch.full((2, 1, 8, 8), 0.5)
    estimate = clean + torch.tensor([0.1, 0.01]).view(2, 1, 1, 1)  # 20 and 40 dB
    decibels = -10 / math.log(10) * log_error(estimate, clean).item()
    assert decibels == pytest.approx(30, abs=0.05)
    assert log_error(clean, clean).item() == pytest.approx(math.log(1e-6))
