"""What is installed is what constraints.txt says; `make` sets it up and says what it does."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import requires, version
from pathlib import Path

import pytest
import yaml
from clones import Clone
from documents import ROOT
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

LINES = (ROOT / "constraints.txt").read_text().splitlines()
HERE = [pin for pin in map(Requirement, LINES) if pin.marker is None or pin.marker.evaluate()]
PINS = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in HERE}


def direct(name: str) -> Iterator[Requirement]:
    """Yield the pins of a requirements file and of those that it includes."""
    for line in (ROOT / name).read_text().splitlines():
        if line.startswith("-r "):
            yield from direct(line.removeprefix("-r "))
        else:
            yield Requirement(line.partition("#")[0])


def needed() -> dict[NormalizedName, str]:
    """Return all packages that requirements-dev.txt needs here, with their installed versions."""
    found: dict[NormalizedName, str] = {}
    waiting = list(direct("requirements-dev.txt"))
    seen = set()
    while waiting:
        package = waiting.pop()
        if str(package) not in seen:
            seen.add(str(package))
            found[canonicalize_name(package.name)] = Version(version(package.name)).public  # without `+cpu`
            waiting += needs(package)
    return found


def needs(package: Requirement) -> Iterator[Requirement]:
    """Yield what a package needs here, with its extras."""
    for need in map(Requirement, requires(package.name) or []):
        extras = ("", *package.extras)
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras):
            yield need


def test_what_is_installed_is_what_the_constraints_say() -> None:
    installed = needed()
    differing = {name: (its, PINS.get(name)) for name, its in installed.items() if its != PINS.get(name)}
    assert differing == {}, "installed, and constraints.txt: run `make constraints`, or install anew"
    assert len(installed) > 3 * len(list(direct("requirements-dev.txt"))), "the needs of needs count, too"


def test_every_direct_pin_is_exact_and_the_constraints_have_the_same() -> None:
    pins = list(direct("requirements-dev.txt"))
    assert {pin.name: str(pin.specifier) for pin in pins} == {
        pin.name: f"=={PINS[canonicalize_name(pin.name)]}" for pin in pins
    }


def test_the_constraints_hold_versions_and_no_place_to_get_them_from() -> None:
    assert [line for line in LINES if not re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [\w.' ()<>=!]+)?", line)] == []


@pytest.fixture
def furnished(clone: Clone) -> Iterator[Clone]:
    """Return the clone of all tests with a .venv in it that counts as installed: it is this one."""
    environment = clone.folder / ".venv"
    environment.mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (environment / part).symlink_to(Path(sys.prefix) / part)
    for stamp in (".installed", ".installed-dev"):
        (environment / stamp).touch()
    yield clone
    shutil.rmtree(environment)


@pytest.fixture
def bare(tmp_path: Path) -> Clone:
    """Return what `make` reads, outside any git repository, with few programs on the path."""
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "constraints.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("make", "git", "touch"):
        (programs / name).symlink_to(str(shutil.which(name)))
    bare = Clone(tmp_path)
    bare.environment |= {"PATH": str(programs), "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    return bare


def test_a_zip_without_git_is_told_so_before_anything_is_installed(bare: Clone) -> None:
    told = bare.run("make", "repro", status=2)
    assert "`git init`" in told
    assert "`make run-plain`" in told
    assert len(told.splitlines()) == 1
    assert not (bare.folder / ".venv").exists()
    assert "stages.plain" in bare.run("make", "--dry-run", "run-plain")


def test_an_old_python_is_told_so(bare: Clone, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text(f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = (3, 10); $2"\n')
    old.chmod(0o755)
    assert bare.run("make", "run-plain", f"PYTHON={old}", status=2).startswith("Python is too old")


@pytest.mark.parametrize("target", ["run-plain", "test", "test-all", "lint"])
@pytest.mark.parametrize(
    ("tools", "arguments", "installs"),
    [
        (["python"], [], "python -m pip install --disable-pip-version-check"),
        (["python", "uv"], [], "uv pip install --python .venv"),
        (["python", "uv"], ["TORCH=cpu"], "uv pip install --python .venv --torch-backend cpu"),
    ],
)
def test_uv_installs_where_it_is_and_pip_elsewhere_and_both_are_constrained(
    bare: Clone, target: str, tools: list[str], arguments: list[str], installs: str
) -> None:
    for tool in (*tools, "ruff", "mypy"):
        speak(bare.folder / ".venv/bin" / tool)
    said = bare.run("make", target, *arguments).splitlines()
    files = ["requirements.txt"] + ["requirements-dev.txt"] * (target != "run-plain")
    commands = [f"{installs} --constraint constraints.txt -r {file}" for file in files]
    assert [line for line in said if " install " in line] == commands


def test_without_uv_pip_brings_it_for_another_build_of_pytorch(bare: Clone) -> None:
    speak(bare.folder / ".venv/bin/python")
    planned = bare.run("make", "--dry-run", "run-plain", "TORCH=cpu")
    assert planned.index("check uv") < planned.index("--torch-backend cpu")


@pytest.mark.slow
def test_repro_says_what_will_happen_and_where_to_look(furnished: Clone) -> None:
    said = furnished.run("make", "repro").splitlines()
    assert said[0].startswith("22 stages draw 80 faces")
    assert "minutes the first time" in said[1]
    assert said[2] == "dvc repro"
    [done] = [line for line in said if line.startswith("Done.")]
    places = re.findall(r"\w+/[\w.]*\b|\w+/", done)
    assert places == ["reports/index.html", "reports/metrics.json", "models/"]
    assert all((furnished.folder / place).exists() for place in places)


@pytest.mark.slow
def test_before_a_commit_a_fault_is_found(furnished: Clone) -> None:
    fault = furnished.folder / "src/fault.py"
    fault.write_text("import os\n")
    assert "src/fault.py:1" in furnished.run("pre-commit", "run", "--files", "src/fault.py", status=1)
    fault.unlink()


def speak(tool: Path) -> None:
    """Write a program that prints how it was called."""
    tool.parent.mkdir(parents=True, exist_ok=True)
    tool.write_text('#!/bin/sh\necho "${0##*/} $@"\n')
    tool.chmod(0o755)


def test_before_a_commit_the_linters_of_make_run() -> None:
    config = ROOT / ".pre-commit-config.yaml"
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", config], check=True)
    [repository] = yaml.safe_load(config.read_text())["repos"]
    [hook] = repository["hooks"]
    assert (repository["repo"], hook["entry"], hook["language"]) == ("local", "make lint", "system")
    [needs] = re.findall(r"^test: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert "lint" in needs.split()


def test_the_page_for_contributors_names_what_is_there_on_one_screen() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    assert len(page.splitlines()) <= 40
    links = re.findall(r"\]\((.+?)[#)]", page)
    places = re.findall(r"`([^`\s]+/[^`\s]*)`", page)
    assert links
    assert [name for name in links + places if not (ROOT / name).exists()] == []
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"\n{target}:" in makefile for target in re.findall(r"make ([a-z-]+)", page))
