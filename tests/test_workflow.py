"""The workflow for GitHub: it is valid, it may no more than it needs, and its steps do what they say."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from clones import Clone
from documents import ROOT, blocks

WORKFLOW = ROOT / ".github/workflows/ci.yml"
ON = True  # YAML 1.1 reads the key `on` so
JOBS: dict[str, dict[str, Any]] = yaml.safe_load(WORKFLOW.read_text())["jobs"]


def command(name: str) -> str:
    """Give what the step of this name runs."""
    [step] = [step for job in JOBS.values() for step in job["steps"] if step.get("name") == name]
    return step["run"]


def run_step(clone: Clone, name: str, status: int = 0) -> str:
    """Run a step with GitHub's default shell."""
    return clone.run("bash", "-e", "-c", command(name), status=status)


@pytest.fixture
def repository(clone: Clone, tmp_path: Path) -> Clone:
    """Give a git clone of the tiny clone: the commits, and none of the outs."""
    folder = tmp_path / "repository"
    clone.run("git", "clone", "-q", str(clone.folder), str(folder))
    return Clone(folder)


def propose(repository: Clone, old: str, new: str) -> None:
    """Merge a branch that changes the metrics, as GitHub merges a pull request to check it."""
    repository.run("git", "checkout", "-q", "-b", "branch")
    metrics = repository.folder / "reports/metrics.json"
    metrics.write_text(metrics.read_text().replace(old, new))
    repository.commit("a change")
    repository.run("git", "checkout", "-q", "-")
    (repository.folder / "NEWS").write_text("the base has moved on\n")
    repository.commit("another change")
    identity = ("-c", "user.name=t", "-c", "user.email=t@t")
    repository.run("git", *identity, "merge", "-q", "--no-ff", "-m", "merge", "branch")


def checked_out(repository: Clone, folder: Path) -> Clone:
    """Clone no deeper than the workflow does, into the environment of a runner."""
    [depth] = [step["with"]["fetch-depth"] for step in JOBS["results"]["steps"] if "fetch-depth" in str(step)]
    url = f"file://{repository.folder}"
    repository.run("git", "clone", "-q", "--depth", str(depth), url, str(folder / "checkout"))
    runner = Clone(folder / "checkout")
    runner.environment |= {"RUNNER_TEMP": str(folder), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    return runner


def test_it_keeps_to_the_schema_of_workflows() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*check, WORKFLOW], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_runs_on_push_and_pull_request() -> None:
    # Not on `pull_request_target`, which would hand the base's secrets to the code of a fork.
    assert set(yaml.safe_load(WORKFLOW.read_text())[ON]) == {"push", "pull_request"}


def test_only_the_comment_may_be_written_and_no_step_finds_a_token_on_disk() -> None:
    assert yaml.safe_load(WORKFLOW.read_text())["permissions"] == {"contents": "read"}
    assert "permissions" not in JOBS["test"]
    assert JOBS["results"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    steps = [step for job in JOBS.values() for step in job["steps"]]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(JOBS)
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    [given] = [step["name"] for step in steps if "github.token" in str(step)]
    assert given == "Say so under the pull request"
    assert "secrets." not in WORKFLOW.read_text()


def test_no_text_of_a_pull_request_reaches_a_shell() -> None:
    assert not [step for job in JOBS.values() for step in job["steps"] if "${{" in step.get("run", "")]


def test_actions_are_githubs_own_and_pinned() -> None:
    used = {step["uses"] for job in JOBS.values() for step in job["steps"] if "uses" in step}
    assert used == {"actions/checkout@v6", "actions/setup-python@v6"}


def test_its_tests_are_those_of_make(clone: Clone) -> None:
    target = command("Lint, types and tests").split()
    assert target == (ROOT / ".ci/run").read_text().split("\n")[-2].split()
    planned = clone.run(*target, "--dry-run")
    assert all(tool in planned for tool in ("ruff check", "ruff format", "mypy", "pytest"))


def test_the_pinned_dvc_is_installed(repository: Clone) -> None:
    repository.environment["PIP_NO_INDEX"] = "1"  # the pinned one is here
    assert "Requirement already satisfied: dvc in" in run_step(repository, "Install DVC")


def test_the_freshness_step_is_that_of_the_page() -> None:
    [documented] = blocks("docs/sharing.md", "Check in CI", "bash")
    assert command("Check that the results are up to date") == documented.strip()


def test_fresh_results_pass_without_their_data(repository: Clone) -> None:
    assert not list(repository.folder.glob("data/**/*.safetensors"))
    assert "up to date" in run_step(repository, "Check that the results are up to date")


@pytest.mark.parametrize("change", ["sample.rows=100", "train.high_gaussian.lr=0.00007", "emotion.epochs=20"])
def test_a_param_changed_without_repro_fails(repository: Clone, change: str) -> None:
    repository.set(change)
    run_step(repository, "Check that the results are up to date", status=1)


def test_changed_code_fails(repository: Clone) -> None:
    with (repository.folder / "src/facedenoise/models/patchgan.py").open("a") as module:
        module.write("# changed\n")
    run_step(repository, "Check that the results are up to date", status=1)


def test_a_stale_result_fails_where_the_data_are_there_and_dvc_itself_succeeds(clone: Clone) -> None:
    clone.set("train.high_gaussian.lr=0.00007")
    assert "Running stage 'train@high_gaussian'" in clone.run("dvc", "repro", "--dry", "--allow-missing")
    run_step(clone, "Check that the results are up to date", status=1)
    clone.restore()


def test_a_broken_pipeline_fails(repository: Clone) -> None:
    (repository.folder / "dvc.yaml").write_text("stages: [\n")
    run_step(repository, "Check that the results are up to date", status=1)


def test_the_table_is_that_of_the_merge_against_its_base(repository: Clone, tmp_path: Path) -> None:
    propose(repository, '"psnr": 3', '"psnr": 4')
    runner = checked_out(repository, tmp_path)
    run_step(runner, "Compare the metrics with those of the base branch")
    table = (tmp_path / "summary.md").read_text()
    assert "| reports/metrics.json | low_gaussian.noisy.psnr" in table
    assert "| 10.0 " in table
    assert (tmp_path / "metrics.md").read_text() == table


def test_without_a_change_the_table_has_no_row(repository: Clone, tmp_path: Path) -> None:
    propose(repository, "}", "} ")
    runner = checked_out(repository, tmp_path)
    run_step(runner, "Compare the metrics with those of the base branch")
    assert "no row, no change" in (tmp_path / "metrics.md").read_text()
    assert "reports/metrics.json" not in (tmp_path / "metrics.md").read_text()


def test_the_comment_is_the_table_and_later_ones_replace_it(repository: Clone, tmp_path: Path) -> None:
    gh = tmp_path / "gh"  # stands in the place of GitHub's command line
    gh.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    gh.chmod(0o755)
    path = f"{tmp_path}:{repository.environment['PATH']}"
    repository.environment |= {"PATH": path, "NUMBER": "7", "RUNNER_TEMP": "/tmp/a folder"}  # noqa: S108
    said = run_step(repository, "Say so under the pull request").splitlines()
    assert said[:3] == ["pr", "comment", "7"]
    assert {"--edit-last", "--create-if-none", "/tmp/a folder/metrics.md"} <= set(said)  # noqa: S108
