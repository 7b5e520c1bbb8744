"""Another clone, run stage by stage with another hash seed: the same bytes for every out."""

import sys
from hashlib import md5
from pathlib import Path

import pandas as pd
import pytest
import yaml
from clones import TASKS, Clone, make_clone

pytestmark = pytest.mark.slow
TOLERANCE_DB = 0.05

ORDER = (
    ("sample",),
    ("split",),
    ("kinds",),
    ("untrained",),
    *(("noise", task) for task in reversed(TASKS)),
    *((stage, task) for task in TASKS for stage in ("train", "gan")),
    ("classifier",),
    *((stage, task) for task in reversed(TASKS) for stage in ("evaluate", "picture")),
    ("compare",),
    ("report",),
)


def recorded_hashes(clone: Clone) -> dict[str, str]:
    stages = yaml.safe_load((clone.folder / "dvc.lock").read_text())["stages"]
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage["outs"]}


def test_every_out_has_the_same_bytes_in_another_clone(clone: Clone, tmp_path: Path) -> None:
    other = make_clone(tmp_path)
    other.environment["PYTHONHASHSEED"] = "7"
    for stage, *task in ORDER:
        other.run(sys.executable, "-m", f"stages.{stage}", *task)
    expected = recorded_hashes(clone)
    assert len(expected) > 30
    made = {path: md5((tmp_path / path).read_bytes(), usedforsecurity=False).hexdigest() for path in expected}
    assert made == expected


def test_another_cpu_and_another_number_of_threads_change_the_scores_by_little(
    clone: Clone, tmp_path: Path
) -> None:
    other = make_clone(tmp_path)
    instruction_set = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "AVX2"}
    other.environment |= {"OMP_NUM_THREADS": "2", **instruction_set}
    wanted = {"sample", "split", "untrained", "noise", "train", "gan"}
    for stage, *task in ORDER:
        if stage in wanted and task in ([], ["low_gaussian"]):
            other.run(sys.executable, "-m", f"stages.{stage}", *task)
    for model in ("unet", "gan"):
        history = f"reports/history/low_gaussian/{model}.csv"
        here, there = (pd.read_csv(folder / history) for folder in (clone.folder, tmp_path))
        assert abs(here["val_psnr"] - there["val_psnr"]).max() < TOLERANCE_DB
