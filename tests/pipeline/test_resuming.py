"""Which state a training finds: its own, and no other's."""

import os
from pathlib import Path

import pytest

from facedenoise.training.checkpoints import Checkpoints
from stages import states
from stages.training import checkpoints


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.write_bytes(b"pixels")
    return path


def test_only_the_same_stage_params_inputs_and_code_find_the_same_folder(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def folder(stage: str = "train@a", lr: int = 1) -> Path:
        return checkpoints(stage, [{"lr": lr}], [data]).folder

    own = folder()
    assert folder() == own
    others = [folder(stage="train@b"), folder(lr=2)]
    data.write_bytes(b"other pixels")
    others.append(folder())
    monkeypatch.setattr(states, "_loaded_code", lambda: [data])
    others.append(folder())
    assert len({own, *others}) == 5


def test_the_code_is_the_local_modules_that_are_loaded() -> None:
    names = {path.name for path in states._loaded_code()}
    assert {"checkpoints.py", "training.py", "states.py"} <= names
    assert not {"test_resuming.py", "pytest.py", "_tensor.py"} & names


def test_the_oldest_are_forgotten_but_neither_the_own_nor_one_in_use(
    data: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "KEPT", 3)
    own = checkpoints("train@own", [], [data]).folder
    folders = [own] + [root / ".checkpoints" / f"train-{number}" for number in range(5)]
    for age, folder in enumerate(folders):
        folder.mkdir(parents=True)
        os.utime(folder, (age, age))
    with Checkpoints(folders[1]):
        os.utime(folders[1], (1, 1))
        checkpoints("train@own", [], [data])
    left = {folder.name for folder in folders if folder.exists()}
    assert left == {own.name, "train-0", "train-3", "train-4"}
