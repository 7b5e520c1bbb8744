"""Train the classifier of emotions on clean faces.

Where the CSV has too few labels to learn from, the outs are those of no epoch at all: the initial weights
and an empty history.
"""

from facedenoise.emotion.learner import (
    AugmentedBatches,
    Classification,
    LabelledFaces,
    accuracy_validator,
    labelled,
)
from facedenoise.emotion.network import EmotionClassifier
from facedenoise.emotion.prediction import KIND
from facedenoise.images.tensors import read_tensors
from facedenoise.models.device import placed, training_device
from facedenoise.models.weights import write_weights
from facedenoise.params import Emotion
from facedenoise.training.distributed import is_first
from facedenoise.training.loop import Plan, Progress, cpu_state, seed_everything
from stages.paths import EMOTION, EMOTION_HISTORY, split_file
from stages.settings import load_params
from stages.training import run_training_stage, train, write_history

COLUMNS = ["epoch", "loss", "val_accuracy", "lr"]
FEWEST = 2  # training faces; batch norm needs two


def main() -> None:
    """Write models/emotion.safetensors and reports/history/emotion.csv."""
    settings = load_params().emotion
    learner, faces, val = classification(settings), labelled_split("train"), labelled_split("val")
    if len(faces) >= FEWEST and len(val):
        progress = train(
            "emotion",
            learner,
            AugmentedBatches(faces.to(training_device()), settings.batch_size, settings.seed),
            accuracy_validator(val, training_device()),
            Plan(settings.epochs, settings.warmup, patience=settings.epochs, scores=("val_accuracy",)),
            settings=[settings],
            inputs=[split_file("train"), split_file("val")],
            history=EMOTION_HISTORY,
        )
    else:
        print(f"emotion: {len(faces)} training and {len(val)} validation faces with a label: none is trained")
        progress = Progress(kept=cpu_state(learner.averaged()))
    if is_first():
        write_weights(EMOTION, progress.kept, {KIND: {"widths": settings.widths, "blocks": settings.blocks}})
        write_history(EMOTION_HISTORY, progress.history, COLUMNS)


def labelled_split(split: str) -> LabelledFaces:
    """Read the faces of a split that have a label."""
    tensors = read_tensors(split_file(split))
    return labelled(tensors["images"], tensors["emotion"])


def classification(settings: Emotion) -> Classification:
    """Make the learner, freshly seeded."""
    seed_everything(settings.seed)
    network, average = (
        placed(EmotionClassifier(settings.widths, settings.blocks), training_device()) for _ in range(2)
    )
    names = ("lr", "weight_decay", "clip", "ema", "smoothing")
    return Classification(network, average, **{name: getattr(settings, name) for name in names})


if __name__ == "__main__":
    run_training_stage(main)
