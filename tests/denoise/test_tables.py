"""Parquet files of faces: cleaned as picture files are, with all else kept, shard by shard."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from face_sources import png, save_parquet
from fsspec.implementations.memory import MemoryFileSystem
from helpers import CountedReads
from PIL import Image
from stand_ins import NOISES, TASKS, work_in_empty_folder

from facedenoise.cli.main import main
from facedenoise.denoise import rewriting, tables
from facedenoise.noise import corrupt

CAPTURE = pytest.CaptureFixture[str]
COUNT, ROWS = 22, 4
REMARKS = (
    "JPEG compression may hide noise",
    "outside the trained levels 0.02 and 0.06; the nearer one is used",
)
HUB = {"huggingface", "ARROW:schema"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with stand-ins in `released`, and with small shards."""
    monkeypatch.setattr(tables, "ROWS", ROWS)
    return work_in_empty_folder(tmp_path, monkeypatch)


@pytest.fixture
def contents(drawn: torch.Tensor) -> list[bytes]:
    """Return what noisy picture files hold: PNG, a JPEG, and a clean one of another size."""
    found = []
    for row in range(COUNT - 2):
        task, face = TASKS[row % 3], drawn[row : row + 1, 0].numpy()
        found.append(png(corrupt(face, np.arange(1), NOISES[task], seed=row, task=task, draw=0)[0]))
    jpeg = io.BytesIO()
    Image.fromarray(drawn[20, 0].numpy()).save(jpeg, "JPEG")
    return [*found, jpeg.getvalue(), png(drawn[21, 0, :40, :32].numpy())]


def as_structs(contents: list[bytes]) -> dict[str, Any]:
    rows = range(len(contents))
    images = [{"bytes": content, "path": f"{row}.png"} for row, content in zip(rows, contents, strict=True)]
    facts = {"label": [row % 2 for row in rows], "box": [[row, 1.5] for row in rows]}
    return {"id": [*rows], "Image": images, **facts}


def run(source: str, target: str, *options: str, status: int = 0) -> None:
    assert main(["denoise", source, target, "--weights", "../released", *options]) == status


def cleaned_as_files(contents: list[bytes]) -> list[bytes]:
    """Return what the command makes of the pictures as files of a folder."""
    for row, content in enumerate(contents):
        suffix = ".jpg" if content.startswith(b"\xff\xd8") else ".png"
        Path("files").mkdir(exist_ok=True)
        Path(f"files/{row:02}{suffix}").write_bytes(content)
    run("files", "cleaned")
    return [path.read_bytes() for path in sorted(Path("cleaned").iterdir())]


def test_all_but_the_pictures_stays(contents: list[bytes], capsys: CAPTURE) -> None:
    save_parquet(Path("in.parquet"), as_structs(contents), ["no", "yes"])
    expected = cleaned_as_files(contents)
    capsys.readouterr()
    run("in.parquet", "new/out.parquet")
    before, after = pl.read_parquet("in.parquet"), pl.read_parquet("new/out.parquet")
    assert after["Image"].struct.field("bytes").to_list() == expected
    assert expected != contents
    assert after.schema == before.schema
    paths = pl.col("Image").struct.field("path")
    assert after.with_columns(paths).drop("Image").equals(before.with_columns(paths).drop("Image"))
    metadata = [pl.read_parquet_metadata(path) for path in ("in.parquet", "new/out.parquet")]
    assert metadata[0]["huggingface"] == metadata[1]["huggingface"]
    assert metadata[1].keys() == HUB
    assert [path.name for path in Path("new").iterdir()] == ["out.parquet"]
    line = "in.parquet: 7 high_gaussian, 7 low_gaussian, 2 none, 6 salt_pepper"
    assert capsys.readouterr().out.splitlines() == [line + "".join(f" (1 {remark})" for remark in REMARKS)]


def test_a_column_of_bytes_is_one(contents: list[bytes], capsys: CAPTURE) -> None:
    save_parquet(Path("in.parquet"), {"img": contents, "label": ["x"] * COUNT})
    run("in.parquet", "out.parquet", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told == {
        **{"file": "in.parquet", "out": "out.parquet", "remarks": dict.fromkeys(REMARKS, 1)},
        "noise": {"high_gaussian": 7, "low_gaussian": 7, "salt_pepper": 6, "none": 2},
    }
    assert pl.read_parquet("out.parquet")["img"].to_list() == cleaned_as_files(contents)


@pytest.fixture
def folder(contents: list[bytes]) -> None:
    """Write a folder of Parquet files, and a file that is none."""
    save_parquet(Path("in/data/train-0.parquet"), as_structs(contents[:10]))
    save_parquet(Path("in/data/train-1.parquet"), as_structs(contents[10:]))
    Path("in/README.md").write_text("of faces")


def images(path: str) -> list[bytes]:
    return pl.read_parquet(path)["Image"].struct.field("bytes").to_list()


def files(folder: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()
    }


@pytest.mark.usefixtures("folder")
def test_a_folder_of_them_has_the_same_tree(contents: list[bytes], capsys: CAPTURE) -> None:
    run("in", "out")
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "in/data/train-0.parquet",
        "in/data/train-1.parquet",
    ]
    assert files("out").keys() == {"data/train-0.parquet", "data/train-1.parquet"}
    found = images("out/data/train-0.parquet") + images("out/data/train-1.parquet")
    assert found == cleaned_as_files(contents)


@pytest.mark.usefixtures("folder")
def test_a_run_that_is_stopped_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE) -> None:
    run("in", "expected")
    said = capsys.readouterr()
    reads = CountedReads(stop=9)
    monkeypatch.setattr(rewriting, "read_pages", reads)
    run("in", "out", status=130)
    assert not list(Path("out").rglob("train-*"))
    reads.done = 0
    reads.stop = COUNT
    capsys.readouterr()
    run("in", "out")
    assert reads.done == COUNT - 2 * ROWS, "two shards were finished"
    assert files("out") == files("expected")
    assert capsys.readouterr() == said


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {"image": [b"nothing", b"GIF89a", None]},
            "bad.parquet: row 0: column 'image': no picture of",
        ),
        (
            {"image": [{"bytes": png(np.zeros((8, 8), np.uint8))}, *[{"bytes": None, "path": "1.png"}] * 20]},
            "bad.parquet: row 1: column 'image': no picture, or only the name of one; embed its bytes",
        ),
        ({"image": [b"", b""], "mask": [b"", b""]}, "bad.parquet: 2 columns of pictures (pixels, or bytes)"),
        ({"image": pl.Series([], dtype=pl.Binary)}, "bad.parquet: a table without rows"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    columns: dict[str, Any], said: str, capsys: CAPTURE
) -> None:
    save_parquet(Path("bad.parquet"), columns)
    run("bad.parquet", "out.parquet", status=1)
    assert capsys.readouterr().err.startswith(f"error: {said}")
    assert [path.name for path in Path().iterdir()] == ["bad.parquet"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("in/data/train-0.parquet", "out.csv"), "out.csv: Parquet is written as Parquet; let its name end"),
        (("in/data/train-0.parquet", "in"), "in: is a folder, and in/data/train-0.parquet is a file"),
        (("in/README.md", "out.parquet"), "in/README.md: cannot be read (parquet: File out of"),
        (("in/no.parquet", "out.parquet"), "in/no.parquet: no such file"),
        (("in", "in/out"), "in/out: is in in; write to a folder outside of it"),
        (("in", "in/README.md"), "in/README.md: is a file, and in is a folder"),
        (
            ("in/data/train-0.parquet", "in/data/../data/train-0.parquet"),
            "in/data/../data/train-0.parquet: is one",
        ),
    ],
)
def test_files_are_never_mixed_up(arguments: tuple[str, str], said: str, capsys: CAPTURE) -> None:
    before = files("in")
    run(*arguments, status=1)
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {said}")
    assert files("in") == before


@pytest.mark.usefixtures("folder")
def test_beside_pictures_they_are_left_alone(contents: list[bytes], capsys: CAPTURE) -> None:
    Path("in/1.png").write_bytes(contents[0])
    run("in", "out")
    assert files("out").keys() == {"1.png"}
    assert capsys.readouterr().err.endswith("3 other files left alone\n")


@pytest.fixture
def prefix() -> Iterator[str]:
    """Return an empty prefix in an object store, which is in this process."""
    yield "memory://faces"
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


@pytest.mark.usefixtures("folder")
def test_below_a_prefix_they_are_cleaned_file_by_file(prefix: str, capsys: CAPTURE) -> None:
    run("in", "expected")
    said = capsys.readouterr().out
    MemoryFileSystem().put("in", "/faces/in", recursive=True)
    run(f"{prefix}/in", f"{prefix}/out")
    assert capsys.readouterr().out.replace(f"{prefix}/", "") == said
    MemoryFileSystem().get("/faces/out", "out", recursive=True)
    assert files("out") == files("expected")
    run(f"{prefix}/in", "fetched")
    run("in", f"{prefix}/sent")
    MemoryFileSystem().get("/faces/sent", "sent", recursive=True)
    assert files("sent") == files("fetched") == files("expected")


@pytest.mark.usefixtures("folder")
def test_below_a_prefix_a_broken_one_is_named_and_the_others_are_done_once(
    prefix: str, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    save_parquet(Path("in/data/bad.parquet"), {"image": [b"nothing"]})
    MemoryFileSystem().put("in", "/faces/in", recursive=True)
    run(f"{prefix}/in", f"{prefix}/out", status=1)
    said = capsys.readouterr()
    assert said.err.startswith(f"error: {prefix}/in/data/bad.parquet: row 0: column 'image': no picture of")
    assert [line.partition(": ")[0] for line in said.out.splitlines()] == [
        f"{prefix}/in/data/train-0.parquet",
        f"{prefix}/in/data/train-1.parquet",
    ]
    reads = CountedReads(stop=COUNT)
    monkeypatch.setattr(rewriting, "read_pages", reads)
    run(f"{prefix}/in", f"{prefix}/out", status=1)
    assert reads.done == 1, "that of the broken file"
    assert capsys.readouterr() == said


@pytest.mark.usefixtures("folder")
def test_a_url_of_this_machine_is_a_path(capsys: CAPTURE) -> None:
    run(Path("in").resolve().as_uri(), "out")
    assert capsys.readouterr().out.startswith(f"{Path('in/data/train-0.parquet').resolve()}: ")
    assert len(files("out")) == 2


@pytest.mark.slow
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("cluster", ["one_worker", "two_workers"])
def test_a_cluster_writes_the_bytes_of_the_loop(
    cluster: str, request: pytest.FixtureRequest, capsys: CAPTURE
) -> None:
    run("in", "expected")
    said = capsys.readouterr().out
    request.getfixturevalue(cluster)
    run("in", "out")
    assert files("out") == files("expected")
    assert capsys.readouterr().out == said
