"""Say what the pipeline will do and how long that takes here: `python -m stages.forecast`.

Some steps of a training are timed; the rest is in proportion, as in `benchmarks/results/pipeline.json`.
"""

import time
from dataclasses import asdict
from pathlib import Path
from statistics import median

import torch

from facedenoise.faces.fer_writer import interleaved_usage
from facedenoise.images.fer2013 import USAGES
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.device import describe, placed, training_device
from facedenoise.params import Params
from facedenoise.training.reconstruction import Reconstruction
from stages import run
from stages.paths import SAMPLE
from stages.plain import commands
from stages.settings import load_params

UNET, GAN, CLASSIFIER = 1.25, 2.06, 0.25  # time for a face in their training; 1 is a face of a timed step
SCORING = 0.014  # seconds for a face of val or test under one noise, mostly for the classical methods
STAGE = 4.0  # seconds: to start a stage and to look after its files
TRAINING = 0.8  # share of the training faces in FER2013
SIDE = 48  # pixels of a face, if params.yaml does not say
WARM_UP, TIMED = 2, 3  # steps


def main() -> None:
    """Print what will happen in one line, and how long it takes in another."""
    params = load_params()
    print(plan(params))
    print(f"Here ({describe(training_device())}) that takes {duration(params, seconds_per_face(params))}.")


def plan(params: Params) -> str:
    """Return in one sentence what the stages do."""
    source = params.data.source
    faces = f"draw {params.sample.rows:,} faces" if Path(source) == SAMPLE else f"read the faces of {source}"
    tasks = ", ".join(params.tasks)
    stages = len(list(commands(params)))
    return f"{stages} stages {faces}, add noise ({tasks}), train a U-Net and a GAN on each and score them."


def duration(params: Params, step: float) -> str:
    """Return how long all stages take, if a step takes this many seconds for a face."""
    if Path(params.data.source) == SAMPLE:
        usage = interleaved_usage(params.sample.rows)
        training = usage.count(USAGES[0]) / len(usage)
        return f"about {seconds(params, len(usage), step, training) / 60:.0f} minutes the first time"
    start = seconds(params, 0, step)
    more = seconds(params, 1000, step) - start
    return f"about {start / 60:.0f} minutes the first time, and {more / 60:.1f} more for every 1,000 faces"


def seconds(params: Params, faces: int, step: float, training: float = TRAINING) -> float:
    """Return how long all stages take with this many faces, of which this share is for training."""
    tasks = params.tasks.values()
    trainings = (
        UNET * sum(task.train.epochs for task in tasks)
        + GAN * sum(task.gan.epochs for task in tasks)
        + CLASSIFIER * params.classifier.epochs
    )
    per_face = training * trainings * step + (1 - training) * len(tasks) * SCORING
    return STAGE * len(list(commands(params))) + faces * per_face


def seconds_per_face(params: Params) -> float:
    """Time some steps of a U-Net's training; return the median, divided by the faces of a batch."""
    device, channels, side = training_device(), params.data.channels, params.data.size or SIDE
    settings = {**asdict(params.model), "channels": channels}
    network, average = (placed(AttentionUNet(**settings), device) for _ in range(2))
    train = params.train
    learner = Reconstruction(
        network, average, lr=0, weight_decay=0, clip=train.clip, ema=train.ema, muon=train.muon
    )
    clean = torch.rand(train.batch_size, channels, side, side)
    noisy = torch.cat([clean] * (1 + params.model.level), dim=1)
    times = [time_step(learner, noisy, clean) for _ in range(WARM_UP + TIMED)]
    return median(times[WARM_UP:]) / train.batch_size


def time_step(learner: Reconstruction, noisy: torch.Tensor, clean: torch.Tensor) -> float:
    """Return the seconds of a step, until its loss is known."""
    start = time.perf_counter()
    learner.step(noisy, clean, 1.0)["loss"].item()
    return time.perf_counter() - start


if __name__ == "__main__":
    run(main)
