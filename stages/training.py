"""What all training stages share: the run, resumable at any moment, and its history, written as it grows."""

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from facedenoise.files import replacing
from facedenoise.training.device import describe, training_device
from facedenoise.training.distributed import is_first
from facedenoise.training.loop import Learner, Plan, Progress, Rows, Training, TrainingData, Validate
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
    history: Path,
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
    history : Path
        Where the history is written, anew after each epoch and every few seconds within one.
    """
    print(f"{stage} on {describe(training_device())}", flush=True)
    if not is_first():
        return Training(learner, data, validate, plan, None, stage).run()
    with checkpoints(stage, tracked, inputs) as saved:
        watch = partial(write_history, history)
        return Training(learner, data, validate, plan, saved, stage, watch).run()


def write_history(path: Path, history: Rows, columns: list[str] | None = None) -> None:
    """Write one row an epoch; `columns` are needed where there is none."""
    with replacing(path) as temporary:
        table = pd.DataFrame(history, columns=columns)
        # DVC's plots would draw an empty cell as 0; they leave out `nan`.
        table.to_csv(temporary, index=False, float_format="%.6g", na_rep="nan")
