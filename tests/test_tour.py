"""The notebook: saved without outputs, and it does what it says."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import nbformat
import pytest
from clones import make_clone
from documents import ROOT
from nbclient import NotebookClient

TOUR = ROOT / "notebooks/tour.ipynb"
CELLS: list[dict[str, Any]] = json.loads(TOUR.read_text())["cells"]
TEXT = "\n".join("".join(cell["source"]) for cell in CELLS)


def test_it_is_valid_and_saved_without_outputs() -> None:
    nbformat.validate(nbformat.read(TOUR, 4))
    code = [cell for cell in CELLS if cell["cell_type"] == "code"]
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []


def test_the_badge_opens_it_in_the_repository_that_its_first_cell_clones() -> None:
    [opened] = re.findall(r"\(https://colab\.research\.google\.com/github/(.+?)/blob/main/(.+?)\)", TEXT)
    [cloned] = re.findall(r'REPOSITORY = "https://github\.com/(.+?)"', TEXT)
    assert opened == (cloned, str(TOUR.relative_to(ROOT)))


def test_the_command_runs_without_an_installation() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "facedenoise", "--help"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: facedenoise ")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return the outputs of all cells, run beside a checkout with tiny networks."""
    made = make_clone(tmp_path_factory.mktemp("checkout"))
    made.commit("tiny")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PATH", "OMP_NUM_THREADS"):
            patch.setenv(name, made.environment[name])
        patch.setenv("TMPDIR", str(made.folder.parent))  # the notebook makes its clone there
        where = {"metadata": {"path": str(made.folder / "notebooks")}}
        cells = NotebookClient(nbformat.read(TOUR, 4), resources=where).execute().cells
    return [output for cell in cells for output in cell.get("outputs", [])]


@pytest.mark.slow
@pytest.mark.timeout(1800)  # two runs of the pipeline, on a busy machine
def test_it_shows_pictures_and_curves(outputs: list[dict[str, Any]]) -> None:
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 5


@pytest.mark.slow
def test_it_compares_the_experiments(outputs: list[dict[str, Any]]) -> None:
    shown = [output.get("data", {}) for output in outputs]
    [table] = [data["text/markdown"] for data in shown if "text/markdown" in data]
    rows = {tuple(cell.strip() for cell in row.split("|")[2:5]) for row in table.splitlines() if row}
    assert ("tasks.high_gaussian.train.epochs", "3", "8") in rows
    psnr = {name: (float(short), float(long)) for name, short, long in rows if name.endswith(".psnr")}
    assert psnr["high_gaussian.unet.psnr"][0] < psnr["high_gaussian.unet.psnr"][1]


@pytest.mark.slow
def test_it_cleans_the_picture(outputs: list[dict[str, Any]]) -> None:
    said = "".join(output.get("text", "") for output in outputs)
    assert "error" not in said
    assert "noisy.png" in said
