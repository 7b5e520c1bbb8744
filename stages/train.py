"""Train one task's Attention U-Net, starting from that of the task before."""

from dataclasses import asdict
from pathlib import Path

from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.weights import load_weights, write_weights
from facedenoise.params import Params, Task
from facedenoise.training.device import describe, placed, training_device
from facedenoise.training.loop import Plan, Progress, Training, seed_everything
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.validation import validator
from stages import run
from stages.resuming import checkpoints
from stages.settings import load_params, of_task, previous_task, task_argument
from stages.training import batches, inputs, network_settings, pairs, write_history


def main() -> None:
    """Write models/TASK/unet.safetensors and reports/history/TASK/unet.csv."""
    task, params = task_argument(), load_params()
    start = _start(params, task)
    progress = _train(params, task, start)
    description = {"attention_unet": network_settings(params, task), "task": task, "model": "unet"}
    write_weights(Path(f"models/{task}/unet.safetensors"), progress.kept, description)
    write_history(Path(f"reports/history/{task}/unet.csv"), progress.history)


def _start(params: Params, task: Task) -> Path | None:
    previous = previous_task(task)
    chained = getattr(params.train, task).init == "previous"
    return Path(f"models/{previous}/unet.safetensors") if previous and chained else None


def _train(params: Params, task: Task, start: Path | None) -> Progress:
    device = training_device()
    print(f"train@{task} on {describe(device)}, from {start or 'scratch'}", flush=True)
    train, settings = params.train, getattr(params.train, task)
    seed_everything(train.seed)
    network, average = (placed(AttentionUNet(**network_settings(params, task)), device) for _ in range(2))
    if start:
        load_weights(network, start)
    learner = Reconstruction(
        network, average, lr=settings.lr, weight_decay=train.weight_decay, clip=train.clip, ema=train.ema
    )
    plan = Plan(settings.epochs, train.warmup, train.patience)
    read = [*inputs(task), *([start] if start else [])]
    tracked = [asdict(params.model), of_task(params.noise, task), of_task(train, task)]
    with checkpoints(f"train@{task}", tracked, read) as saved:
        data = batches(params, task, train.batch_size, train.seed)
        validate = validator(pairs(task, "val"), device)
        return Training(learner, data, validate, plan, saved, f"train@{task}").run()


if __name__ == "__main__":
    run(main)
