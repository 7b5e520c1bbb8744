"""The common part of the learners: Muon and AdamW on clipped gradients, and an average of the weights."""

from typing import Any

import torch
from torch import Tensor, nn

from facedenoise.models.device import has_bfloat16
from facedenoise.training.distributed import synchronised
from facedenoise.training.muon import Muon, is_matrix
from facedenoise.training.schedule import WeightAverage


class Descent:
    """A network with its optimiser and its average: a `Learner` without the method `step`.

    Parameters
    ----------
    network : nn.Module
        The network to train, on its device.
    average : nn.Module
        A network of the same shape that holds the averaged weights, which are validated and kept.
    lr : float
        The highest learning rate.
    weight_decay : float
        Share of a weight, times its learning rate, that a step takes off.
    clip : float
        The largest gradient norm.
    ema : float
        Decay of the weight average.
    muon : float, default 0
        `Muon` trains the matrices at so many times the learning rate, AdamW the rest; 0: AdamW trains all.
    """

    def __init__(
        self,
        network: nn.Module,
        average: nn.Module,
        *,
        lr: float,
        weight_decay: float,
        clip: float,
        ema: float,
        muon: float = 0.0,
    ) -> None:
        self.network = network.train()
        self.synchronised = synchronised(network)
        self.lr = lr
        self.clip = clip
        weights = list(network.parameters())
        matrices = [weight for weight in weights if is_matrix(weight)] if muon else []
        others = [weight for weight in weights if not (muon and is_matrix(weight))]
        self.optimisers: list[tuple[torch.optim.Optimizer, float]] = [
            (torch.optim.AdamW(others, lr=lr, weight_decay=weight_decay, fused=True), 1.0),
            *([(Muon(matrices, lr=muon * lr, weight_decay=weight_decay), muon)] if matrices else []),
        ]
        self.ema = WeightAverage(network, average, ema)
        self.device = next(network.parameters()).device
        self.bfloat16 = has_bfloat16(self.device)

    def output(self, inputs: Tensor) -> Tensor:
        """Run the network, in bfloat16 where that is native."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            output: Tensor = self.synchronised(inputs)
        return output

    def descend(self, loss: Tensor, factor: float) -> None:
        """Take one step down the gradient of a loss, with the learning rate times `factor`."""
        self.network.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
        for optimiser, times in self.optimisers:
            optimiser.param_groups[0]["lr"] = times * self.rate(factor)
            optimiser.step()
        self.ema.update(self.network)

    def rate(self, factor: float) -> float:
        """Return the learning rate at `factor` of the highest."""
        return self.lr * factor

    def averaged(self) -> nn.Module:
        """Return the network with the averaged weights."""
        return self.ema.average

    def state(self) -> dict[str, Any]:
        """Return network, average and optimisers."""
        return {
            "network": self.network.state_dict(),
            "average": self.ema.average.state_dict(),
            "updates": self.ema.updates,
            "optimisers": [optimiser.state_dict() for optimiser, _ in self.optimisers],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take a state that `state` returned."""
        self.network.load_state_dict(state["network"])
        self.ema.average.load_state_dict(state["average"])
        self.ema.updates = state["updates"]
        for (optimiser, _), own in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(own)
