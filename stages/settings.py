"""params.yaml, read and checked; `python -m stages.settings` does only that."""

import sys
from functools import partial
from hashlib import file_digest, md5
from pathlib import Path

import yaml

from facedenoise.errors import InputError
from facedenoise.params import Params, parse_params
from stages import run
from stages.paths import SAMPLE

PARAMS, LOCK = Path("params.yaml"), Path("dvc.lock")


def load_params() -> Params:
    """Read params.yaml of the working directory; InputError names each key that is wrong."""
    try:
        content = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{PARAMS}: no such file; run this from the root of the checkout") from None
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise InputError(f"{PARAMS}: not valid YAML: {problem}") from None
    return parse_params(content, str(PARAMS))


def load_task() -> tuple[Params, str]:
    """Read params.yaml; return it with the task that the command line names, which must be in it."""
    params = load_params()
    named = sys.argv[1] if len(sys.argv) > 1 else ""
    if named not in params.tasks:
        raise InputError(f"unknown task {named!r}; choose one of {', '.join(params.tasks)}")
    return params, named


def check() -> None:
    """Stop with one clear line if a param is wrong or the faces are missing."""
    data = load_params().data
    for key, name in (("source", data.source), ("labels", data.labels)):
        if name and Path(name) != SAMPLE and not Path(name).exists():
            raise InputError(f"{PARAMS}: data.{key}: nothing at {name}; put it there or `dvc pull` it")
    if SAMPLE.is_file() and LOCK.is_file() and _md5(SAMPLE) not in LOCK.read_text(encoding="utf-8"):
        what = f"{SAMPLE} is not the file of {LOCK}, and drawn faces will replace it"
        print(f"warning: {what}; if it is yours, move it and name it in data.source", file=sys.stderr)


def _md5(path: Path) -> str:
    """Return the hash by which DVC knows a file."""
    with path.open("rb") as file:
        return file_digest(file, partial(md5, usedforsecurity=False)).hexdigest()


if __name__ == "__main__":
    run(check)
