"""Write freshly seeded networks: what the first task of a chain starts from."""

from dataclasses import asdict

from torch import nn

from facedenoise.models import KIND, UNTRAINED
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.patchgan import PatchGAN
from facedenoise.models.weights import write_weights
from facedenoise.params import Params
from facedenoise.training.loop import cpu_state, seed_everything
from stages import run
from stages.paths import weights_file
from stages.settings import load_params


def main() -> None:
    """Write models/untrained/{unet,discriminator}.safetensors."""
    params = load_params()
    channels = params.data.channels
    unet, discriminator = draw(params, params.train.seed)[0], draw(params, params.gan.seed)[-1]
    for model, network, settings in (
        ("unet", unet, {KIND: {**asdict(params.model), "channels": channels}}),
        ("discriminator", discriminator, {"patchgan": {"widths": params.gan.widths, "channels": channels}}),
    ):
        description = {**settings, "task": UNTRAINED, "model": model}
        write_weights(weights_file(UNTRAINED, model), cpu_state(network), description)


def draw(params: Params, seed: int) -> list[nn.Module]:
    """Return the networks of an adversarial training, new: generator, its average, discriminator."""
    seed_everything(seed)
    channels = params.data.channels
    unets = [AttentionUNet(**asdict(params.model), channels=channels) for _ in range(2)]
    return [*unets, PatchGAN(params.gan.widths, channels=channels)]


if __name__ == "__main__":
    run(main)
