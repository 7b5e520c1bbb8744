"""Write freshly seeded networks: what the first task of a chain starts from."""

from dataclasses import asdict

from facedenoise.models import UNTRAINED
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.inference import KIND
from facedenoise.models.patchgan import PatchGAN
from facedenoise.models.weights import write_weights
from facedenoise.training.loop import cpu_state, seed_everything
from stages import run
from stages.paths import weights_file
from stages.settings import load_params


def main() -> None:
    """Write models/untrained/{unet,discriminator}.safetensors."""
    params = load_params()
    for model, seed, kind, build, settings in (
        ("unet", params.train.seed, KIND, AttentionUNet, asdict(params.model)),
        ("discriminator", params.gan.seed, "patchgan", PatchGAN, {"widths": params.gan.widths}),
    ):
        seed_everything(seed)
        description = {kind: settings, "task": UNTRAINED, "model": model}
        write_weights(weights_file(UNTRAINED, model), cpu_state(build(**settings)), description)


if __name__ == "__main__":
    run(main)
