"""dvc.yaml against the code: every local import of a stage is a dep, every param is tracked."""

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.parsing import DataResolver
from dvc.repo import Repo

ROOT = Path(__file__).resolve().parents[2]
ROOTS = {"facedenoise": ROOT / "src", "stages": ROOT}
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
TASKS = PARAMS["tasks"]

HELPERS = {  # cannot change an out, so that they are no deps, nor is what they import
    "src/facedenoise/__init__.py": "imports what is asked of it, and no stage asks",
    "src/facedenoise/errors.py": "the error for the user",
    "src/facedenoise/files.py": "a temporary name, then a move",
    "src/facedenoise/params.py": "parses params, which are tracked themselves",
    "src/facedenoise/ranges.py": "the types of params",
    "src/facedenoise/progress.py": "a bar on the terminal",
    "src/facedenoise/shards/__init__.py": "where shards are worked on",
    "src/facedenoise/shards/cluster.py": "which cluster, if any",
    "src/facedenoise/shards/machines.py": "its machines, each as a whole",
    "src/facedenoise/shards/pool.py": "its workers",
    "src/facedenoise/shards/rows.py": "cuts rows, at whole batches",
    "src/facedenoise/shards/task.py": "tries of a shard",
    "src/facedenoise/models/__init__.py": "the names of the two denoisers",
    "stages/__init__.py": "starts a stage, prints its errors",
    "stages/paths.py": "another path is a missing out, which DVC reports",
    "stages/settings.py": "reads params",
    "stages/states.py": "where unfinished work is kept",
    "stages/leftovers.py": "removes what belongs to no task",
}


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
    """Names that a file imports, with the packages they are in and what may be a submodule."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {".".join(name.split(".")[:end]) for name in names for end in range(1, 1 + name.count(".") + 1)}


def reached_code(stage: dict[str, Any]) -> set[str]:
    """Local modules that the script of a stage reaches through its imports, helpers apart."""
    seen: set[str] = set()
    waiting = [ROOT / f"{stage['cmd'].split()[2].replace('.', '/')}.py"]
    while waiting:
        file = waiting.pop()
        name = str(file.relative_to(ROOT))
        if name not in seen | HELPERS.keys():
            seen.add(name)
            waiting += [found for name in imported_names(file) if (found := module_file(name))]
    return {name for name in seen if not is_docstring(ROOT / name)}


def is_docstring(file: Path) -> bool:
    return all(isinstance(node, ast.Expr) for node in ast.parse(file.read_text()).body)


def is_under(name: str, deps: set[str]) -> bool:
    return any(name == dep or name.startswith(f"{dep}/") for dep in deps)


def code_deps(stage: dict[str, Any]) -> set[str]:
    return {dep for dep in stage["deps"] if dep.startswith(("src/", "stages/"))}


@pytest.mark.parametrize("name", sorted(STAGES))
def test_every_import_of_a_stage_is_under_one_of_its_deps_and_every_dep_is_imported(name: str) -> None:
    deps, reached = code_deps(STAGES[name]), reached_code(STAGES[name])
    assert {module for module in reached if not is_under(module, deps)} == set()
    assert {dep for dep in deps if not any(is_under(module, {dep}) for module in reached)} == set()


def test_no_room_imports_in_a_circle() -> None:
    """A room is a package of the library."""
    arrows: dict[str, set[str]] = {}
    for file in (ROOT / "src/facedenoise").glob("*/**/*.py"):
        room = file.relative_to(ROOT / "src/facedenoise").parts[0]
        names = {name.split(".")[1] for name in imported_names(file) if name.startswith("facedenoise.")}
        rooms = {name for name in names if (ROOT / "src/facedenoise" / name).is_dir()}
        arrows[room] = arrows.get(room, set()) | (rooms - {room})
    while leaves := {room for room, others in arrows.items() if not others & arrows.keys()}:
        arrows = {room: others for room, others in arrows.items() if room not in leaves}
    assert arrows == {}


@pytest.mark.parametrize("folder", ["src", "stages"])
def test_no_code_knows_a_task_by_name(folder: str) -> None:
    named = [
        f"{file.relative_to(ROOT)}: {task}"
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".py", ".j2", ".css", ".js"}
        for task in TASKS
        if task in without_docstrings(file)
    ]
    # Salt-and-pepper is also a kind of noise: its file has its name, and the demo knows its range.
    kinds = {f"src/facedenoise/{file}.py: salt_pepper" for file in ("noise/salt_pepper", "demo/strengths")}
    assert {*named} - kinds == set()


def without_docstrings(file: Path) -> str:
    """Return a file's text without what it says to readers: docstrings, and the examples of a help text."""
    text = file.read_text()
    if file.suffix != ".py":
        return text
    tree = ast.parse(text)
    words = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return " ".join(names + [word for word in words if " " not in word.strip()])


def leaves(content: Any, prefix: str = "") -> set[str]:
    if not isinstance(content, dict):
        return {prefix}
    return {leaf for key, value in content.items() for leaf in leaves(value, f"{prefix}.{key}".lstrip("."))}


def tracks(tracked: set[str], leaf: str) -> bool:
    return any(leaf == key or leaf.startswith(f"{key}.") for key in tracked)


def own_params(stage: dict[str, Any]) -> set[str]:
    """Return what a stage tracks of params.yaml."""
    return {key for key in stage.get("params", []) if isinstance(key, str)}


def test_every_param_is_tracked_by_some_stage_and_every_tracked_one_is_there() -> None:
    tracked = {key for stage in STAGES.values() for key in own_params(stage)}
    assert {leaf for leaf in leaves(PARAMS) if not tracks(tracked, leaf)} == set()
    assert {key for key in tracked if not any(tracks({key}, leaf) for leaf in leaves(PARAMS))} == set()


def test_a_stage_of_a_task_tracks_neither_another_task_nor_what_cannot_change_it() -> None:
    for name, stage in STAGES.items():
        kind, _, task = name.partition("@")
        tracked = own_params(stage)
        assert not task or not {part for key in tracked for part in key.split(".")} & (TASKS.keys() - {task})
        if kind in {"noise", "train", "gan", "evaluate"}:
            assert {"reports/kinds.json": [task]} in stage["params"]
            assert f"tasks.{task}" not in tracked, "it holds the title"
        assert kind != "train" or not any("gan" in key for key in tracked)


@pytest.mark.parametrize(("task", "entry"), TASKS.items())
def test_each_training_depends_on_the_task_that_its_own_comes_after(task: str, entry: dict[str, Any]) -> None:
    for stage, model in (("train", "unet"), ("gan", "discriminator")):
        starts = [dep for dep in STAGES[f"{stage}@{task}"]["deps"] if dep.endswith(f"/{model}.safetensors")]
        assert starts == [f"models/{entry['after']}/{model}.safetensors"]


def test_outs_are_single_files_and_git_holds_three_of_them() -> None:
    outs = [out for stage in STAGES.values() for kind in ("outs", "metrics") for out in stage.get(kind, [])]
    assert all(Path(path).suffix for out in outs for path in (out if isinstance(out, dict) else [out]))
    uncached = {
        path for out in outs if isinstance(out, dict) for path, how in out.items() if not how["cache"]
    }
    assert uncached == {"reports/data.json", "reports/kinds.json", "reports/metrics.json"}


def test_dvc_yaml_is_read_at_one_sight() -> None:
    assert len((ROOT / "dvc.yaml").read_text().splitlines()) <= 230
