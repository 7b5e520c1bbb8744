"""The common part of the learners: AdamW on clipped gradients, and an average of the weights."""

from typing import Any

import torch
from torch import Tensor, nn

from facedenoise.models.device import has_bfloat16
from facedenoise.training.distributed import synchronised
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
        Weight decay of AdamW.
    clip : float
        The largest gradient norm.
    ema : float
        Decay of the weight average.
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
    ) -> None:
        self.network = network.train()
        self.synchronised = synchronised(network)
        self.lr = lr
        self.clip = clip
        self.optimiser = torch.optim.AdamW(network.parameters(), lr=lr, weight_decay=weight_decay, fused=True)
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
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
        self.optimiser.param_groups[0]["lr"] = self.rate(factor)
        self.optimiser.step()
        self.ema.update(self.network)

    def rate(self, factor: float) -> float:
        """Return the learning rate at `factor` of the highest."""
        return self.lr * factor

    def averaged(self) -> nn.Module:
        """Return the network with the averaged weights."""
        return self.ema.average

    def state(self) -> dict[str, Any]:
        """Return network, average and optimiser."""
        return {
            "network": self.network.state_dict(),
            "average": self.ema.average.state_dict(),
            "updates": self.ema.updates,
            "optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take a state that `state` returned."""
        self.network.load_state_dict(state["network"])
        self.ema.average.load_state_dict(state["average"])
        self.ema.updates = state["updates"]
        self.optimiser.load_state_dict(state["optimiser"])
