"""Train the Attention U-Net to reconstruct the clean image."""

from torch import Tensor

from facedenoise.training.descent import Descent
from facedenoise.training.losses import charbonnier


class Reconstruction(Descent):
    """A `Learner` of a denoiser, by the Charbonnier loss; its parameters are those of `Descent`."""

    def step(self, noisy: Tensor, clean: Tensor, factor: float, /) -> dict[str, Tensor]:
        """Take one optimiser step on a batch; log the loss."""
        loss = charbonnier(self.output(noisy.to(self.device)), clean.to(self.device))
        self.descend(loss, factor)
        return {"loss": loss.detach()}
