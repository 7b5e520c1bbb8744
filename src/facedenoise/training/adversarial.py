"""Refine a denoiser against a PatchGAN."""

from typing import Any

import torch
from torch import Tensor, nn

from facedenoise.training.distributed import synchronised
from facedenoise.training.losses import least_squares, negative_psnr
from facedenoise.training.reconstruction import Reconstruction

DENOISED, CLEAN = 0.0, 1.0


class Adversarial:
    """A `Learner`: reconstruction plus a weighted adversarial loss, both sides updated in each step.

    Parameters
    ----------
    generator : Reconstruction
        The denoiser with its optimiser and average.
    discriminator : nn.Module
        Maps (noisy, candidate) to a map of scores.
    weight : float
        Weight of the adversarial loss beside minus the PSNR in dB; 0 leaves the adversarial loss out.
    smoothing : float
        A clean patch is labelled 1 - smoothing (Salimans et al., "Improved techniques for training GANs",
        2016).
    lr : float
        The discriminator's highest learning rate.
    """

    def __init__(
        self,
        generator: Reconstruction,
        discriminator: nn.Module,
        *,
        weight: float,
        smoothing: float,
        lr: float,
    ) -> None:
        self.generator = generator
        self.discriminator = discriminator.train()
        self.synchronised = synchronised(discriminator)
        self.weight = weight
        self.clean_label = CLEAN - smoothing
        self.lr = lr
        self.optimiser = torch.optim.Adam(discriminator.parameters(), lr=lr, betas=(0.5, 0.99), fused=True)
        self.device = generator.device

    def step(self, noisy: Tensor, clean: Tensor, factor: float, /) -> dict[str, Tensor]:
        """Update the discriminator, then the generator; log both."""
        noisy, clean = noisy.to(self.device), clean.to(self.device)
        denoised = self.generator.output(noisy)
        noisy = noisy[:, : clean.shape[1]]  # the discriminator is not told the level
        judged = self._learn_to_judge(noisy, clean, denoised.detach(), factor)
        deceived = self._learn_to_deceive(noisy, clean, denoised, factor)
        return {**deceived, **judged}

    def _scores(self, discriminator: nn.Module, noisy: Tensor, candidate: Tensor) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.generator.bfloat16):
            scores: Tensor = discriminator(noisy, candidate.clamp(0, 1))  # as images are clipped in the end
        return scores

    def _learn_to_judge(
        self, noisy: Tensor, clean: Tensor, denoised: Tensor, factor: float
    ) -> dict[str, Tensor]:
        self.discriminator.requires_grad_()
        of_clean = self._scores(self.synchronised, noisy, clean)
        of_denoised = self._scores(self.synchronised, noisy, denoised)
        loss = (least_squares(of_clean, self.clean_label) + least_squares(of_denoised, DENOISED)) / 2
        self.optimiser.zero_grad()
        loss.backward()
        for group in self.optimiser.param_groups:
            group["lr"] = self.lr * factor
        self.optimiser.step()
        midway = (self.clean_label + DENOISED) / 2
        right = ((of_clean > midway).float().mean() + (of_denoised <= midway).float().mean()) / 2
        return {"discriminator_loss": loss.detach(), "discriminator_accuracy": right}

    def _learn_to_deceive(
        self, noisy: Tensor, clean: Tensor, denoised: Tensor, factor: float
    ) -> dict[str, Tensor]:
        self.discriminator.requires_grad_(requires_grad=False)
        reconstruction = negative_psnr(denoised, clean)
        # The bare network: the wrapped one would wait in vain for gradients of its weights.
        scores = self._scores(self.discriminator, noisy, denoised)
        adversarial = least_squares(scores, self.clean_label)
        loss = reconstruction + self.weight * adversarial
        self.generator.descend(loss, factor)
        return {
            "generator_loss": loss.detach(),
            "reconstruction_loss": reconstruction.detach(),
            "adversarial_loss": adversarial.detach(),
        }

    def rate(self, factor: float) -> float:
        """Return the generator's learning rate at `factor` of the highest."""
        return self.generator.rate(factor)

    def averaged(self) -> nn.Module:
        """Return the generator with the averaged weights."""
        return self.generator.averaged()

    def state(self) -> dict[str, Any]:
        """Return both networks and their optimisers."""
        return {
            "generator": self.generator.state(),
            "discriminator": self.discriminator.state_dict(),
            "discriminator_optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take a state that `state` returned."""
        self.generator.restore(state["generator"])
        self.discriminator.load_state_dict(state["discriminator"])
        self.optimiser.load_state_dict(state["discriminator_optimiser"])
