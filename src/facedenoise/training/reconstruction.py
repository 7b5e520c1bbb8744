"""Train the Attention U-Net to reconstruct the clean image."""

import torch
from torch import Tensor, nn

from facedenoise.training.descent import Descent
from facedenoise.training.device import has_bfloat16
from facedenoise.training.losses import log_error
from facedenoise.training.muon import Muon

FEATURES = 3  # with fewer channels on a side, a convolution reads the image, or writes it or a gate


class Reconstruction(Descent):
    """A `Learner` of a denoiser: logarithmic error, Muon between features, AdamW on all else.

    Parameters
    ----------
    network, average : nn.Module
        As for `Descent`, and so are `clip` and `ema`.
    lr : float
        The highest learning rate, of both optimisers.
    weight_decay : float
        Of AdamW.
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
        inner = [one for one in network.parameters() if one.ndim > 1 and min(one.shape[:2]) >= FEATURES]
        chosen = {id(one) for one in inner}
        rest = [one for one in network.parameters() if id(one) not in chosen]
        dtype = torch.bfloat16 if has_bfloat16(rest[0].device) else torch.float32
        optimisers = [
            Muon(inner, lr, dtype),
            torch.optim.AdamW(rest, lr=lr, weight_decay=weight_decay, fused=True),
        ]
        super().__init__(network, average, optimisers, clip=clip, ema=ema)

    def step(self, noisy: Tensor, clean: Tensor, factor: float, /) -> dict[str, float]:
        """Take one optimiser step on a batch; log the loss."""
        loss = log_error(self.output(noisy.to(self.device)), clean.to(self.device))
        self.descend(loss, factor)
        return {"loss": loss.item()}
