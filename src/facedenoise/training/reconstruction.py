"""Train the Attention U-Net to reconstruct the clean image."""

from typing import Any

import torch
from torch import Tensor, nn

from facedenoise.training.device import has_bfloat16
from facedenoise.training.losses import charbonnier
from facedenoise.training.schedule import WeightAverage


class Reconstruction:
    """A `Learner`: Charbonnier loss, AdamW, clipped gradients, averaged weights.

    Parameters
    ----------
    network : nn.Module
        The denoiser to train, where it shall run.
    average : nn.Module
        Of the same shape, for the averaged weights that are judged and kept.
    lr : float
        The highest learning rate.
    weight_decay : float
        Of AdamW.
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
        self.lr = lr
        self.clip = clip
        self.optimiser = torch.optim.AdamW(network.parameters(), lr=lr, weight_decay=weight_decay, fused=True)
        self.ema = WeightAverage(network, average, ema)
        self.device = next(network.parameters()).device
        self.bfloat16 = has_bfloat16(self.device)

    def step(self, noisy: Tensor, clean: Tensor, factor: float) -> dict[str, float]:
        """Take one optimiser step on a batch; log the loss."""
        noisy, clean = noisy.to(self.device), clean.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            estimate = self.network(noisy)
        loss = charbonnier(estimate, clean)
        self.optimiser.zero_grad()
        loss.backward()
        self.update(factor)
        return {"loss": loss.item()}

    def update(self, factor: float) -> None:
        """Apply the gradients that stand in the network."""
        nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate(factor)
        self.optimiser.step()
        self.ema.update(self.network)

    def rate(self, factor: float) -> float:
        """Give the learning rate at `factor` of the highest."""
        return self.lr * factor

    def averaged(self) -> nn.Module:
        """Give the network with the averaged weights."""
        return self.ema.average

    def state(self) -> dict[str, Any]:
        """Give network, average and optimiser."""
        return {
            "network": self.network.state_dict(),
            "average": self.ema.average.state_dict(),
            "updates": self.ema.updates,
            "optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take what `state` gave."""
        self.network.load_state_dict(state["network"])
        self.ema.average.load_state_dict(state["average"])
        self.ema.updates = state["updates"]
        self.optimiser.load_state_dict(state["optimiser"])
