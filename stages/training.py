"""What all training stages share: the run, resumable at any moment, and its history."""

from pathlib import Path
from typing import Any

import pandas as pd

from facedenoise.files import replacing
from facedenoise.training.device import describe, training_device
from facedenoise.training.loop import Learner, Plan, Progress, Training, TrainingData, Validate
from stages.resuming import checkpoints


def run_training(
    stage: str,
    learner: Learner,
    *,
    plan: Plan,
    data: TrainingData,
    validate: Validate,
    tracked: dict[str, Any],
    inputs: list[Path],
) -> Progress:
    """Train to the end, or go on from where this very training was stopped.

    Parameters
    ----------
    stage : str
        As in dvc.yaml.
    learner : Learner
        Freshly made.
    plan : Plan
        How long.
    data : TrainingData
        The training data.
    validate : callable
        Scores the network after each epoch.
    tracked : dict
        The params that decide the result.
    inputs : list of Path
        The files that do.
    """
    print(f"{stage} on {describe(training_device())}", flush=True)
    with checkpoints(stage, tracked, inputs) as saved:
        return Training(learner, data, validate, plan, saved, stage).run()


def write_history(path: Path, history: list[dict[str, float]], columns: list[str] | None = None) -> None:
    """Write one row an epoch; `columns` are needed where there may be none."""
    with replacing(path) as temporary:
        pd.DataFrame(history, columns=columns).to_csv(temporary, index=False, float_format="%.6g")
