"""Train the Attention U-Net to reconstruct the clean image."""

from torch import Tensor

from facedenoise.training.descent import Descent
from facedenoise.training.losses import negative_psnr


class Reconstruction(Descent):
    """A `Learner` of a denoiser, by the PSNR; it has the parameters of `Descent`."""

    def step(self, noisy: Tensor, clean: Tensor, factor: float, /) -> dict[str, Tensor]:
        """Take one optimiser step on a batch; log the loss."""
        loss = negative_psnr(self.output(noisy.to(self.device)), clean.to(self.device))
        self.descend(loss, factor)
        return {"loss": loss.detach()}
