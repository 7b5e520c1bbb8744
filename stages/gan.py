"""Refine one task's U-Net against a PatchGAN that starts from the PatchGAN of the task before."""

from facedenoise.models.device import placed, training_device
from facedenoise.models.patchgan import PatchGAN
from facedenoise.models.weights import load_weights, write_weights
from facedenoise.training.adversarial import Adversarial
from facedenoise.training.distributed import is_first
from facedenoise.training.loop import Plan, cpu_state
from stages.denoising import DenoiserTraining
from stages.paths import weights_file
from stages.settings import load_task
from stages.training import run_training_stage


def main() -> None:
    """Write models/TASK/{gan,discriminator}.safetensors and reports/history/TASK/gan.csv."""
    params, name = load_task()
    task = params.tasks[name]
    starts = [weights_file(name, "unet"), weights_file(task.after, "discriminator")]
    training = DenoiserTraining(params, name, params.gan, task.gan, starts)
    learner = adversarial(training)
    progress = training.run("gan", learner, Plan(task.gan.epochs, params.gan.warmup), "gan")
    if is_first():
        write_weights(weights_file(name, "gan"), progress.kept, training.description("gan"))
        settings = {"widths": params.gan.widths, "channels": params.data.channels}
        description = {"patchgan": settings, "task": name, "model": "discriminator"}
        write_weights(weights_file(name, "discriminator"), cpu_state(learner.discriminator), description)


def adversarial(training: DenoiserTraining) -> Adversarial:
    """Make the learner of both networks, from the weights that they start from."""
    gan, channels = training.params.gan, training.params.data.channels
    discriminator = placed(PatchGAN(gan.widths, channels=channels), training_device())
    load_weights(discriminator, training.starts[1])
    settings = {"weight": gan.weight, "smoothing": gan.smoothing, "lr": gan.discriminator_lr}
    return Adversarial(training.denoiser(), discriminator, **settings)


if __name__ == "__main__":
    run_training_stage(main)
