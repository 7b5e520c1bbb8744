"""Train the classifier of emotions on clean faces.

Where the CSV has too few labels to learn from, the outs are those of no epoch at all: the initial weights
and an empty history.
"""

from dataclasses import asdict
from typing import Any

from facedenoise.data.tensors import read_tensors
from facedenoise.models.emotion import EmotionClassifier
from facedenoise.models.weights import write_weights
from facedenoise.params import Emotion, Params
from facedenoise.training.classification import (
    AugmentedBatches,
    Classification,
    LabelledFaces,
    accuracy_validator,
    labelled,
)
from facedenoise.training.device import placed, training_device
from facedenoise.training.distributed import is_first
from facedenoise.training.loop import Plan, Progress, cpu_state, seed_everything
from stages.launch import run_training_stage
from stages.paths import EMOTION, EMOTION_HISTORY, split_file
from stages.settings import load_params
from stages.training import run_training, write_history

COLUMNS = ["epoch", "loss", "val_accuracy", "lr"]
FEWEST = 2  # training faces; batch norm needs two


def main() -> None:
    """Write models/emotion.safetensors and reports/history/emotion.csv."""
    params = load_params()
    settings, learner = params.emotion, classification(params.emotion)
    train, val = labelled_split("train"), labelled_split("val")
    if len(train) >= FEWEST and len(val):
        progress = train_classifier(params, learner, train, val)
    else:
        print(f"emotion: {len(train)} training and {len(val)} validation faces with a label: none is trained")
        progress = Progress(kept=cpu_state(learner.averaged()))
    if is_first():
        description = {"emotion_classifier": {"widths": settings.widths, "blocks": settings.blocks}}
        write_weights(EMOTION, progress.kept, description)
        write_history(EMOTION_HISTORY, progress.history, COLUMNS)


def labelled_split(split: str) -> LabelledFaces:
    """Read the faces of a split that have a label."""
    tensors = read_tensors(split_file(split))
    return labelled(tensors["images"], tensors["emotion"])


def classification(settings: Emotion) -> Classification:
    """Make the learner, freshly seeded."""
    device = training_device()
    seed_everything(settings.seed)
    network, average = (placed(EmotionClassifier(settings.widths, settings.blocks), device) for _ in range(2))
    return Classification(
        network,
        average,
        lr=settings.lr,
        weight_decay=settings.weight_decay,
        clip=settings.clip,
        ema=settings.ema,
        smoothing=settings.smoothing,
    )


def train_classifier(
    params: Params, learner: Classification, train: LabelledFaces, val: LabelledFaces
) -> Progress:
    """Train to the last epoch; keep the best weights."""
    settings = params.emotion
    return run_training(
        "emotion",
        learner,
        plan=Plan(settings.epochs, settings.warmup, patience=settings.epochs, scores=("val_accuracy",)),
        data=AugmentedBatches(train.to(training_device()), settings.batch_size, settings.seed),
        validate=accuracy_validator(val, training_device()),
        tracked=tracked_params(params),
        inputs=[split_file("train"), split_file("val")],
        history=EMOTION_HISTORY,
    )


def tracked_params(params: Params) -> dict[str, Any]:
    """Give the params that decide the result, nested as in params.yaml."""
    return {"emotion": asdict(params.emotion)}


if __name__ == "__main__":
    run_training_stage(main)
