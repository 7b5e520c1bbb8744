"""Train the classifier of labels on clean faces.

If there are too few labels to learn from, no epoch runs. Then the outputs are the initial weights, which
tell no label, and an empty history.
"""

from facedenoise.classifier.learner import (
    AugmentedBatches,
    Classification,
    LabelledFaces,
    accuracy_validator,
    balancing_weights,
)
from facedenoise.classifier.network import LabelClassifier
from facedenoise.classifier.prediction import KIND
from facedenoise.images.tensors import read_labels, read_tensors
from facedenoise.models.device import placed, training_device
from facedenoise.models.weights import write_weights
from facedenoise.params import Classifier
from facedenoise.training.distributed import is_first
from facedenoise.training.loop import Plan, Progress, cpu_state, seed_everything
from stages.paths import CLASSIFIER, CLASSIFIER_HISTORY, split_file
from stages.settings import load_params
from stages.training import run_training_stage, train, write_history

COLUMNS = ["epoch", "loss", "val_accuracy", "val_balanced_accuracy", "lr"]
FEWEST = 2  # labels among the training faces; with a single label there is nothing to tell apart
SCORES = {
    "none": ("val_accuracy", "val_balanced_accuracy"),
    "balanced": ("val_balanced_accuracy", "val_accuracy"),
}
"""The validation scores for each weighting; the first score decides which weights are kept."""


def main() -> None:
    """Write models/classifier.safetensors and reports/history/classifier.csv."""
    params = load_params()
    settings, channels = params.classifier, params.data.channels
    faces, val = labelled_split("train"), labelled_split("val")
    labels = known_labels(faces, val)
    learner = classification(settings, labels, channels, faces)
    if labels:
        progress = train(
            "classifier",
            learner,
            AugmentedBatches(faces, settings.batch_size, settings.seed),
            accuracy_validator(val, training_device()),
            Plan(settings.epochs, settings.warmup, settings.epochs, SCORES[settings.weighting]),
            settings=[settings],
            inputs=[split_file("train"), split_file("val")],
            history=CLASSIFIER_HISTORY,
        )
    else:
        progress = Progress(kept=cpu_state(learner.averaged()))
    if is_first():
        own = {"widths": settings.widths, "blocks": settings.blocks, "labels": labels, "channels": channels}
        write_weights(CLASSIFIER, progress.kept, {KIND: own})
        write_history(CLASSIFIER_HISTORY, progress.history, COLUMNS)


def labelled_split(split: str) -> LabelledFaces:
    """Read the faces of a split."""
    tensors = read_tensors(split_file(split))
    return LabelledFaces(tensors["images"], tensors["emotion"])


def known_labels(faces: LabelledFaces, val: LabelledFaces) -> tuple[str, ...]:
    """Return the names of the labels; if there are too few to learn from, say so and return none."""
    seen = len(faces.known_label.unique())
    if seen >= FEWEST and len(val):
        return read_labels(split_file("train"))
    print(f"classifier: not trained; labels in training: {seen}, validation faces with a label: {len(val)}")
    return ()


def classification(
    settings: Classifier, labels: tuple[str, ...], channels: int, faces: LabelledFaces
) -> Classification:
    """Make the learner, freshly seeded."""
    seed_everything(settings.seed)
    network, average = (
        placed(
            LabelClassifier(settings.widths, settings.blocks, labels, channels=channels), training_device()
        )
        for _ in range(2)
    )
    weights = balancing_weights(faces.known_label, len(labels)) if settings.weighting == "balanced" else None
    names = ("lr", "weight_decay", "clip", "ema", "smoothing")
    return Classification(
        network, average, weights=weights, **{name: getattr(settings, name) for name in names}
    )


if __name__ == "__main__":
    run_training_stage(main)
