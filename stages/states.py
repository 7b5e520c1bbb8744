"""Where unfinished work is kept, so that a killed stage goes on from there.

It is outside of the stage's outs, since DVC removes those before a run, and under DVC's main repository,
since the temporary checkouts of experiments vanish.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from facedenoise.errors import InputError
from facedenoise.files import sha256_of

KEPT = 21  # states: those of three full runs of the seven trainings of the default params
ROOT = Path(__file__).resolve().parents[1]


def state_folder(stage: str, settings: Sequence[dict[str, Any]], inputs: Iterable[Path]) -> Path:
    """Return the folder of exactly this work, and forget those of long ago.

    Settings, inputs and code decide the result, so that another work has another folder.
    """
    content = [settings, *(sha256_of(path) for path in [*inputs, *_loaded_code()])]
    fingerprint = sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    own = Path(os.environ.get("DVC_ROOT", ROOT)) / ".checkpoints" / f"{stage.replace('@', '-')}-{fingerprint}"
    forget_old(own)
    return own


@contextmanager
def finished_shards(stage: str, settings: Sequence[dict[str, Any]], inputs: Iterable[Path]) -> Iterator[Path]:
    """Yield the folder of the finished shards of exactly this work; remove it once all is done."""
    folder = state_folder(stage, settings, inputs)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with _lock(folder):
            yield folder
    except Timeout:
        raise InputError(f"{folder}: this very work is being done by another process; wait for it") from None
    shutil.rmtree(folder)


def forget_old(own: Path) -> None:
    """Remove the states that are older than the newest, except `own` and those in use."""
    own.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(own.parent / "lock"):  # of the experiments in a queue one at a time
        others = [folder for folder in own.parent.glob("*-*") if folder != own]
        by_age = sorted(others, key=lambda folder: folder.stat().st_mtime, reverse=True)
        for folder in by_age[KEPT - 1 :]:
            if not _in_use(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    try:
        with _lock(folder):
            return False
    except Timeout:
        return True


def _lock(folder: Path) -> FileLock:
    """Return what `facedenoise.training.checkpoints` holds as well."""
    return FileLock(folder / "lock", blocking=False)


def _loaded_code() -> list[Path]:
    """List the local modules that this process has imported."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    paths = {Path(file).resolve() for file in files if file}
    return sorted(path for path in paths if {ROOT / "src", ROOT / "stages"} & {*path.parents})
