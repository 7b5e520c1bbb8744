"""Muon: its steps are orthogonal maps, and it trains the matrices of a network beside AdamW."""

import pytest
import torch
from torch import Tensor, nn

from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.training.descent import Descent
from facedenoise.training.muon import Muon, orthogonalised

SHAPES = [(16, 4), (4, 16), (8, 8), (32, 16, 3, 3), (16, 2, 3, 3)]


def random(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e6])
def test_singular_vectors_stay_and_singular_values_become_one(shape: tuple[int, ...], scale: float) -> None:
    weight = scale * random(*shape)
    found = orthogonalised(weight)
    assert (found.shape, found.dtype) == (weight.shape, weight.dtype)
    left, _, right = torch.linalg.svd(weight.flatten(1), full_matrices=False)
    seen = left.T @ found.flatten(1) @ right.T
    singular = seen.diagonal()
    assert 0.6 < singular.min() <= singular.max() < 1.3
    assert (seen - singular.diag()).abs().max() < 1e-4


@pytest.mark.parametrize("scale", [1e-18, 1e-20, 1e-23, 1e-30, 1e-40])
def test_a_gradient_whose_square_underflows_is_a_finite_step(scale: float) -> None:
    assert orthogonalised(scale * random(16, 8)).abs().max() <= 1


def test_no_gradient_is_no_step() -> None:
    assert not orthogonalised(torch.zeros(4, 6)).any()


def test_a_step_is_along_the_momentum_and_as_long_as_the_rate_says() -> None:
    weight = nn.Parameter(torch.zeros(32, 8))
    optimiser = Muon([weight], lr=0.01, weight_decay=0.0)
    gradients = random(2, 32, 8)
    expected = torch.zeros(32, 8)
    momentum = torch.zeros(32, 8)
    for gradient in gradients:
        weight.grad = gradient.clone()
        optimiser.step()
        momentum = 0.95 * momentum + 0.05 * gradient
        expected -= 0.01 * 2 * orthogonalised(0.05 * gradient + 0.95 * momentum)
        torch.testing.assert_close(weight.detach(), expected, atol=2e-4, rtol=0)


def test_weight_decay_bounds_the_weights() -> None:
    weight = nn.Parameter(torch.zeros(8, 8))
    optimiser = Muon([weight], lr=0.1, weight_decay=0.5)
    for _ in range(200):
        weight.grad = torch.eye(8)
        optimiser.step()
    singular = torch.linalg.svdvals(weight.detach())
    assert 0.6 / 0.5 < singular.min() <= singular.max() < 1.3 / 0.5


def test_a_layout_in_memory_changes_nothing() -> None:
    weights = [nn.Parameter(random(16, 8, 3, 3)) for _ in range(2)]
    weights[1].data = weights[1].data.to(memory_format=torch.channels_last)
    for weight in weights:
        weight.grad = weight.detach().clone()
        Muon([weight], lr=0.1, weight_decay=0.0).step()
    assert torch.equal(*weights)


def descent(muon: float) -> Descent:
    torch.manual_seed(0)
    network, average = (AttentionUNet((4, 8), (1, 1)) for _ in range(2))
    return Descent(network, average, lr=0.001, weight_decay=0.0, clip=1.0, ema=0.9, muon=muon)


def test_it_trains_the_matrices_and_adamw_the_rest() -> None:
    learner = descent(muon=10)
    names = {id(weight): name for name, weight in learner.network.named_parameters()}
    by_adamw, by_muon = (
        [names[id(weight)] for weight in optimiser.param_groups[0]["params"]]
        for optimiser, _ in learner.optimisers
    )
    assert sorted(by_adamw + by_muon) == sorted(names.values())
    assert {"stem.weight", "ups.0.grow.weight", "ups.0.gate.of_skip.weight"} <= {*by_muon}
    assert {"stem.bias", "head.weight", "ups.0.gate.psi.weight"} <= {*by_adamw}
    assert [type(optimiser) for optimiser, _ in descent(muon=0).optimisers] == [torch.optim.AdamW]


def test_both_optimisers_have_the_schedule() -> None:
    learner = descent(muon=10)
    noisy = random(2, 1, 8, 8)
    learner.descend(learner.output(noisy).square().mean(), 0.5)
    assert [optimiser.param_groups[0]["lr"] for optimiser, _ in learner.optimisers] == [0.0005, 0.005]
