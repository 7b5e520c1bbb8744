"""The recipes of docs/experiments.md, run as they stand there, top to bottom, in one copy of the clone."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml
from browser import opened_browser, show
from clones import Clone
from documents import ROOT, blocks, commands

from facedenoise.data.faces import draw_faces
from facedenoise.data.fer_writer import interleaved_usage, write_fer_csv
from facedenoise.data.tensors import read_tensors
from facedenoise.noise import corrupt
from facedenoise.params import TASKS, SaltPepperNoise

PAGE = "docs/experiments.md"
OWN_CSV = "data/raw/fer2013.csv"
QUEUE_SECONDS = 900
FIGURES = ("samples", "noise", *TASKS, "training")

pytestmark = pytest.mark.timeout(1800)  # the first test waits for seven runs of the tiny pipeline


@dataclass(frozen=True)
class Session:
    """A clone in which the page's commands have been run, and what each of them printed."""

    clone: Clone
    printed: dict[str, str]

    def output(self, beginning: str) -> str:
        """Give what the one command that begins so has printed."""
        [output] = [text for command, text in self.printed.items() if command.startswith(beginning)]
        return output

    def table(self) -> dict[str, dict[str, str]]:
        """Give the recommended table: for each experiment, the cell of each column."""
        header, *rows = (line.split() for line in self.output("dvc exp show").splitlines())
        return {row[0]: dict(zip(header, row, strict=True)) for row in rows}

    def params(self, revision: str) -> Any:
        return yaml.safe_load(self.clone.run("git", "show", f"{revision}:params.yaml"))

    def metrics(self, revision: str) -> Any:
        return json.loads(self.clone.run("git", "show", f"{revision}:reports/metrics.json"))


def commands_of_page() -> list[str]:
    headings = re.findall(r"^## (.+)$", (ROOT / PAGE).read_text(), re.MULTILINE)
    found = [block for heading in headings for block in blocks(PAGE, heading, "bash")]
    return [command for block in found for command in commands(block.replace("\\\n", ""))]


def copy_of(clone: Clone, folder: Path) -> Clone:
    shutil.copytree(clone.folder, folder, symlinks=True)
    copy = Clone(folder)
    copy.run("git", "config", "user.name", "t")
    copy.run("git", "config", "user.email", "t@t")
    return copy


def wait_for_queue(clone: Clone) -> None:
    """Wait until no queued experiment is left, and see that all have succeeded."""
    end = time.monotonic() + QUEUE_SECONDS
    while re.search("Queued|Running", status := clone.run("dvc", "queue", "status")):
        assert time.monotonic() < end, status
        time.sleep(1)
    assert re.findall("Success|Failed", status) == ["Success", "Success"], status


def end_workers(clone: Clone) -> None:
    """Kill what the queue has left running."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == clone.folder:
                os.kill(int(process.name), signal.SIGKILL)


@pytest.fixture(scope="module")
def session(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    copy = copy_of(clone, tmp_path_factory.mktemp("session") / "copy")
    images, emotion = draw_faces(40, seed=1)
    write_fer_csv(copy.folder / OWN_CSV, images, emotion, interleaved_usage(len(images)))
    printed = {}
    for command in commands_of_page():
        if "dvc queue start" in command:
            # Not into a pipe: its workers hold it open, and sometimes outlive the queue.
            copy.run("bash", "-c", f"{command.partition('#')[0]} > queue.txt 2>&1")
            wait_for_queue(copy)
            end_workers(copy)
            (copy.folder / "queue.txt").unlink()
        else:
            printed[command] = copy.run("bash", "-o", "pipefail", "-c", command)
    yield Session(copy, printed)
    shutil.rmtree(copy.folder, ignore_errors=True)


def test_the_first_version_is_the_run_on_own_faces_which_git_does_not_hold(session: Session) -> None:
    assert session.params("v1")["data"]["csv"] == OWN_CSV
    tracked = session.clone.run("git", "ls-files").splitlines()
    assert f"{OWN_CSV}.dvc" in tracked
    assert OWN_CSV not in tracked


def test_the_table_holds_every_experiment_and_what_it_changed(session: Session) -> None:
    params = session.params("v1")
    weight, rate = params["gan"]["weight"], params["train"]["low_gaussian"]["lr"]
    changed = {
        name: (float(row["gan.weight"]), float(row["train.low.lr"])) for name, row in session.table().items()
    }
    assert changed == {
        "HEAD": (weight, rate),
        "weight": (0.2, rate),
        "plain": (0, rate),
        "lr-1": (weight, 0.001),
        "lr-2": (weight, 0.0005),
    }


def test_the_table_holds_the_psnr_of_both_networks_in_120_characters(session: Session) -> None:
    head, metrics = session.table()["HEAD"], session.metrics("v1")
    for task in TASKS:
        for model in ("unet", "gan"):
            short = f"{task.partition('_')[0]}.{model}"
            assert float(head[short]) == metrics[task][model]["psnr"]
    assert max(len(line) for line in session.output("dvc exp show").splitlines()) <= 120


def test_the_table_has_the_columns_that_the_page_shows(session: Session) -> None:
    header = session.output("dvc exp show").splitlines()[0]
    assert header.split() in [line.split() for line in (ROOT / PAGE).read_text().splitlines()]


def test_queued_experiments_run_on_own_faces_and_differ(session: Session) -> None:
    assert "Reproducing experiment 'lr-1'" in session.output("dvc queue logs")
    assert session.params("slower")["data"]["csv"] == OWN_CSV
    assert session.table()["lr-1"]["low.unet"] != session.table()["lr-2"]["low.unet"]


def test_what_differs_between_two_experiments_is_named(session: Session) -> None:
    named = set(session.output("dvc exp diff").split())
    assert {"gan.weight", "train.low_gaussian.lr", "low_gaussian.unet.psnr"} <= named
    assert "low_gaussian.noisy.psnr" not in named


def test_experiments_are_applied_saved_branched_and_removed(session: Session) -> None:
    assert session.params("v2")["train"]["low_gaussian"]["lr"] == 0.001
    assert session.params("slower")["train"]["low_gaussian"]["lr"] == 0.0005
    left = set(re.findall(r"\[(.+?)\]", session.output("dvc exp list")))
    assert left == {"weight", "lr-1", "lr-2", "chosen"}


def test_two_versions_differ_in_the_param_and_the_scores_that_changed(session: Session) -> None:
    rates = [str(session.params(version)["train"]["low_gaussian"]["lr"]) for version in ("v1", "v2")]
    [difference] = session.output("dvc params diff").splitlines()[1:]
    assert difference.split() == ["params.yaml", "train.low_gaussian.lr", *rates]
    first, second = (session.metrics(version)["low_gaussian"]["unet"]["psnr"] for version in ("v1", "v2"))
    assert re.search(rf"low_gaussian\.unet\.psnr +{first} +{second} ", session.output("dvc metrics diff v1"))
    assert session.output("dvc metrics diff --md").startswith("| Path ")


def test_the_commands_leave_nothing_for_git_to_add(session: Session) -> None:
    assert session.clone.run("git", "status", "--short") == ""


def test_a_browser_shows_the_pictures_of_both_versions_without_a_network(
    session: Session, tmp_path: Path
) -> None:
    page = session.clone.folder / "dvc_plots" / "index.html"
    with opened_browser(tmp_path) as chrome:
        chrome.execute_cdp_cmd("Network.enable", {})
        chrome.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["http://*", "https://*"]})
        show(chrome, page, 1280)
        widths = "return [...document.images].map(image => [image.src, image.naturalWidth])"
        shown = {Path(source).name for source, width in chrome.execute_script(widths) if width > 0}
    pictures = {
        version: {f"{version}_reports_figures_{figure}.png" for figure in FIGURES} for version in ("v1", "v2")
    }
    assert shown == pictures["v1"] | pictures["v2"]
    first, second = (page.parent / f"static/{version}_reports_figures_training.png" for version in pictures)
    assert first.read_bytes() != second.read_bytes()


def run_while_the_noise_breaks(clone: Clone) -> None:
    """Run an experiment in a temporary copy, and break the workspace's noise before its noise stage."""
    # The path is that of a workspace that pip installed: only the copy's own stages can keep it out.
    environment = {**clone.environment, "PYTHONPATH": str(clone.folder / "src"), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        ["dvc", "exp", "run", "--temp", "-n", "snapshot", "-S", "sample.seed=5", "noise@salt_pepper"],
        cwd=clone.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        before = "".join(takewhile(lambda line: "Running stage 'sample'" not in line, process.stdout))
        (clone.folder / "src/facedenoise/noise.py").write_text("raise RuntimeError('of the workspace')\n")
        after = process.stdout.read()
    assert process.returncode == 0, before + after
    assert "Running stage 'noise@salt_pepper'" in after


def test_a_temp_run_uses_the_code_of_its_own_snapshot(clone: Clone) -> None:
    run_while_the_noise_breaks(clone)
    clone.restore()
    clone.run("dvc", "exp", "apply", "snapshot")
    clean = read_tensors(clone.folder / "data/splits/train.safetensors")
    noisy = read_tensors(clone.folder / "data/noisy/salt_pepper/train.safetensors")
    images, rows = clean["images"].numpy(), clean["row"].numpy()
    noise = SaltPepperNoise("salt_pepper", factor=0.1, salt_ratio=0.5)
    assert (noisy["images"].numpy() == corrupt(images, rows, noise, seed=0, task="salt_pepper", draw=0)).all()
    clone.run("dvc", "exp", "remove", "snapshot")
    clone.restore()


def test_what_the_readme_compares_can_be_compared(session: Session) -> None:
    [block] = blocks("README.md", "Change a param and compare", "bash")
    printed = [session.clone.run("bash", "-c", command) for command in commands(block)]
    ran, shown, against_head, versions, _ = printed
    assert "slower" in ran
    assert "train.low_gaussian.lr" in shown
    assert all(f"{task}.unet.psnr" in shown for task in TASKS)
    assert "train.low_gaussian.lr" in against_head
    assert "low_gaussian.unet.psnr" in against_head
    assert "low_gaussian.unet.psnr" in versions
