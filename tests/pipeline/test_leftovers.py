"""What is removed of tasks that are no longer in params.yaml."""

from pathlib import Path

import pytest

from facedenoise.errors import InputError
from stages import leftovers
from stages.leftovers import remove_leftovers

OUTS_OF_A_TASK = (
    "models/{}/unet.safetensors",
    "models/{}/discriminator.safetensors",
    "data/noisy/{}/test.safetensors",
    "reports/history/{}/unet.csv",
    "reports/eval/{}.csv",
    "reports/eval/{}.json",
    "reports/shown/{}.safetensors",
    "reports/figures/{}.png",
)
OF_NO_TASK = [
    "models/classifier.safetensors",
    "models/untrained/unet.safetensors",
    "reports/history/classifier.csv",
    "reports/figures/samples.png",
    "reports/figures/noise.png",
    "reports/eval/.gitignore",
    "models/gone/my_notes.txt",
]


def outs(task: str) -> list[str]:
    return [out.format(task) for out in OUTS_OF_A_TASK]


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go to a folder with the outs of two tasks, in which DVC runs a stage; its cache holds everything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_STAGE", "compare")
    monkeypatch.setattr(leftovers, "is_cached", lambda path: True)
    for name in (*outs("kept"), *outs("gone"), *OF_NO_TASK):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def files() -> set[str]:
    return {str(path) for path in Path().rglob("*") if path.is_file()}


def test_only_outs_of_tasks_that_are_gone_are_removed(capsys: pytest.CaptureFixture[str]) -> None:
    remove_leftovers(["kept"])
    assert files() == {*outs("kept"), *OF_NO_TASK}
    assert not Path("data/noisy/gone").exists()
    printed = capsys.readouterr().out.splitlines()
    assert sorted(printed) == sorted(f"removed {out}: its task is not in params.yaml" for out in outs("gone"))


def test_outside_dvc_nothing_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_STAGE")
    before = files()
    remove_leftovers(["kept"])
    assert files() == before


def test_a_file_of_which_dvc_has_no_copy_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "is_cached", lambda path: "gan" in path.name)
    before = files()
    words = r"^models/gone/discriminator\.safetensors: no task of params\.yaml, and DVC's cache has no copy"
    with pytest.raises(InputError, match=words):
        remove_leftovers(["kept"])
    assert files() == before
