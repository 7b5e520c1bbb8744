"""Finished runs of the pipeline by git revision or DVC experiment, as dvc.lock and the reports have them.

Nothing is run or checked out: DVC reads from git and from its cache.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from dvc.repo import Repo

from facedenoise.errors import InputError
from stages.paths import METRICS, eval_file, noisy_file, split_file

LOCK = Path("dvc.lock")
WORKSPACE = "workspace"
SEEDS = ("train.seed", "gan.seed")
SCORING = ("untrained", "train", "gan", "classifier", "evaluate")
"""The stages that decide the scores for given faces and noise."""


@dataclass(frozen=True)
class Run:
    """What a run was made of, and its headline.

    Attributes
    ----------
    name : str
        A git revision or an experiment, or the workspace.
    files : DVCFileSystem
        The files of git and DVC as they were there.
    stages : mapping of str to mapping
        The stages of its dvc.lock.
    headline : mapping of str to mapping
        Its reports/metrics.json.
    """

    name: str
    files: DVCFileSystem
    stages: Mapping[str, Any]
    headline: Mapping[str, Any]

    @property
    def tasks(self) -> list[str]:
        """The tasks that it has scored."""
        return [task for task in self.headline if f"evaluate@{task}" in self.stages]

    @cached_property
    def seeds(self) -> dict[str, int]:
        """The seeds of its trainings, by their keys in params.yaml."""
        return {key: value for (_, key), value in self._settings.items() if key in SEEDS}

    @cached_property
    def recipe(self) -> dict[tuple[str, str], Any]:
        """Everything but the seeds that decides its scores: other params, hashes of code, faces and noise.

        Of networks only the names, which say where a chain starts: the seeds decide their bytes.
        """
        inputs = {
            (stage, item["path"]): None if item["path"].startswith("models/") else item["md5"]
            for stage, entry in self._scoring
            for item in entry.get("deps", ())
        }
        return inputs | {at: value for at, value in self._settings.items() if at[1] not in SEEDS}

    def faces(self, task: str) -> dict[str, str]:
        """Return the hashes of the test faces: `clean`, and `noisy` with the noise of a task."""
        hashes = {item["path"]: item["md5"] for item in self.stages[f"evaluate@{task}"]["deps"]}
        files = {"clean": split_file("test"), "noisy": noisy_file(task, "test")}
        return {name: hashes[file.as_posix()] for name, file in files.items()}

    @cached_property
    def face_scores(self) -> dict[str, pd.DataFrame]:
        """The scores of each test face by task, as `score_table` made them, of those that DVC has at hand."""
        tables = {}
        for task in self.tasks:
            with suppress(FileNotFoundError):
                tables[task] = pd.read_csv(StringIO(_text(self.files, eval_file(task, "csv"))))
        return tables

    @cached_property
    def _settings(self) -> dict[tuple[str, str], Any]:
        return {
            (stage, key): value
            for stage, entry in self._scoring
            for section in entry.get("params", {}).values()  # one a file
            for key, value in _flat(section)
        }

    @property
    def _scoring(self) -> list[tuple[str, Any]]:
        return [(name, entry) for name, entry in self.stages.items() if name.partition("@")[0] in SCORING]


def _flat(section: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a section and of its subsections, by their keys."""
    for name, value in section.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def read_run(name: str, revision: str | None = None) -> Run:
    """Read the run of a git revision or an experiment, or the workspace's.

    Parameters
    ----------
    name : str
        Its name in git or DVC, or `workspace`.
    revision : str, optional
        The commit, if several experiments may have this name.

    Raises
    ------
    InputError
        If there is no run of that name, or the pipeline has not finished there.
    """
    files = DVCFileSystem(rev=None if name == WORKSPACE else revision or name)
    try:
        stages, headline = (_text(files, file) for file in (LOCK, METRICS))
    except FileNotFoundError as error:
        raise InputError(f"{name}: has no {error.filename or error}; run `dvc repro` there") from None
    except DvcException:
        raise InputError(f"{name}: neither a git revision nor an experiment; see `dvc exp list -A`") from None
    return Run(name, files, yaml.safe_load(stages)["stages"], json.loads(headline))


def experiments() -> Iterator[Run]:
    """Read all experiments that have finished, whatever commit they started from, by name."""
    with Repo() as repo:
        by_commit = repo.experiments.ls(all_commits=True)
    for name, revision in sorted(pair for pairs in by_commit.values() for pair in pairs):
        with suppress(InputError):
            yield read_run(name, revision)


def replicates(run: Run, others: Iterable[Run]) -> list[Run]:
    """Return the runs that differ from a run in their seeds alone, one for each other `train.seed`.

    `train.seed` changes the U-Nets, and the GANs, which start from them. `gan.seed` alone changes no U-Net.
    """
    found = {run.seeds.get("train.seed"): run}
    for other in others:
        if other.recipe == run.recipe:
            found.setdefault(other.seeds.get("train.seed"), other)
    return list(found.values())[1:]


def _text(files: DVCFileSystem, path: Path) -> str:
    text: str = files.read_text(path.as_posix(), encoding="utf-8")
    return text
