"""Refine one task's U-Net against a PatchGAN, which starts from that of the task before."""

from dataclasses import asdict
from pathlib import Path

from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.patchgan import PatchGAN
from facedenoise.models.weights import load_weights, write_weights
from facedenoise.params import Params, Task
from facedenoise.training.adversarial import Adversarial
from facedenoise.training.device import describe, placed, training_device
from facedenoise.training.loop import Plan, Progress, Training, cpu_state, seed_everything
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.validation import validator
from stages import run
from stages.resuming import checkpoints
from stages.settings import load_params, of_task, previous_task, task_argument
from stages.training import batches, inputs, network_settings, pairs, write_history


def main() -> None:
    """Write models/TASK/{gan,discriminator}.safetensors and reports/history/TASK/gan.csv."""
    task, params = task_argument(), load_params()
    learner, progress = _train(params, task, *_starts(params, task))
    generator = {"attention_unet": network_settings(params, task), "task": task, "model": "gan"}
    discriminator = {"patchgan": {"widths": params.gan.widths}, "task": task, "model": "discriminator"}
    judge = cpu_state(learner.discriminator)
    write_weights(Path(f"models/{task}/gan.safetensors"), progress.kept, generator)
    write_weights(Path(f"models/{task}/discriminator.safetensors"), judge, discriminator)
    write_history(Path(f"reports/history/{task}/gan.csv"), progress.history)


def _starts(params: Params, task: Task) -> tuple[Path, Path | None]:
    """Give the weights that generator and discriminator start from."""
    previous = previous_task(task)
    chained = previous and params.gan.init == "previous"
    generator = Path(f"models/{previous}/gan.safetensors" if chained else f"models/{task}/unet.safetensors")
    return generator, Path(f"models/{previous}/discriminator.safetensors") if previous else None


def _train(params: Params, task: Task, start: Path, judge_start: Path | None) -> tuple[Adversarial, Progress]:
    device = training_device()
    print(f"gan@{task} on {describe(device)}, from {start}", flush=True)
    gan, settings = params.gan, getattr(params.gan, task)
    learner = _learner(params, task, start, judge_start)
    read = [*inputs(task), start, *([judge_start] if judge_start else [])]
    fresh = {"fresh_noise": params.train.fresh_noise}
    tracked = [asdict(params.model), fresh, of_task(params.noise, task), of_task(gan, task)]
    with checkpoints(f"gan@{task}", tracked, read) as saved:
        data = batches(params, task, gan.batch_size, gan.seed)
        plan = Plan(settings.epochs, gan.warmup)
        validate = validator(pairs(task, "val"), device)
        return learner, Training(learner, data, validate, plan, saved, f"gan@{task}").run()


def _learner(params: Params, task: Task, start: Path, judge_start: Path | None) -> Adversarial:
    device, gan, settings = training_device(), params.gan, getattr(params.gan, task)
    seed_everything(gan.seed)
    generator, average = (placed(AttentionUNet(**network_settings(params, task)), device) for _ in range(2))
    load_weights(generator, start)
    judge = placed(PatchGAN(gan.widths), device)
    if judge_start:
        load_weights(judge, judge_start)
    reconstruction = Reconstruction(
        generator, average, lr=settings.lr, weight_decay=params.train.weight_decay, clip=gan.clip, ema=gan.ema
    )
    return Adversarial(
        reconstruction, judge, weight=gan.weight, smoothing=gan.smoothing, lr=gan.discriminator_lr
    )


if __name__ == "__main__":
    run(main)
