"""The one launcher of trainings: resumable at any moment, each writes its history as it grows."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from facedenoise.files import replacing
from facedenoise.models.device import describe, training_device
from facedenoise.training.ahead import TrainingData
from facedenoise.training.checkpoints import Checkpoints
from facedenoise.training.distributed import is_first
from facedenoise.training.loop import Learner, Plan, Progress, Rows, Training, Validate
from facedenoise.training.processes import launch
from stages import run
from stages.states import state_folder


def run_training_stage(main: Callable[[], None]) -> None:
    """Run a stage in as many processes as the environment says; errors as for `run`."""
    run(partial(launch, main))


def train(
    stage: str,
    learner: Learner,
    batches: TrainingData,
    validate: Validate,
    plan: Plan,
    *,
    settings: list[Any],
    inputs: list[Path],
    history: Path,
) -> Progress:
    """Train to the end, or go on from where this very training was stopped; see `Training`.

    The sections of the params in `settings`, which are dataclasses, and the files `inputs` decide the result.
    """
    print(f"{stage} on {describe(training_device())}", flush=True)
    if not is_first():
        return Training(learner, batches, validate, plan, None, stage).run()
    with checkpoints(stage, [asdict(section) for section in settings], inputs) as saved:
        watch = partial(write_history, history)
        return Training(learner, batches, validate, plan, saved, stage, watch).run()


def write_history(path: Path, history: Rows, columns: list[str] | None = None) -> None:
    """Write one row per epoch; without any epoch, `columns` name the header."""
    with replacing(path) as temporary:
        table = pd.DataFrame(history, columns=columns)
        # DVC's plots would draw an empty cell as 0; they leave out `nan`.
        table.to_csv(temporary, index=False, float_format="%.6g", na_rep="nan")


def checkpoints(stage: str, settings: list[dict[str, Any]], inputs: Iterable[Path]) -> Checkpoints:
    """Return the checkpoints of exactly this training."""
    return Checkpoints(state_folder(stage, settings, inputs))
