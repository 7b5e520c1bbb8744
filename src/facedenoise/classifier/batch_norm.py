"""Batch norm over the whole batch, which several processes share."""

import torch
from torch import Tensor, distributed, nn

from facedenoise.training.distributed import processes


class SharedBatchNorm(nn.BatchNorm2d):
    """Batch norm with the statistics of the images of all processes together.

    Like `nn.SyncBatchNorm`, which only works on GPUs.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape and dtype."""
        if not self.training:
            return super().forward(x)
        wide = x.float()
        moments = torch.stack([wide.mean((0, 2, 3)), wide.square().mean((0, 2, 3))])
        mean, mean_of_squares = _SumOverProcesses.apply(moments) / processes()  # type: ignore[no-untyped-call]
        variance = mean_of_squares - mean.square()
        self._follow(mean.detach(), variance.detach(), processes() * x.numel() // x.shape[1])
        scale = self.weight * (variance + self.eps).rsqrt()
        normalised = wide * scale[:, None, None] + (self.bias - mean * scale)[:, None, None]
        return normalised.to(x.dtype)

    def _follow(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics towards those of a batch of `count` values a channel."""
        self.running_mean.lerp_(mean, self.momentum)  # type: ignore[union-attr, arg-type]
        self.running_var.lerp_(variance * count / (count - 1), self.momentum)  # type: ignore[union-attr, arg-type]
        self.num_batches_tracked.add_(1)  # type: ignore[union-attr]


class _SumOverProcesses(torch.autograd.Function):
    """The sum over the processes; the losses of all depend on it, so its gradient is the sum of theirs."""

    @staticmethod
    def forward(_: torch.autograd.function.FunctionCtx, values: Tensor) -> Tensor:
        return _summed(values)

    @staticmethod
    def backward(_: torch.autograd.function.FunctionCtx, gradient: Tensor) -> Tensor:
        return _summed(gradient)


def _summed(values: Tensor) -> Tensor:
    total = values.clone()
    distributed.all_reduce(total)
    return total


def with_shared_batch_norms(network: nn.Module) -> nn.Module:
    """Replace a network's batch norms if there are several processes; the keys of its state do not change."""
    if processes() > 1:
        for name, child in network.named_children():
            shared = _shared(child) if isinstance(child, nn.BatchNorm2d) else with_shared_batch_norms(child)
            setattr(network, name, shared)
    return network


def _shared(norm: nn.BatchNorm2d) -> SharedBatchNorm:
    shared = SharedBatchNorm(norm.num_features, norm.eps, norm.momentum)
    shared.load_state_dict(norm.state_dict())
    return shared.to(norm.weight.device)
