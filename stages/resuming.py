"""Where a training's resumable state lies: one folder per stage, params, inputs and code."""

import json
import os
import shutil
import sys
from collections.abc import Iterable
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from filelock import FileLock

from facedenoise.training.checkpoints import Checkpoints

KEPT = 21  # folders: three full runs of the seven trainings
ROOT = Path(__file__).resolve().parents[1]


def checkpoints(stage: str, params: dict[str, Any], inputs: Iterable[Path]) -> Checkpoints:
    """Give the checkpoints of exactly this training, and forget those of long ago.

    They lie outside the stage's outs, since DVC removes those before a run, and under DVC's main
    repository, since the temporary checkouts of experiments vanish.

    Parameters
    ----------
    stage : str
        As in dvc.yaml.
    params : dict
        All that the training depends on.
    inputs : iterable of Path
        The files that it reads.
    """
    content = [params, *(_digest(path) for path in [*inputs, *_loaded_code()])]
    fingerprint = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    own = Path(os.environ.get("DVC_ROOT", ROOT)) / ".checkpoints" / f"{stage.replace('@', '-')}-{fingerprint}"
    forget_old(own)
    return Checkpoints(own)


def forget_old(own: Path) -> None:
    """Remove the trainings' states that are older than the newest, but for `own` and those in use."""
    own.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(own.parent / "lock"):  # of the experiments in a queue one at a time
        others = [folder for folder in own.parent.glob("*-*") if folder != own]
        by_age = sorted(others, key=lambda folder: folder.stat().st_mtime, reverse=True)
        for folder in by_age[KEPT - 1 :]:
            if not Checkpoints(folder).in_use():
                shutil.rmtree(folder, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _loaded_code() -> list[Path]:
    """List the local modules that this process has imported."""
    folders = (ROOT / "src", ROOT / "stages")
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    paths = {Path(file).resolve() for file in files if file}
    return sorted(path for path in paths if any(path.is_relative_to(folder) for folder in folders))
