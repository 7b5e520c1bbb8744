"""Train the Attention U-Net to reconstruct the clean image."""

from torch import Tensor, nn

from facedenoise.training.descent import Descent
from facedenoise.training.losses import balanced, charbonnier


class Reconstruction(Descent):
    """A `Learner` of a denoiser, by the Charbonnier loss.

    It has the parameters of `Descent`, and the `balance` of `losses.balanced`.
    """

    def __init__(
        self, network: nn.Module, average: nn.Module, *, balance: float = 0.0, **descent: float
    ) -> None:
        super().__init__(network, average, **descent)
        self.balance = balance

    def step(self, noisy: Tensor, clean: Tensor, factor: float, /) -> dict[str, Tensor]:
        """Take one optimiser step on a batch; log the loss."""
        errors = charbonnier(self.output(noisy.to(self.device)), clean.to(self.device))
        self.descend(balanced(errors, self.balance), factor)
        return {"loss": errors.detach().mean()}
