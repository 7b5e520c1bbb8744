"""Train one task's Attention U-Net, starting from that of the task before."""

from pathlib import Path
from typing import Any

from facedenoise.models.weights import write_weights
from facedenoise.params import Params, Task
from facedenoise.training.distributed import is_first
from facedenoise.training.loop import Plan
from stages.denoising import batches, common_params, description, reconstruction, train_denoiser
from stages.launch import run_training_stage
from stages.paths import history_file, weights_file
from stages.settings import load_params, of_task, previous_task, task_argument


def main() -> None:
    """Write models/TASK/unet.safetensors and reports/history/TASK/unet.csv."""
    task, params = task_argument(), load_params()
    train, settings = params.train, getattr(params.train, task)
    start = start_weights(params, task)
    learner = reconstruction(params, task, train, settings, start)
    plan = Plan(settings.epochs, train.warmup, train.patience)
    data = batches(params, task, train)
    starts = [start] if start else []
    tracked = tracked_params(params, task)
    history = history_file(task, "unet")
    progress = train_denoiser(
        f"train@{task}", learner, plan=plan, data=data, tracked=tracked, starts=starts, history=history
    )
    if is_first():
        write_weights(weights_file(task, "unet"), progress.kept, description(params, task, "unet"))


def start_weights(params: Params, task: Task) -> Path | None:
    """Give the weights that the network starts from; None: it starts from scratch."""
    previous = previous_task(task)
    chained = getattr(params.train, task).init == "previous"
    return weights_file(previous, "unet") if previous and chained else None


def tracked_params(params: Params, task: Task) -> dict[str, Any]:
    """Give the params that decide the result, nested as in params.yaml."""
    return {**common_params(params, task), "train": of_task(params.train, task)}


if __name__ == "__main__":
    run_training_stage(main)
