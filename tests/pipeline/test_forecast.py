"""What is said before a run: what will happen, and how long it takes here."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from facedenoise.params import Params, parse_params
from stages.forecast import duration, main, plan, seconds

ROOT = Path(__file__).resolve().parents[2]
Printed = pytest.CaptureFixture[str]
RESULTS = ROOT / "benchmarks/results"


def params(epochs: dict[str, int] | None = None, **data: Any) -> Params:
    content: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())
    content["data"] |= data
    for task, count in (epochs or {}).items():
        content["tasks"][task]["train"]["epochs"] = count
    return parse_params(content, "params.yaml")


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_the_real_run_took_as_long_as_is_said() -> None:
    whole = json.loads((RESULTS / "pipeline.json").read_text())
    measured, train = whole["seconds"], whole["params"]["train"]
    epochs = {task: train[task]["epochs"] for task in params().tasks}
    speed = json.loads((RESULTS / "throughput.json").read_text())["images_a_second"]["pipeline"]["median"]
    assert seconds(params(epochs), 35_887, 1 / speed) == pytest.approx(sum(measured.values()), rel=0.1)


def test_the_time_of_other_faces_is_said_for_every_thousand() -> None:
    drawn, own = params(), params(source="data/raw/fer2013.csv")
    assert plan(drawn).startswith("22 stages draw 1,560 faces, add noise (low_gaussian, ")
    assert plan(own).startswith("22 stages read the faces of data/raw/fer2013.csv, add noise")
    [whole] = re.findall(r"^about (\d+) minutes the first time$", duration(drawn, 0.01))
    said = r"^about (\d+) minutes the first time, and (\S+) more for every 1,000 faces$"
    [(start, more)] = re.findall(said, duration(own, 0.01))
    judged, trained = 600 * 3 * 0.014 / 60, 960 * 25.43 * 0.01 / 60
    assert int(whole) == pytest.approx(int(start) + judged + trained, abs=1)
    assert float(more) == pytest.approx(800 * 25.43 * 0.01 / 60 + 3 * 200 * 0.014 / 60, abs=0.06)


@pytest.mark.parametrize(("level", "colour"), [(False, "grey"), (True, "rgb")])
def test_it_times_the_network_that_will_be_trained(
    level: bool, colour: str, monkeypatch: pytest.MonkeyPatch, capsys: Printed, tmp_path: Path
) -> None:
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    content["model"] |= {"widths": [4, 8], "blocks": [1, 1], "level": level}
    content["data"]["colour"] = colour
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    (tmp_path / "dvc.yaml").write_bytes((ROOT / "dvc.yaml").read_bytes())
    monkeypatch.chdir(tmp_path)
    main()
    _, time = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Here \(.+ threads, \w+\) that takes about \d+ minutes the first time\.", time)
