"""Muon: each step of a weight matrix is an orthogonal map, so that it changes all directions alike.

Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024. Few steps then do what takes
AdamW many, as its steps mostly follow the few directions in which gradients are large.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
ITERATIONS = 5
SMALLEST = 1e-18  # norm of a gradient; the squares of smaller ones underflow
POLYNOMIAL = (3.4445, -4.7750, 2.0315)  # of Jordan et al.: brings singular values near 1 soonest


class Muon(torch.optim.Optimizer):
    """An optimiser of weights of convolutions, of which each is a matrix with a row for each first index.

    Parameters
    ----------
    weights : iterable of Parameter
        Of two or more dimensions.
    lr : float
        The learning rate: about the largest singular value of a step.
    weight_decay : float
        Share of a weight, times the learning rate, that a step takes off. Without it the weights grow.
    """

    def __init__(self, weights: Iterable[nn.Parameter], *, lr: float, weight_decay: float) -> None:
        super().__init__(weights, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take a step along the momentum of the gradients, by Nesterov's rule."""
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                state["momentum"].lerp_(weight.grad, 1 - MOMENTUM)
                ahead = weight.grad.lerp(state["momentum"], MOMENTUM)
                rows, columns = ahead.flatten(1).shape
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(orthogonalised(ahead), alpha=-group["lr"] * max(1, rows / columns) ** 0.5)


def is_matrix(weight: Tensor) -> bool:
    """Return whether Muon is for a weight: it has two dimensions or more, and more than one row."""
    return weight.ndim > 1 and len(weight) > 1


def orthogonalised(weight: Tensor) -> Tensor:
    """Return a weight whose matrix has the same singular vectors, and singular values of about 1; same shape.

    A Newton-Schulz iteration. All its factors are polynomials of the small Gram matrix, so that the large
    matrix itself is multiplied only twice.
    """
    matrix = weight.flatten(1)
    if is_tall := matrix.shape[0] > matrix.shape[1]:
        matrix = matrix.T
    matrix = matrix / matrix.norm().clamp(min=SMALLEST)
    gram = matrix @ matrix.T
    linear, cubic, quintic = POLYNOMIAL
    factors = []
    for _ in range(ITERATIONS):
        factor = torch.addmm(gram, gram, gram, beta=cubic, alpha=quintic)
        factor.diagonal().add_(linear)
        factors.append(factor)
        gram = factor @ gram @ factor
    matrix = torch.linalg.multi_dot([*factors, matrix])
    return (matrix.T if is_tall else matrix).reshape(weight.shape)
