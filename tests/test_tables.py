"""The tables of the documents are those of the results in the repository."""

import json
from pathlib import Path

import pytest
import tables
from documents import ROOT


@pytest.mark.parametrize("document", tables.DOCUMENTS)
def test_the_tables_are_what_make_docs_writes(document: str) -> None:
    content = (ROOT / document).read_text()
    assert tables.MARKED.search(content)
    assert content == tables.with_tables(content), "out of date: run `make docs`"


def test_each_table_is_shown() -> None:
    shown = {
        mark[2] for name in tables.DOCUMENTS for mark in tables.MARKED.finditer((ROOT / name).read_text())
    }
    assert shown == set(tables.TABLES)


def test_a_table_has_the_measured_figures_and_its_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    runs = {"facedenoise": [{"seconds": 2.0, "peak_mb": 290.4}, {"seconds": 3.0, "peak_mb": 290.4}]}
    measured = {"machine": {"cpu": "Abacus(R) Processor", "cores": 2}, "bytes": 3e6, "runs": runs}
    (tmp_path / "ingest.json").write_text(json.dumps(measured))
    marked = tables.with_tables("a\n<!-- table: ingest -->\nold\n<!-- table: end -->\nb")
    assert "| facedenoise | 2.5 | 290 |" in marked
    assert "*Abacus, 2 cores.*" in marked
    assert "old" not in marked


def test_a_plan_is_proportional_to_what_the_largest_set_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    small = {"stage": "split", "rows": 10, "bytes": 1, "seconds": 9.0, "peak_mb": 1.0}
    large = {"rows": 1_000_000, "bytes": 2_320_000_000, "seconds": 36.0, "peak_mb": 200.4}
    runs = [small, *({"stage": stage, **large} for stage in ("split", "noise", "train"))]
    measured = {"machine": {"cpu": "Abacus", "cores": 2}, "csv_bytes_a_row": 8400, "runs": runs}
    (tmp_path / "scale.json").write_text(json.dumps(measured))
    assert "| split | 1,000,000 | 36.0 | 36 | 200 |" in tables.scale()
    stages = ["| split | 2,320 | 232 | 1.0 |", "| noise | 2,320 | 232 | 1.0 |", "| train |  |  | 1.0 |"]
    assert tables.scale_plan().splitlines()[2:6] == ["| CSV | 8,400 | 840 |  |", *stages]


def test_memory_is_continued_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    peaks = {("split", 24000): 200, ("split", 100000): 210.0, ("split", 400000): 225.0}
    peaks |= {("noise", 24000): 230.0, ("noise", 100000): 229.0}
    runs = [{"stage": stage, "rows": rows, "peak_mb": peak} for (stage, rows), peak in peaks.items()]
    measured = {"machine": {"cpu": "Abacus", "cores": 2}, "runs": runs}
    (tmp_path / "memory.json").write_text(json.dumps(measured))
    head, _, *rows = tables.memory().splitlines()[:4]
    assert head.startswith("| peak memory, MB | 24,000 rows | 100,000 rows | 400,000 rows | bytes a row |")
    assert rows == ["| split | 200 | 210 | 225 | 50 | 5.2 |", "| noise | 230 | 229 |  |  |  |"]
