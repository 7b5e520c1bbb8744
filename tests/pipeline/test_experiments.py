"""The commands of docs/experiments.md and of the README on experiments, run in one copy of the clone."""

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import product, takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml
from browser import opened_browser, show
from clones import TASKS, Clone
from documents import ROOT, blocks, commands
from stopping import start

from facedenoise.faces import draw_faces
from facedenoise.faces.fer_writer import interleaved_usage, write_fer_csv

PAGE = "docs/experiments.md"
OWN_CSV = "data/raw/fer2013.csv"
QUEUE_SECONDS = 900
FIGURES = ("samples", "noise", *TASKS)

# The first test waits for ten runs of the tiny pipeline.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@dataclass(frozen=True)
class Session:
    """A clone in which the page's commands have been run, and the output of each."""

    clone: Clone
    printed: dict[str, str]

    def output(self, beginning: str) -> str:
        """Return what the one command that begins so has printed."""
        [output] = [text for command, text in self.printed.items() if command.startswith(beginning)]
        return output

    def table(self) -> dict[str, dict[str, str]]:
        """Return the recommended table: for each experiment, the cell of each column."""
        header, *rows = (line.split() for line in self.output("dvc exp show").splitlines())
        return {row[0]: dict(zip(header, row, strict=True)) for row in rows}

    def params(self, revision: str) -> Any:
        return yaml.safe_load(self.clone.run("git", "show", f"{revision}:params.yaml"))

    def experiment(self, name: str) -> str:
        """Return the commit of an experiment."""
        return self.clone.run(
            "git", "for-each-ref", "--format=%(objectname)", f"refs/exps/*/*/{name}"
        ).strip()

    def metrics(self, revision: str) -> Any:
        return json.loads(self.clone.run("git", "show", f"{revision}:reports/metrics.json"))


def commands_of_page() -> Iterator[str]:
    for heading in re.findall(r"^## (.+)$", (ROOT / PAGE).read_text(), re.MULTILINE):
        for block in blocks(PAGE, heading, "bash"):
            yield from commands(block)


def wait_for_queue(clone: Clone) -> None:
    """Wait until no queued experiment is left, and see that all have succeeded."""
    end = time.monotonic() + QUEUE_SECONDS
    while re.search("Queued|Running", status := clone.run("dvc", "queue", "status")):
        assert time.monotonic() < end, status
        time.sleep(1)
    assert set(re.findall("Success|Failed", status)) == {"Success"}, status


def end_workers(clone: Clone) -> None:
    """Kill what the queue has left running."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == clone.folder:
                os.kill(int(process.name), signal.SIGKILL)


@pytest.fixture(scope="module")
def session(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    copy = Clone(tmp_path_factory.mktemp("session") / "copy")
    shutil.copytree(clone.folder, copy.folder, symlinks=True)
    for key in ("name", "email"):
        copy.run("git", "config", f"user.{key}", "t")
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


def low_rate(params: Any) -> float:
    return params["tasks"]["low_gaussian"]["train"]["lr"]


def test_the_first_version_is_the_run_on_own_faces_and_git_holds_none_and_has_nothing_to_add(
    session: Session,
) -> None:
    assert session.params("v1")["data"]["source"] == OWN_CSV
    tracked = session.clone.run("git", "ls-files").splitlines()
    assert f"{OWN_CSV}.dvc" in tracked
    assert OWN_CSV not in tracked
    assert session.clone.run("git", "status", "--short") == ""


def test_the_table_holds_every_experiment_and_what_it_changed(session: Session) -> None:
    params = session.params("v1")
    weight, rate = params["gan"]["weight"], low_rate(params)
    changed = {
        name: (float(row["gan.weight"]), float(row["low.train.lr"])) for name, row in session.table().items()
    }
    of_rate = {"lr-1": (weight, 0.001), "lr-2": (weight, 0.0005)}
    assert changed == {"HEAD": (weight, rate), "weight": (20, rate), "plain": (0, rate), **of_rate}


def test_the_table_is_that_of_the_page_and_has_the_psnr_of_all_networks(session: Session) -> None:
    head, metrics = session.table()["HEAD"], session.metrics("v1")
    for task, model in product(TASKS, ("unet", "gan")):
        assert float(head[f"{task.partition('_')[0]}.{model}"]) == metrics[task][model]["psnr"]
    lines = session.output("dvc exp show").splitlines()
    assert max(len(line) for line in lines) <= 120
    assert lines[0].split() in [line.split() for line in (ROOT / PAGE).read_text().splitlines()]


def test_queued_experiments_run_on_own_faces_and_differ(session: Session) -> None:
    assert "Reproducing experiment 'lr-1'" in session.output("dvc queue logs")
    assert session.params("slower")["data"]["source"] == OWN_CSV
    assert session.table()["lr-1"]["low.unet"] != session.table()["lr-2"]["low.unet"]


def test_what_differs_between_two_experiments_is_named(session: Session) -> None:
    named = set(session.output("dvc exp diff").split())
    assert {"gan.weight", "tasks.low_gaussian.train.lr", "low_gaussian.unet.psnr"} <= named
    assert "low_gaussian.noisy.psnr" not in named


def test_replicates_have_both_seeds_and_tell_what_seeds_do(session: Session) -> None:
    params = [session.params(session.experiment(name)) for name in ("seed-1", "seed-2", "seed-3")]
    assert [(each["train"]["seed"], each["gan"]["seed"]) for each in params] == [(1, 1), (2, 2), (3, 3)]
    one, other, *lines, summary = session.output("python -m stages.differ").splitlines()
    assert one == "A: HEAD, averaged with its replicates seed-1, seed-2, seed-3"
    assert other == "B: lr-1"
    assert summary.startswith(f"lr-1 beside HEAD, {len(lines)} scores: ")
    assert [line.split()[0] for line in lines if " PSNR, dB " in line] == [
        task for task in TASKS for _ in "ab"
    ]
    assert all(re.search(r"  the same$|seeds alone move it by up to \d", line) for line in lines)


def test_experiments_are_applied_saved_branched_and_removed(session: Session) -> None:
    assert low_rate(session.params("v2")) == 0.001
    assert low_rate(session.params("slower")) == 0.0005
    left = set(re.findall(r"\[(.+?)\]", session.output("dvc exp list")))
    assert left == {"weight", "lr-1", "lr-2", "seed-1", "seed-2", "seed-3", "chosen"}


def test_two_versions_differ_in_the_param_and_the_scores_that_changed(session: Session) -> None:
    rates = [str(low_rate(session.params(version))) for version in ("v1", "v2")]
    [difference] = session.output("dvc params diff").splitlines()[1:]
    assert difference.split() == ["params.yaml", "tasks.low_gaussian.train.lr", *rates]
    first, second = (session.metrics(version)["low_gaussian"]["unet"]["psnr"] for version in ("v1", "v2"))
    assert re.search(rf"low_gaussian\.unet\.psnr +{first} +{second} ", session.output("dvc metrics diff v1"))
    assert session.output("dvc metrics diff --md").startswith("| Path ")


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
    versions = product(("v1", "v2"), FIGURES)
    assert shown == {f"{version}_reports_figures_{figure}.png" for version, figure in versions}
    first, second = (page.parent / f"static/{v}_reports_figures_low_gaussian.png" for v in ("v1", "v2"))
    assert first.read_bytes() != second.read_bytes()


def test_a_temp_run_uses_the_code_of_its_own_snapshot(clone: Clone) -> None:
    runner = Clone(clone.folder)
    # As if pip had installed the workspace: only the copy's own stages can keep it out.
    runner.environment |= {"PYTHONPATH": str(clone.folder / "src"), "PYTHONUNBUFFERED": "1"}
    changed = ("-n", "snapshot", "-S", "sample.seed=5", "noise@salt_pepper")
    process = start(runner, "dvc", "exp", "run", "--temp", *changed)
    assert process.stdout
    before = "".join(takewhile(lambda line: "Running stage 'sample'" not in line, process.stdout))
    (clone.folder / "src/facedenoise/noise/__init__.py").write_text("raise RuntimeError\n")
    after = process.communicate()[0]
    assert process.returncode == 0, before + after
    assert "Running stage 'noise@salt_pepper'" in after
    clone.run("dvc", "exp", "remove", "snapshot")
    clone.restore()


def test_what_the_readme_compares_can_be_compared(session: Session) -> None:
    [block] = blocks("README.md", "Change a param and compare", "bash")
    ran, differences, against_head = (session.clone.run("bash", "-c", command) for command in commands(block))
    assert "no-gates" in ran
    assert all(task in differences for task in TASKS)
    assert "low_gaussian.unet.psnr" in against_head


def test_the_curve_of_the_document_is_drawn(session: Session) -> None:
    [command] = re.findall(r"`(dvc plots show reports/.+?)`", (ROOT / "docs/reproducible.md").read_text())
    session.clone.run(*command.split())
    assert '"field": "loss"' in (session.clone.folder / "dvc_plots/index.html").read_text()


def test_the_task_that_the_readme_adds_runs_alone(session: Session) -> None:
    [block] = blocks("README.md", "Bring your own noise", "bash")
    of_task = {f"{stage}@dim" for stage in ("noise", "train", "gan", "evaluate", "picture")}
    assert session.clone.ran(session.clone.run("bash", "-c", block)) == {
        "kinds",
        *of_task,
        "compare",
        "report",
    }
