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
CONTENT = yaml.safe_load(WORKFLOW.read_text())
ON = True  # YAML 1.1 reads the key `on` so
JOBS: dict[str, dict[str, Any]] = CONTENT["jobs"]
STEPS: list[dict[str, Any]] = [step for job in JOBS.values() for step in job["steps"]]
CHECK = "Check that the results are up to date"


def command(name: str) -> str:
    """Return what the step of this name runs."""
    [step] = [step for step in STEPS if step.get("name") == name]
    return step["run"]


def run_step(clone: Clone, name: str, status: int = 0) -> str:
    """Run a step with GitHub's default shell."""
    return clone.run("bash", "-e", "-c", command(name), status=status)


def test_it_keeps_to_the_schema_of_workflows() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*check, WORKFLOW], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_only_the_comment_may_be_written_and_no_step_finds_a_token_on_disk() -> None:
    # Not on `pull_request_target`, which would hand the base's secrets to the code of a fork.
    assert set(CONTENT[ON]) == {"push", "pull_request"}
    assert CONTENT["permissions"] == {"contents": "read"}
    assert "permissions" not in JOBS["test"]
    assert JOBS["results"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == len(JOBS)
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    assert [step["name"] for step in STEPS if "github.token" in str(step)] == ["Comment on the pull request"]
    assert "secrets." not in WORKFLOW.read_text()


def test_no_text_of_a_pull_request_reaches_a_shell_and_actions_are_githubs_own() -> None:
    assert not [step for step in STEPS if "${{" in step.get("run", "")]
    used = {step["uses"] for step in STEPS if "uses" in step}
    assert used == {"actions/checkout@v6", "actions/setup-python@v6"}


def test_its_tests_are_those_of_make_all_of_them() -> None:
    targets = [command("Lint, types and quick tests"), command("Slow tests")]
    assert targets == (ROOT / ".ci/run").read_text().splitlines()[-2:]
    planned = Clone(ROOT).run("make", "--dry-run", *(target.split()[1] for target in targets))
    tools = ("ruff check", "ruff format", "mypy", 'pytest -m "not slow"', "pytest -m slow")
    assert all(tool in planned for tool in tools)


def test_the_freshness_step_is_that_of_the_page() -> None:
    [documented] = blocks("docs/sharing.md", "Check in CI", "bash")
    assert command(CHECK) == documented.strip()


def test_the_comment_is_the_table_and_later_ones_replace_it(tmp_path: Path) -> None:
    gh = tmp_path / "gh"  # instead of GitHub's command line
    gh.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    gh.chmod(0o755)
    runner = Clone(tmp_path)
    path = f"{tmp_path}:{runner.environment['PATH']}"
    runner.environment |= {"PATH": path, "NUMBER": "7", "RUNNER_TEMP": "/tmp/a folder"}  # noqa: S108
    given = run_step(runner, "Comment on the pull request").splitlines()
    assert given[:3] == ["pr", "comment", "7"]
    assert {"--edit-last", "--create-if-none", "/tmp/a folder/metrics.md"} <= set(given)  # noqa: S108


@pytest.mark.slow
class TestResults:
    @pytest.fixture
    def repository(self, clone: Clone, tmp_path: Path) -> Clone:
        """Return a git clone of the tiny clone: the commits, and none of the outs."""
        folder = tmp_path / "repository"
        clone.run("git", "clone", "-q", str(clone.folder), str(folder))
        return Clone(folder)

    def test_the_pinned_dvc_is_installed_and_fresh_results_need_no_data(self, repository: Clone) -> None:
        repository.environment["PIP_NO_INDEX"] = "1"  # the pinned one is here
        assert "Requirement already satisfied: dvc in" in run_step(repository, "Install DVC")
        assert not list(repository.folder.glob("data/**/*.safetensors"))
        assert "up to date" in run_step(repository, CHECK)

    @pytest.mark.parametrize(
        ("file", "old", "new"),
        [
            ("params.yaml", "rows: 80", "rows: 100"),
            ("params.yaml", "lr: 0.0015", "lr: 0.00007"),
            ("src/facedenoise/models/patchgan.py", "SLOPE = 0.2", "SLOPE = 0.3"),
            ("dvc.yaml", "stages:", "stages: ["),
        ],
    )
    def test_a_change_without_repro_and_a_broken_pipeline_fail(
        self, repository: Clone, file: str, old: str, new: str
    ) -> None:
        path = repository.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        run_step(repository, CHECK, status=1)

    @pytest.mark.parametrize(
        ("old", "new", "rows"),
        [('"psnr": 3', '"psnr": 4', {"10.0", "| low_gaussian.noisy.psnr"}), ("}", "} ", set())],
    )
    def test_the_table_is_that_of_the_merge_against_its_base(
        self, repository: Clone, tmp_path: Path, old: str, new: str, rows: set[str]
    ) -> None:
        propose(repository, old, new)
        table = compared(repository, tmp_path)
        assert "no row, no change" in table
        assert all(row in table for row in rows)
        assert ("reports/metrics.json" in table) == bool(rows)


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


def compared(repository: Clone, folder: Path) -> str:
    """Clone no deeper than the workflow does; return the table that it writes there."""
    [depth] = [step["with"]["fetch-depth"] for step in STEPS if "fetch-depth" in str(step)]
    url, checkout = f"file://{repository.folder}", folder / "checkout"
    repository.run("git", "clone", "-q", "--depth", str(depth), url, str(checkout))
    runner = Clone(checkout)
    runner.environment |= {"RUNNER_TEMP": str(folder), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    run_step(runner, "Compare the metrics with those of the base branch")
    table = (folder / "metrics.md").read_text()
    assert (folder / "summary.md").read_text() == table
    return table
