"""All that a run found, as its files say it: what the page and the model card are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from facedenoise.params import Params
from facedenoise.report.style import METHOD_TITLES

COLUMN_TITLES = {"noisy": "Noisy", "classical": "Best classical", "unet": "U-Net", "gan": "GAN"}
"""The four that the headline compares; `classical` stands for the method that is best on validation."""


@dataclass(frozen=True)
class Results:
    """What the pipeline's files hold.

    Attributes
    ----------
    params : Params
        What was asked for.
    hashes : mapping of str to str
        The SHA-256 of each file of data and weights, by its name.
    audit : dict
        `reports/data.json`: rows, emotions and copies of each split.
    metrics : dict
        `reports/metrics.json`: the headline.
    evaluations : mapping of str to dict
        For each task `reports/eval/TASK.json`: the full panel, with intervals.
    cross_noise : dict
        `reports/cross_noise.json`: by model, by the task it was trained on, by noise: `psnr` and `ssim`.
    planes : dict
        `reports/perception_distortion.json`: by task, by point: `psnr` and `frechet`.
    histories : mapping of str to mapping of str to pd.DataFrame
        For `unet` and `gan`, for each task, one row per epoch.
    emotion_history : pd.DataFrame
        The same of the emotion classifier; without rows where no face has a label.
    """

    params: Params
    hashes: Mapping[str, str]
    audit: dict[str, Any]
    metrics: dict[str, Any]
    evaluations: Mapping[str, dict[str, Any]]
    cross_noise: dict[str, Any]
    planes: dict[str, Any]
    histories: Mapping[str, Mapping[str, pd.DataFrame]]
    emotion_history: pd.DataFrame

    @property
    def clean_accuracy(self) -> float | None:
        """Share of clean test faces whose emotion the classifier tells; None without labels or training."""
        if not self.classifier_is_trained:
            return None
        return self.metrics["clean"].get("emotion_accuracy")

    @property
    def classifier_is_trained(self) -> bool:
        """Whether the emotion classifier had labelled faces to learn from."""
        return len(self.emotion_history) > 0

    @property
    def features_note(self) -> str:
        """Say what the Fréchet distance is taken on."""
        if self.classifier_is_trained:
            return "The Fréchet distance is taken on features of the emotion classifier."
        return (
            "Too few faces to learn from have a label: the classifier is untrained, and the Fréchet distance "
            "is taken on random features."
        )

    @property
    def headline_scores(self) -> tuple[str, ...]:
        """Name the scores of the headline that mean something in this run."""
        emotion = () if self.clean_accuracy is None else ("emotion_accuracy",)
        return ("psnr", "ssim", *emotion)

    @property
    def all_test_faces_are_copies(self) -> bool:
        """Whether each test face has an exact copy among the training faces."""
        return all(panel.get("without_copies", {}).get("faces") == 0 for panel in self.evaluations.values())

    def method(self, task: str, column: str) -> str:
        """Give the method behind a column of the headline: for `classical`, the best one of this task."""
        return self.metrics[task]["classical"]["method"] if column == "classical" else column

    def classical_title(self, task: str) -> str:
        """Name the best classical method of a task."""
        return METHOD_TITLES[self.method(task, "classical")]

    def scores(self, task: str, column: str) -> dict[str, Any]:
        """Give the full panel's scores of what a column of the headline stands for."""
        return self.evaluations[task][self.method(task, column)]
