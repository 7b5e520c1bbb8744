"""The results of a run, read from its files; they go into the page and the model card."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from facedenoise.params import Params
from facedenoise.report.shown import Shown
from facedenoise.report.style import METHOD_TITLES


@dataclass(frozen=True)
class Results:
    """The contents of the pipeline's files; the tasks are in the order of the params.

    Attributes
    ----------
    params : Params
        The params of the run.
    hashes : mapping of str to str
        The SHA-256 of each file of data and weights, by its name.
    sizes : mapping of str to int
        The number of parameters of each denoiser, by the name of its file.
    audit : dict
        `reports/data.json`: rows, labels and copies of each split.
    panels : mapping of str to dict
        For each task `reports/eval/TASK.json`: the full panel, with intervals.
    shown : mapping of str to Shown
        For each task the test faces that are shown.
    cross_noise : dict
        `reports/cross_noise.json`: by model, by the task it was trained on, by noise: `psnr` and `ssim`.
    histories : mapping of str to mapping of str to pd.DataFrame
        For `unet` and `gan`, for each task, one row per epoch.
    classifier_history : pd.DataFrame
        The same for the classifier; without rows if there are too few labels.
    labels : tuple of str
        The names of the labels, by code.
    over_seeds : mapping of str to mapping of str to mapping of str to sequence of float
        For each task, by model and score, what runs of the default params have scored on the same noisy test
        faces, each with another seed; empty where that was not measured.
    """

    params: Params
    hashes: Mapping[str, str]
    sizes: Mapping[str, int]
    audit: dict[str, Any]
    panels: Mapping[str, dict[str, Any]]
    shown: Mapping[str, Shown]
    cross_noise: dict[str, Any]
    histories: Mapping[str, Mapping[str, pd.DataFrame]]
    classifier_history: pd.DataFrame
    labels: tuple[str, ...]
    over_seeds: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]

    @property
    def titles(self) -> dict[str, str]:
        """The names of the tasks for readers."""
        return self.params.titles

    @property
    def in_colour(self) -> bool:
        """Whether the faces are in colour, not grey."""
        return self.params.data.channels > 1

    @property
    def clean_accuracy(self) -> float | None:
        """Share of clean test faces that the classifier labels right; None without labels or training."""
        return self._any_panel["clean"].get("label_accuracy")

    @property
    def clean_balanced_accuracy(self) -> float | None:
        """The mean of this share over the labels; None without labels or training."""
        return self._any_panel["clean"].get("balanced_accuracy")

    @property
    def classifier_is_trained(self) -> bool:
        """Whether the classifier had labelled faces to learn from."""
        return len(self.classifier_history) > 0

    @property
    def features_note(self) -> str:
        """Say on which features the Fréchet distance is taken."""
        if self.classifier_is_trained:
            return "The Fréchet distance is taken on features of the classifier of labels."
        return (
            "There are too few labels to learn from: the classifier is untrained, and the Fréchet distance "
            "is taken on random features."
        )

    @property
    def headline_scores(self) -> tuple[str, ...]:
        """Name the scores of the headline that mean something in this run."""
        accuracies = () if self.clean_accuracy is None else ("label_accuracy", "balanced_accuracy")
        return ("psnr", "ssim", *accuracies)

    @property
    def faces_without_copy(self) -> int | None:
        """How many test faces have no exact copy among the training faces; None if no face has a copy."""
        return self._any_panel.get("without_copies", {}).get("faces")

    def method(self, task: str, column: str) -> str:
        """Return the method of a column of the headline; for `classical`, the best one for this task."""
        return self.panels[task]["best_classical"] if column == "classical" else column

    def classical_title(self, task: str) -> str:
        """Name the best classical method of a task."""
        return METHOD_TITLES[self.method(task, "classical")]

    @property
    def _any_panel(self) -> dict[str, Any]:
        """The panel of one task, for values that are the same for all tasks."""
        return next(iter(self.panels.values()))
