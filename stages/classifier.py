"""Train the classifier of labels on clean faces.

Where there are too few labels to learn from, the outs are those of no epoch at all: the initial weights,
which tell no label, and an empty history.
"""

from facedenoise.classifier.learner import (
    AugmentedBatches,
    Classification,
    LabelledFaces,
    accuracy_validator,
    balancing_weights,
    labelled,
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
FEWEST = 2  # labels among the training faces; there is nothing to tell a single one from
SCORES = {
    "none": ("val_accuracy", "val_balanced_accuracy"),
    "balanced": ("val_balanced_accuracy", "val_accuracy"),
}
"""By weighting: the validation's scores; the first decides which weights are kept."""


def main() -> None:
    """Write models/classifier.safetensors and reports/history/classifier.csv."""
    settings = load_params().classifier
    faces, val = labelled_split("train"), labelled_split("val")
    labels = known_labels(faces, val)
    learner = classification(settings, labels, faces)
    if labels:
        progress = train(
            "classifier",
            learner,
            AugmentedBatches(faces.to(training_device()), settings.batch_size, settings.seed),
            accuracy_validator(val, training_device()),
            Plan(settings.epochs, settings.warmup, settings.epochs, SCORES[settings.weighting]),
            settings=[settings],
            inputs=[split_file("train"), split_file("val")],
            history=CLASSIFIER_HISTORY,
        )
    else:
        progress = Progress(kept=cpu_state(learner.averaged()))
    if is_first():
        own = {"widths": settings.widths, "blocks": settings.blocks, "labels": labels}
        write_weights(CLASSIFIER, progress.kept, {KIND: own})
        write_history(CLASSIFIER_HISTORY, progress.history, COLUMNS)


def labelled_split(split: str) -> LabelledFaces:
    """Read the faces of a split that have a label."""
    tensors = read_tensors(split_file(split))
    return labelled(tensors["images"], tensors["emotion"])


def known_labels(faces: LabelledFaces, val: LabelledFaces) -> tuple[str, ...]:
    """Return the names of the labels; none, which it says, where there are too few to learn from."""
    seen = len(faces.label.unique())
    if seen >= FEWEST and len(val):
        return read_labels(split_file("train"))
    print(f"classifier: not trained; labels in training: {seen}, validation faces with a label: {len(val)}")
    return ()


def classification(settings: Classifier, labels: tuple[str, ...], faces: LabelledFaces) -> Classification:
    """Make the learner, freshly seeded."""
    seed_everything(settings.seed)
    network, average = (
        placed(LabelClassifier(settings.widths, settings.blocks, labels), training_device()) for _ in range(2)
    )
    weights = balancing_weights(faces.label, len(labels)) if settings.weighting == "balanced" else None
    names = ("lr", "weight_decay", "clip", "ema", "smoothing")
    return Classification(
        network, average, weights=weights, **{name: getattr(settings, name) for name in names}
    )


if __name__ == "__main__":
    run_training_stage(main)
