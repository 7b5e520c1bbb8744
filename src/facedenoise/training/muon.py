"""Muon: descend along orthogonalised momentum, so that all directions of a weight learn equally fast.

Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024. The length of a step is that
of Liu et al., "Muon is scalable for LLM training", 2025: it has the root mean square of AdamW's, so that
AdamW's learning rates serve.
"""

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import Parameter

MOMENTUM = 0.95
ITERATIONS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the odd polynomial that draws singular values to about 1
ADAMW_RMS = 0.2  # of AdamW's steps in practice, in units of the learning rate
TINY = 1e-7  # keeps a zero gradient zero


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, made orthogonal by Newton-Schulz iterations.

    Parameters
    ----------
    parameters : iterable of Parameter
        Each with two or more axes; a convolution counts as the matrix (outputs, inputs * height * width).
    lr : float
        The learning rate, as for AdamW.
    dtype : torch.dtype
        Of the iterations: bfloat16 where it is native, else float32.
    """

    def __init__(self, parameters: Iterable[Parameter], lr: float, dtype: torch.dtype) -> None:
        super().__init__(parameters, {"lr": lr})
        self.dtype = dtype

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # no closure
        """Move every parameter that has a gradient."""
        for group in self.param_groups:
            for alike in _by_shape(group["params"]):
                momenta = torch.stack([self._momentum(parameter) for parameter in alike])
                directions = orthogonal(momenta.to(self.dtype)).float()
                length = ADAMW_RMS * max(directions.shape[1:]) ** 0.5
                for parameter, direction in zip(alike, directions, strict=True):
                    parameter.sub_(direction.view(parameter.shape), alpha=length * group["lr"])

    def _momentum(self, parameter: Parameter) -> Tensor:
        gradient = parameter.grad
        if gradient is None:
            raise ValueError("a parameter without a gradient has no momentum")
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].lerp_(gradient, 1 - MOMENTUM)
        return gradient.lerp(state["momentum"], MOMENTUM).flatten(1)


def _by_shape(parameters: Iterable[Parameter]) -> list[list[Parameter]]:
    """Group the parameters whose matrices can be iterated together."""
    alike: dict[torch.Size, list[Parameter]] = defaultdict(list)
    for parameter in parameters:
        if parameter.grad is not None:
            alike[parameter.shape].append(parameter)
    return list(alike.values())


def orthogonal(matrices: Tensor) -> Tensor:
    """Draw all singular values towards 1 and keep the singular vectors.

    Parameters
    ----------
    matrices : Tensor
        Floating point, shape (N, R, C).

    Returns
    -------
    Tensor
        Same shape and dtype; singular values about 0.7 to 1.2, but for those that were nearly zero.
    """
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + TINY)
    a, b, c = COEFFICIENTS
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x
