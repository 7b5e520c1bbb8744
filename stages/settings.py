"""params.yaml, read and checked; `python -m stages.settings` does only that."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from facedenoise.errors import InputError
from facedenoise.params import TASKS, Gan, Noise, Params, Task, Train, parse_params
from stages import run
from stages.paths import SAMPLE

PARAMS = Path("params.yaml")


def load_params() -> Params:
    """Read params.yaml of the working directory.

    Raises
    ------
    InputError
        If it is missing, no YAML, or anything in it is wrong; names each key.
    """
    try:
        content = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{PARAMS}: no such file; run this from the root of the checkout") from None
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise InputError(f"{PARAMS}: not valid YAML: {problem}") from None
    return parse_params(content, str(PARAMS))


def task_argument() -> Task:
    """Give the task that the command line names.

    Raises
    ------
    InputError
        If it names none, or one that does not exist.
    """
    named = sys.argv[1] if len(sys.argv) > 1 else ""
    for task in TASKS:
        if task == named:
            return task
    raise InputError(f"unknown task {named!r}; choose one of {', '.join(TASKS)}")


def previous_task(task: Task) -> Task | None:
    """Give the task before this one in the chain; None for the first."""
    index = TASKS.index(task)
    return TASKS[index - 1] if index else None


def of_task(section: Noise | Train | Gan, task: Task) -> dict[str, Any]:
    """Give the params of a section that concern a task: the common ones and its own."""
    others = set(TASKS) - {task}
    return {name: value for name, value in asdict(section).items() if name not in others}


def check() -> None:
    """Stop with one clear line if a param is wrong or the CSV is missing."""
    params = load_params()
    if Path(params.data.csv) != SAMPLE and not Path(params.data.csv).exists():
        raise InputError(f"{PARAMS}: data.csv: no file {params.data.csv}; put it there or `dvc pull` it")


if __name__ == "__main__":
    run(check)
