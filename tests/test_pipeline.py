"""dvc.yaml against the code: every local module a stage reaches is a dep, every param is tracked."""

import ast
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from dvc.parsing import DataResolver
from dvc.repo import Repo

import stages.emotion
import stages.gan
import stages.train
from facedenoise.params import TASKS, Task, parse_params

ROOT = Path(__file__).resolve().parents[1]
ROOTS = {"facedenoise": ROOT / "src", "stages": ROOT}
LAZY = ROOT / "src" / "facedenoise" / "__init__.py"  # imports only what is asked of it, and no stage asks


def resolved_stages() -> dict[str, Any]:
    with Repo(str(ROOT)) as repo:
        content = yaml.safe_load((ROOT / "dvc.yaml").read_text())
        stages: dict[str, Any] = DataResolver(repo, str(ROOT), content).resolve()["stages"]
    return stages


STAGES = resolved_stages()


def module_file(name: str) -> Path | None:
    top = name.split(".", maxsplit=1)[0]
    if top not in ROOTS:
        return None
    path = ROOTS[top].joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def imported_names(file: Path) -> set[str]:
    """Names that a file imports, with the packages they lie in and what may be a submodule."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {".".join(name.split(".")[:end]) for name in names for end in range(1, 1 + name.count(".") + 1)}


def has_code(file: Path) -> bool:
    return any(not isinstance(node, ast.Expr) for node in ast.parse(file.read_text()).body)


def reached_code(entry: Path) -> set[str]:
    """Local modules with code that a script reaches through its imports, itself among them."""
    seen = {LAZY}
    waiting = [entry, ROOT / "stages" / "__init__.py"]
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        waiting += [found for name in imported_names(file) if (found := module_file(name))]
    return {str(file.relative_to(ROOT)) for file in seen - {LAZY} if has_code(file)}


@pytest.mark.parametrize("name", sorted(STAGES))
def test_code_deps_are_exactly_what_the_stage_imports(name: str) -> None:
    stage = STAGES[name]
    script = ROOT / "stages" / f"{stage['cmd'].split()[2].removeprefix('stages.')}.py"
    code_deps = {dep for dep in stage["deps"] if dep.endswith(".py")}
    assert code_deps == reached_code(script)


def leaves(content: Any, prefix: str = "") -> set[str]:
    if not isinstance(content, dict):
        return {prefix}
    return {leaf for key, value in content.items() for leaf in leaves(value, f"{prefix}.{key}".lstrip("."))}


def tracks(tracked: set[str], leaf: str) -> bool:
    return any(leaf == key or leaf.startswith(f"{key}.") for key in tracked)


def test_every_param_is_tracked_by_some_stage() -> None:
    params = leaves(yaml.safe_load((ROOT / "params.yaml").read_text()))
    tracked = {key for stage in STAGES.values() for key in stage.get("params", [])}
    assert {leaf for leaf in params if not tracks(tracked, leaf)} == set()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("script", [stages.train, stages.gan])
def test_what_a_training_resumes_by_is_what_dvc_tracks(script: ModuleType, task: Task) -> None:
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    resumes_by = leaves(script.tracked_params(parse_params(content, "params.yaml"), task))
    name = f"{script.__name__.removeprefix('stages.')}@{task}"
    tracked = set(STAGES[name]["params"])
    assert resumes_by == {leaf for leaf in leaves(content) if tracks(tracked, leaf)}


@pytest.mark.parametrize("task", TASKS)
def test_no_stage_of_a_task_tracks_another_tasks_params(task: str) -> None:
    for name, stage in STAGES.items():
        if name.endswith(f"@{task}"):
            parts = {part for key in stage["params"] for part in key.split(".")}
            assert parts & (set(TASKS) - {task}) == set()


def test_what_the_classifier_resumes_by_is_what_dvc_tracks() -> None:
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    resumes_by = leaves(stages.emotion.tracked_params(parse_params(content, "params.yaml")))
    tracked = set(STAGES["emotion"]["params"])
    assert resumes_by == {leaf for leaf in leaves(content) if tracks(tracked, leaf)}


def test_no_u_net_depends_on_a_gan_param() -> None:
    for name, stage in STAGES.items():
        if name.startswith("train@"):
            assert not any(key.startswith("gan") for key in stage["params"])


def test_each_training_depends_on_the_task_before() -> None:
    for before, task in pairwise(TASKS):
        assert f"models/{before}/unet.safetensors" in STAGES[f"train@{task}"]["deps"]
        assert f"models/{before}/discriminator.safetensors" in STAGES[f"gan@{task}"]["deps"]


def test_git_holds_the_two_json_files_and_no_other_out() -> None:
    outs = [
        out
        for stage in STAGES.values()
        for kind in ("outs", "metrics", "plots")
        for out in stage.get(kind, [])
    ]
    uncached = {
        path for out in outs if isinstance(out, dict) for path, how in out.items() if not how["cache"]
    }
    assert uncached == {"reports/data.json", "reports/metrics.json"}
