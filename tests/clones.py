"""A copy of this checkout in which the real pipeline runs on a tiny drawn CSV."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
TASKS = tuple(yaml.safe_load((ROOT / "params.yaml").read_text())["tasks"])
TINY = [
    "sample.rows=80",
    "model.widths=[4,8]",
    "model.blocks=[1,1]",
    "gan.widths=[4,4,4]",
    "classifier.widths=[4,8]",
    "classifier.blocks=[1,1]",
    "classifier.epochs=1",
    *(f"tasks.{task}.{section}.epochs=1" for section in ("train", "gan") for task in TASKS),
]


class Clone:
    """A copy of this checkout in a git repository of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        # A `make` in a clone does not speak of folders, as it would below the `make` that runs the tests.
        outermost = {"MAKELEVEL": "0", "MAKEFLAGS": ""}
        self.environment = {**os.environ, **outermost, "PATH": path, "OMP_NUM_THREADS": "1"}

    def run(self, *command: str, status: int | None = 0) -> str:
        """Run a command; return what it printed; fail unless it ends with this status; None: any but 0."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        output = done.stdout + done.stderr
        as_expected = done.returncode == status if status is not None else done.returncode != 0
        assert as_expected, f"{' '.join(command)} ended with {done.returncode}:\n{output}"
        return output

    def repro(self, *arguments: str) -> set[str]:
        """Run `dvc repro`; return the stages that were run."""
        return self.ran(self.run("dvc", "repro", *arguments))

    @staticmethod
    def ran(output: str) -> set[str]:
        """Return the stages that DVC says it has run."""
        return set(re.findall(r"Running stage '(.+?)'", output))

    def params(self) -> dict[str, Any]:
        """Return the content of params.yaml."""
        content: dict[str, Any] = yaml.safe_load((self.folder / "params.yaml").read_text())
        return content

    def metrics(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return the content of reports/metrics.json."""
        content: dict[str, Any] = json.loads((self.folder / "reports/metrics.json").read_text())
        return content

    def write_params(self, content: dict[str, Any]) -> None:
        """Write params.yaml anew, in the order of the content."""
        (self.folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))

    def set(self, *changes: str) -> None:
        """Change params as `dvc exp run -S` does."""
        content = self.params()
        for change in changes:
            key, value = change.split("=")
            *path, last = key.split(".")
            section = content
            for part in path:
                section = section[part]
            section[last] = yaml.safe_load(value)
        self.write_params(content)

    def restore(self) -> None:
        """Go back to the last commit, outs included."""
        # HEAD, not the index: DVC stages what it writes.
        self.run("git", "checkout", "HEAD", "--", ".")
        self.run("dvc", "checkout", "--force")

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.run("git", "add", "-A")
        self.run("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", message)


def make_clone(folder: Path) -> Clone:
    """Copy what git tracks or would track, with tiny params, into a git repository of its own."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / "dvc.lock").unlink(missing_ok=True)
    clone = Clone(folder)
    clone.run("git", "init", "-q")
    clone.set(*TINY)
    return clone
