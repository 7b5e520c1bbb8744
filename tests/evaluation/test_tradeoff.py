"""The perception-distortion plane: the blends on it."""

import pytest
import torch
from helpers import tiny_classifier

from facedenoise.evaluation.judge import Judge
from facedenoise.evaluation.tradeoff import perception_distortion


def plane_of(unet_error: float, gan_error: float) -> dict[str, dict[str, float]]:
    generator = torch.Generator().manual_seed(0)
    clean = 0.3 + 0.4 * torch.rand(40, 1, 16, 16, generator=generator)
    error, other = torch.randn(2, *clean.shape, generator=generator)
    noisy, unet, gan = (
        (clean + change).clamp(0, 1) for change in (0.1 * error, unet_error * other, gan_error * other)
    )
    return perception_distortion(noisy, unet, gan, Judge(tiny_classifier(), clean))


def test_the_blend_with_the_noisy_input_has_the_gans_psnr() -> None:
    plane = plane_of(0.02, 0.04)
    assert plane["unet_noisy_equal"]["psnr"] == pytest.approx(plane["gan"]["psnr"], abs=0.01)
    assert 0 < plane["unet_noisy_equal"]["share"] < 1
    assert plane["unet"]["psnr"] > plane["unet_gan_50"]["psnr"] > plane["gan"]["psnr"]


@pytest.mark.parametrize(("unet_error", "gan_error"), [(0.04, 0.02), (0.02, 0.3)])
def test_no_blend_equals_a_gan_that_is_better_or_hopeless(unet_error: float, gan_error: float) -> None:
    assert "unet_noisy_equal" not in plane_of(unet_error, gan_error)
