"""Remove the files of tasks that are no longer in params.yaml.

`compare` and `report` depend on folders with files of all tasks. When a stage is gone, DVC leaves its outputs
and its entry in dvc.lock. Such outputs would change the hash of these folders, though not the results.
"""

import os
from collections.abc import Iterable, Iterator
from hashlib import file_digest
from pathlib import Path

import yaml

from facedenoise.errors import InputError
from facedenoise.models import UNTRAINED
from stages.paths import EVAL, FIGURES, HISTORY, MODELS_FOLDER, NOISY, SHOWN

LOCK = Path("dvc.lock")
OF_A_TASK = {  # the files in a task's folder, and the files with its name
    MODELS_FOLDER: "*/*.safetensors",
    NOISY: "*/*.safetensors",
    HISTORY: "*/*.csv",
    EVAL: "*.*",
    SHOWN: "*.safetensors",
    FIGURES: "*.png",
}
OF_NO_TASK = {UNTRAINED, "samples", "noise"}


def remove_leftovers(tasks: Iterable[str]) -> None:
    """Remove the outputs and the locked stages of all other tasks, if DVC runs this stage.

    InputError if DVC's cache has no copy of such an output; then the output stays.
    """
    if "DVC_STAGE" not in os.environ:
        return
    for path in list(leftovers({*tasks, *OF_NO_TASK})):
        if not is_cached(path):
            raise InputError(f"{path}: no task of params.yaml, and DVC's cache has no copy; move it away")
        print(f"removed {path}: its task is not in params.yaml")
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    forget_stages(set(tasks))


def leftovers(known: set[str]) -> Iterator[Path]:
    """Yield the outputs that belong to no known task."""
    for folder, pattern in OF_A_TASK.items():
        for path in sorted(folder.glob(pattern)):
            task = path.relative_to(folder).parts[0].partition(".")[0]
            if task and task not in known:
                yield path


def is_cached(path: Path) -> bool:
    """Return whether DVC's cache holds a file."""
    from dvc.repo import Repo  # noqa: PLC0415 - takes a second, and is rarely needed

    with path.open("rb") as file, Repo() as repo:
        digest = file_digest(file, "md5").hexdigest()
        return Path(repo.cache.local.path, digest[:2], digest[2:]).is_file()


def forget_stages(tasks: set[str]) -> None:
    """Take the stages of other tasks out of dvc.lock, which DVC reads anew before it writes."""
    stages = yaml.safe_load(LOCK.read_text(encoding="utf-8"))["stages"] if LOCK.is_file() else {}
    gone = [name for name in stages if "@" in name and name.partition("@")[2] not in tasks]
    if gone:
        from dvc.utils.serialize import modify_yaml  # noqa: PLC0415 - as above

        with modify_yaml(str(LOCK)) as lock:
            for name in gone:
                del lock["stages"][name]
