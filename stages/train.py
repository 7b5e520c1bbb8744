"""Train one task's Attention U-Net, starting from the U-Net of the task before."""

from facedenoise.models.weights import write_weights
from facedenoise.training.distributed import is_first
from facedenoise.training.loop import Plan
from stages.denoising import DenoiserTraining
from stages.paths import weights_file
from stages.settings import load_task
from stages.training import run_training_stage


def main() -> None:
    """Write models/TASK/unet.safetensors and reports/history/TASK/unet.csv."""
    params, name = load_task()
    task, section = params.tasks[name], params.train
    training = DenoiserTraining(params, name, section, task.train, [weights_file(task.after, "unet")])
    plan = Plan(task.train.epochs, section.warmup, section.patience)
    progress = training.run("train", training.denoiser(muon=section.muon), plan, "unet")
    if is_first():
        write_weights(weights_file(name, "unet"), progress.kept, training.description("unet"))


if __name__ == "__main__":
    run_training_stage(main)
