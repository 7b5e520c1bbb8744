"""What the tests of the report share."""

from pathlib import Path
from typing import Any

import pytest
import torch
from finished_run import Read, write_run

from facedenoise.report.results import Results
from stages.report import read_results
from stages.settings import load_params


@pytest.fixture
def read(drawn: torch.Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Return a function that writes a run into a new working directory, and reads what it found."""
    monkeypatch.chdir(tmp_path)

    def written(faces: torch.Tensor = drawn[:5], **options: Any) -> Results:
        write_run(tmp_path, faces, **options)
        return read_results(load_params())

    return written
