"""Run all stages in order, without DVC and git: `python -m stages.plain`, or `make run-plain`.

The stages are those of dvc.yaml. Each runs, whatever has run before; only a training that has finished or was
stopped continues where it was.
"""

import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import yaml

from facedenoise.errors import InputError
from facedenoise.params import Params
from stages import run
from stages.settings import load_params

PIPELINE = Path("dvc.yaml")


def main() -> None:
    """Run the commands one by one; stop at the first that fails."""
    steps = list(commands(load_params()))
    for number, step in enumerate(steps, 1):
        print(f"[{number}/{len(steps)}] {step}", flush=True)
        if subprocess.run([sys.executable, *step.split()[1:]], check=False).returncode:
            raise InputError(f"`{step}` has failed; what it says is above")


def commands(params: Params) -> Iterator[str]:
    """Yield the commands of dvc.yaml in its order; a stage with tasks has a command for each of the chain."""
    for stage in yaml.safe_load(PIPELINE.read_text(encoding="utf-8"))["stages"].values():
        if "foreach" in stage:
            yield from (stage["do"]["cmd"].replace("${key}", task) for task in chain(params))
        else:
            yield stage["cmd"]


def chain(params: Params) -> list[str]:
    """Return the tasks, each after the task whose networks it starts from."""
    after = {name: {task.after} & set(params.tasks) for name, task in params.tasks.items()}
    return list(TopologicalSorter(after).static_order())


if __name__ == "__main__":
    run(main)
