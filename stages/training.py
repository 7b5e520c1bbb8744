"""The one launcher of trainings: resumable at any moment, each writes its history as it grows."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock

from facedenoise.files import replacing, sha256_of
from facedenoise.models.device import describe, training_device
from facedenoise.training.ahead import TrainingData
from facedenoise.training.checkpoints import Checkpoints
from facedenoise.training.distributed import is_first
from facedenoise.training.loop import Learner, Plan, Progress, Rows, Training, Validate
from facedenoise.training.processes import launch
from stages import run

KEPT = 21  # states of trainings: three full runs of the seven trainings of the default params
ROOT = Path(__file__).resolve().parents[1]


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
    """Return the checkpoints of exactly this training, and forget those of long ago.

    They are outside the stage's outs, since DVC removes those before a run, and under DVC's main
    repository, since the temporary checkouts of experiments vanish.
    """
    content = [settings, *(sha256_of(path) for path in [*inputs, *_loaded_code()])]
    fingerprint = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    own = Path(os.environ.get("DVC_ROOT", ROOT)) / ".checkpoints" / f"{stage.replace('@', '-')}-{fingerprint}"
    forget_old(own)
    return Checkpoints(own)


def forget_old(own: Path) -> None:
    """Remove the trainings' states that are older than the newest, except `own` and those in use."""
    own.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(own.parent / "lock"):  # of the experiments in a queue one at a time
        others = [folder for folder in own.parent.glob("*-*") if folder != own]
        by_age = sorted(others, key=lambda folder: folder.stat().st_mtime, reverse=True)
        for folder in by_age[KEPT - 1 :]:
            if not Checkpoints(folder).in_use():
                shutil.rmtree(folder, ignore_errors=True)


def _loaded_code() -> list[Path]:
    """List the local modules that this process has imported."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    paths = {Path(file).resolve() for file in files if file}
    return sorted(path for path in paths if {ROOT / "src", ROOT / "stages"} & {*path.parents})
