"""Tasks as entries: one more, one less, another order, another kind of noise; each reruns its own alone."""

import sys
from collections.abc import Iterator

import pandas as pd
import pytest
from clones import TASKS, Clone

pytestmark = pytest.mark.slow

OF_A_TASK = ("noise", "train", "gan", "evaluate", "picture")
COLLECTING = {"kinds", "compare", "report"}
DIM = (
    "+tasks.dim={title: Dim light, noise: {kind: poisson, peak: 30}, after: low_gaussian, "
    "train: {epochs: 1, lr: 0.001}, gan: {epochs: 1, lr: 0.0001}}"
)
NEW_KIND = '''"""Quantisation: few grey levels."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic.dataclasses import dataclass

from facedenoise.noise import Noise
from facedenoise.ranges import STRICT, Count


@dataclass(frozen=True, config=STRICT)
class FewLevels(Noise):
    """So many grey levels beside black."""

    levels: Count
    kind: Literal["few_levels"] = "few_levels"

    def corrupt(self, image: NDArray[np.uint8], generator: np.random.Generator) -> NDArray[np.uint8]:
        """Round, after a dither."""
        dithered = image / 255 * self.levels + generator.random(image.shape) - 0.5
        return (np.rint(dithered).clip(0, self.levels) * 255 // self.levels).astype(np.uint8)

    @property
    def description(self) -> str:
        """Words for readers."""
        return f"{self.levels} grey levels beside black"
'''


@pytest.fixture
def changed(clone: Clone) -> Iterator[Clone]:
    """Yield the clone of all tests, to be changed, and put it right again."""
    yield clone
    clone.restore()
    clone.run("git", "clean", "-fdq", "src")


def stages_of(*tasks: str) -> set[str]:
    return {f"{stage}@{task}" for stage in OF_A_TASK for task in tasks}


def experiment(clone: Clone, *arguments: str) -> set[str]:
    """Run an experiment; return the stages that were run."""
    return clone.ran(clone.run("dvc", "exp", "run", *arguments))


def test_an_added_task_runs_its_own_stages_is_everywhere_and_leaves_no_trace(changed: Clone) -> None:
    lock, metrics = (changed.folder / "dvc.lock").read_text(), changed.metrics()
    assert experiment(changed, "-S", DIM) == stages_of("dim") | COLLECTING
    assert list(changed.metrics()) == [*TASKS, "dim", "clean"]
    for report in ("index.html", "model_card.md"):
        assert "Dim light" in (changed.folder / "reports" / report).read_text()
    assert (changed.folder / "reports/figures/dim.png").is_file()
    plots = changed.run("dvc", "plots", "show", "--json")
    assert "reports/figures/dim.png" in plots
    assert "reports/history/dim/unet.csv" in plots
    info = "import sys; sys.path.append('src'); from facedenoise.cli.main import main; main(['info'])"
    assert "dim" in changed.run(sys.executable, "-c", info)

    changed.run("git", "checkout", "HEAD", "--", "params.yaml")
    assert changed.repro() == {"kinds", "compare"}, (
        "the run-cache should have brought the earlier report back"
    )
    assert (changed.folder / "dvc.lock").read_text() == lock
    assert changed.metrics() == metrics
    hidden = {".checkpoints", ".dvc", ".git", "dvc_plots"}
    assert [path for path in changed.folder.rglob("*dim*") if not hidden & set(path.parts)] == []


def test_leftovers_change_no_hash_and_no_result(changed: Clone) -> None:
    experiment(changed, "-S", DIM)
    changed.run("git", "checkout", "HEAD", "--", ".")  # params and lock of before; the files of `dim` stay
    assert (changed.folder / "models/dim/unet.safetensors").is_file()
    assert changed.repro() <= COLLECTING
    assert changed.run("git", "status", "--short", "--untracked-files=no") == ""
    assert not (changed.folder / "models/dim").exists()


def test_a_file_that_only_the_user_has_is_not_removed(changed: Clone) -> None:
    own = changed.folder / "models/mine/unet.safetensors"
    own.parent.mkdir()
    own.write_bytes(b"mine")
    assert "models/mine/unet.safetensors: no task of params.yaml" in changed.run("dvc", "repro", status=255)
    assert own.read_bytes() == b"mine"
    own.unlink()
    own.parent.rmdir()


def test_another_after_reroots_the_chain(changed: Clone) -> None:
    ran = experiment(changed, "-S", "tasks.high_gaussian.after=untrained")
    later = stages_of("high_gaussian", "salt_pepper") - {"noise@high_gaussian", "noise@salt_pepper"}
    assert ran == later | COLLECTING


def test_a_single_task_is_a_pipeline(changed: Clone) -> None:
    entry = changed.params()["tasks"]["salt_pepper"] | {"after": "untrained"}
    changed.write_params({**changed.params(), "tasks": {"alone": entry}})
    assert changed.repro() == stages_of("alone") | COLLECTING
    assert list(changed.metrics()) == ["alone", "clean"]


def test_a_kind_of_noise_is_one_file_and_an_entry(changed: Clone) -> None:
    (changed.folder / "src/facedenoise/noise/few_levels.py").write_text(NEW_KIND)
    assert changed.repro() == {"kinds"}, "no task has the new kind"
    entry = DIM.replace("kind: poisson, peak: 30", "kind: few_levels, levels: 4")
    assert experiment(changed, "-S", entry) == stages_of("dim") | COLLECTING
    assert "4 grey levels beside black" in (changed.folder / "reports/model_card.md").read_text()


def test_another_code_of_a_kind_reruns_the_tasks_that_have_it_in_a_mixture_too(changed: Clone) -> None:
    parts = "[{kind: speckle, std: [0.1, 0.2]}, {kind: salt_pepper, factor: 0.1}]"
    experiment(changed, "-S", DIM.replace("kind: poisson, peak: 30", f"kind: sequence, of: {parts}"))
    with (changed.folder / "src/facedenoise/noise/salt_pepper.py").open("a") as file:
        file.write("# a comment\n")
    assert changed.repro("kinds") == {"kinds"}
    stale = {
        f"{stage}@{task}"
        for stage in ("noise", "train", "gan", "evaluate")
        for task in ("dim", "salt_pepper")
    }
    assert changed.repro("--dry") == stale | {"compare"}


def test_another_noise_reruns_only_its_task_and_those_after_it(changed: Clone) -> None:
    before = changed.metrics()
    changed.set("tasks.salt_pepper.noise.factor=0.2")
    assert changed.repro() == stages_of("salt_pepper") | COLLECTING
    after = changed.metrics()
    assert after["low_gaussian"] == before["low_gaussian"]
    assert after["salt_pepper"]["noisy"]["psnr"] < before["salt_pepper"]["noisy"]["psnr"] - 2
    assert "tasks.salt_pepper.noise.factor" in changed.run("dvc", "params", "diff")
    assert "salt_pepper.noisy.psnr" in changed.run("dvc", "metrics", "diff")
    changed.set("tasks.salt_pepper.noise.factor=0.1")
    assert changed.repro() == {"kinds"}, "the run-cache should have brought the earlier outs back"


def test_an_experiment_with_a_rate_written_as_1e_05(changed: Clone) -> None:
    experiment(changed, "-n", "slow", "-S", "tasks.salt_pepper.train.lr=0.00001")
    assert "1e-05" in (changed.folder / "params.yaml").read_text()
    history = pd.read_csv(changed.folder / "reports/history/salt_pepper/unet.csv")
    assert history["lr"].max() <= 1e-05
    assert "slow" in changed.run("dvc", "exp", "show", "--no-pager", "--csv")


def test_an_edit_of_a_room_reruns_what_stands_on_it(changed: Clone) -> None:
    def touched(module: str) -> set[str]:
        file = changed.folder / "src/facedenoise" / module
        text = file.read_text()
        file.write_text(text + "# a comment\n")
        ran = changed.repro("--dry")
        file.write_text(text)
        return {name.partition("@")[0] for name in ran}

    (changed.folder / "src/facedenoise/faces/.cache").write_text("of an editor")
    assert touched("params.py") == touched("errors.py") == touched("cli/main.py") == set()
    assert touched("report/page.py") == {"picture", "report"}
    assert touched("evaluation/classical.py") == {"evaluate", "compare", "picture", "report"}
    assert touched("classifier/network.py") == {"classifier", "evaluate"}
    assert touched("noise/salt_pepper.py") == {"kinds"}
