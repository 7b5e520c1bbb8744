"""Refine one task's U-Net against a PatchGAN, which starts from that of the task before."""

from pathlib import Path
from typing import Any

from torch import Tensor

from facedenoise.models.patchgan import PatchGAN
from facedenoise.models.weights import load_weights, write_weights
from facedenoise.params import GanTask, Params, Task
from facedenoise.training.adversarial import Adversarial
from facedenoise.training.device import placed, training_device
from facedenoise.training.distributed import is_first
from facedenoise.training.loop import Plan, cpu_state
from stages.denoising import batches, common_params, description, reconstruction, train_denoiser
from stages.launch import run_training_stage
from stages.paths import history_file, weights_file
from stages.settings import load_params, of_task, previous_task, task_argument


def main() -> None:
    """Write models/TASK/{gan,discriminator}.safetensors and reports/history/TASK/gan.csv."""
    task, params = task_argument(), load_params()
    start, discriminator_start = start_weights(params, task)
    learner = adversarial(params, task, start, discriminator_start)
    plan = Plan(getattr(params.gan, task).epochs, params.gan.warmup)
    data = batches(params, task, params.gan)
    starts = [start, *([discriminator_start] if discriminator_start else [])]
    tracked = tracked_params(params, task)
    history = history_file(task, "gan")
    progress = train_denoiser(
        f"gan@{task}", learner, plan=plan, data=data, tracked=tracked, starts=starts, history=history
    )
    if is_first():
        write_weights(weights_file(task, "gan"), progress.kept, description(params, task, "gan"))
        write_discriminator(params, task, cpu_state(learner.discriminator))


def write_discriminator(params: Params, task: Task, weights: dict[str, Tensor]) -> None:
    """Write the discriminator, with what it is."""
    settings = {"patchgan": {"widths": params.gan.widths}, "task": task, "model": "discriminator"}
    write_weights(weights_file(task, "discriminator"), weights, settings)


def start_weights(params: Params, task: Task) -> tuple[Path, Path | None]:
    """Give the weights that generator and discriminator start from; the first discriminator has none."""
    previous = previous_task(task)
    if previous is None:
        return weights_file(task, "unet"), None
    chained = params.gan.init == "previous"
    generator = weights_file(previous, "gan") if chained else weights_file(task, "unet")
    return generator, weights_file(previous, "discriminator")


def adversarial(params: Params, task: Task, start: Path, discriminator_start: Path | None) -> Adversarial:
    """Make the learner of both networks."""
    gan = params.gan
    own: GanTask = getattr(gan, task)
    generator = reconstruction(params, task, gan, own, start)
    discriminator = placed(PatchGAN(gan.widths), training_device())
    if discriminator_start:
        load_weights(discriminator, discriminator_start)
    return Adversarial(
        generator,
        discriminator,
        weight=gan.weight * own.weight_factor,
        smoothing=gan.smoothing,
        lr=gan.discriminator_lr,
    )


def tracked_params(params: Params, task: Task) -> dict[str, Any]:
    """Give the params that decide the result, nested as in params.yaml."""
    return {**common_params(params, task), "gan": of_task(params.gan, task)}


if __name__ == "__main__":
    run_training_stage(main)
