"""All stages without DVC and git: in an order that DVC would take, with the same outs."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from clones import Clone, make_clone
from dvc.repo import Repo

from facedenoise.params import Params, parse_params
from stages.plain import chain, commands

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def params(monkeypatch: pytest.MonkeyPatch) -> Params:
    monkeypatch.chdir(ROOT)
    return parse_params(yaml.safe_load(Path("params.yaml").read_text()), "params.yaml")


def test_each_command_is_there_once_and_behind_those_that_it_depends_on(params: Params) -> None:
    with Repo(str(ROOT)) as repo:
        stages = {stage: stage.cmd for stage in repo.index.stages if stage.cmd}
        needs = {stages[one]: {stages[other] for other in repo.index.graph[one]} for one in stages}
    order = list(commands(params))
    assert sorted(order) == sorted(needs)
    assert all(order.index(need) < order.index(step) for step in order for need in needs[step])


def test_a_task_that_is_listed_before_the_one_it_comes_after_waits(params: Params) -> None:
    content: dict[str, Any] = yaml.safe_load(Path("params.yaml").read_text())
    backwards = {**content, "tasks": dict(reversed(content["tasks"].items()))}
    assert chain(parse_params(backwards, "params.yaml")) == list(params.tasks)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """Return an unpacked ZIP where neither git nor DVC is to be found."""
    made = make_clone(tmp_path_factory.mktemp("plain"))
    for place in (".git", ".dvc"):
        shutil.rmtree(made.folder / place)
    blocked = made.folder / "blocked/dvc.py"
    blocked.parent.mkdir()
    blocked.write_text("raise ImportError('there is no DVC')\n")
    made.environment |= {"PYTHONPATH": str(blocked.parent), "PATH": "/nowhere"}
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)  # two pipelines, on a busy machine
def test_it_makes_what_dvc_makes(plain: Clone, clone: Clone) -> None:
    said = plain.run(sys.executable, "-m", "stages.plain")
    assert "[22/22] python -m stages.report" in said
    for out in ("metrics.json", "data.json", "kinds.json", "index.html", "model_card.md"):
        made, expected = (each.folder / "reports" / out for each in (plain, clone))
        assert made.read_bytes() == expected.read_bytes(), out


@pytest.mark.slow
def test_it_stops_where_a_stage_does(plain: Clone) -> None:
    plain.set("data.source=nowhere.csv")
    said = plain.run(sys.executable, "-m", "stages.plain", status=1).splitlines()
    assert said[-1] == "error: `python -m stages.split` has failed; what it says is above"
    assert not [line for line in said if "stages.kinds" in line]
