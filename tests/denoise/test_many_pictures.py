"""Folders and prefixes of many pictures: shard by shard, here or on a cluster, from where it was stopped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
import torch
from clusters import kill_second_once, running_cluster
from face_sources import save_parquet
from helpers import CountedReads
from object_store import CREDENTIALS, Server
from stand_ins import NOISES, TASKS, work_in_empty_folder

from facedenoise.cli.main import main
from facedenoise.denoise import folders, rewriting
from facedenoise.denoise.folders import Shard, shards_of
from facedenoise.faces.fer_writer import write_fer_csv
from facedenoise.noise import corrupt
from facedenoise.pictures import Picture, read_picture, write_picture

CAPTURE = pytest.CaptureFixture[str]
COUNT = 40


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with stand-ins in `released`, and with small shards."""
    monkeypatch.setattr(folders, "PICTURES", 4)
    return work_in_empty_folder(tmp_path, monkeypatch)


@pytest.fixture
def many(drawn: torch.Tensor) -> None:
    """Write noisy faces into `in`, and a file that is no picture."""
    for row in range(COUNT):
        task = TASKS[row % 3]
        face = corrupt(
            drawn[row : row + 1, 0].numpy(), np.arange(1), NOISES[task], seed=row, task=task, draw=0
        )
        write_picture(Path(f"in/{row % 2}/{row}.png"), Picture(face[0]))
    Path("in/bad.png").write_bytes(b"nothing")


@pytest.fixture(scope="module")
def store() -> Iterator[Server]:
    """Start an object store that the environment names."""
    server = Server()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}"}.items():
            patch.setenv(name, value)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        yield server
    server.stop()


@pytest.fixture(scope="module")
def ray_cluster(store: Server) -> Iterator[Any]:
    """Start a cluster whose machines know the object store."""
    with running_cluster() as started:
        yield started


def run(source: str, target: str, *options: str, status: int = 1) -> None:
    assert main(["denoise", source, target, "--weights", "../released", *options]) == status


def contents(folder: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()
    }


def test_shards_are_many_small_pictures_or_few_large_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_BYTES", 100)
    sizes = {"a": 1, "b": 1, "c": 1, "d": 1, "e": 60, "f": 60, "g": 200, "h": 1}
    assert [shard.names for shard in shards_of(sizes)] == [[*"abcd"], ["e"], ["f"], ["g"], ["h"]]
    assert str(Shard(0, ["a", "b"])) == "a to b"
    assert [*shards_of({})] == []


@pytest.mark.usefixtures("many")
def test_a_run_that_is_stopped_goes_on_from_its_finished_shards(
    monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    run("in", "expected")
    said = capsys.readouterr()
    reads = CountedReads(stop=10)
    monkeypatch.setattr(rewriting, "read_pages", reads)
    run("in", "out", status=130)
    assert 4 <= len([name for name in contents("out") if name.endswith(".png")]) < 10
    reads.done = 0
    reads.stop = COUNT + 2
    capsys.readouterr()
    run("in", "out")
    assert reads.done == COUNT + 1 - 8, "two shards were finished"
    assert contents("out") == contents("expected")
    again = capsys.readouterr()
    assert again.out == said.out
    assert again.err == said.err.replace("expected", "out")


@pytest.mark.usefixtures("many")
def test_other_options_or_pictures_start_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facedenoise.denoise.places.Finished.forget", lambda _: None)
    for option in ([], ["--json"], ["--model", "gan"]):
        run("in", "out", *option)
    Path("in/bad.png").write_bytes(b"longer than it was")
    run("in", "out")
    assert len({name.split("/")[0] for name in contents("out") if name.startswith(".facedenoise")}) == 4


@pytest.mark.slow
@pytest.mark.usefixtures("many")
def test_an_object_store_is_read_and_written_like_a_folder(store: Server, capsys: CAPTURE) -> None:
    run("in", "expected")
    said = capsys.readouterr()
    run("in", "s3://faces/in")
    assert {name for name in store.objects() if name.endswith("/bad.png")} == set(), (
        "what is no picture is not written"
    )
    files = fsspec.filesystem("s3")
    files.put("in", "faces/noisy", recursive=True)
    capsys.readouterr()
    run("s3://faces/noisy", "s3://faces/cleaned")
    again = capsys.readouterr()
    assert again.out.replace("s3://faces/noisy/", "in/") == said.out
    error = "error: s3://faces/noisy/bad.png: no picture of a known format"
    assert again.err.startswith(error)
    files.get("faces/cleaned", "cleaned", recursive=True)
    assert contents("cleaned") == contents("expected")
    assert not [name for name in store.objects() if ".facedenoise" in name]
    run("s3://faces/noisy", "fetched")
    assert contents("fetched") == contents("expected")


@pytest.mark.slow
@pytest.mark.usefixtures("many", "store")
def test_tables_in_an_object_store_are_cleaned_too(capsys: CAPTURE) -> None:
    noisy = [path.read_bytes() for path in sorted(Path("in").rglob("[0-9]*.png"))]
    save_parquet(Path("tables/data/train.parquet"), {"image": noisy})
    run("tables", "expected", status=0)
    said = capsys.readouterr().out
    fsspec.filesystem("s3").put("tables", "faces/tables", recursive=True)
    run("s3://faces/tables", "s3://faces/cleaned_tables", status=0)
    assert capsys.readouterr().out.replace("s3://faces/", "") == said
    fsspec.filesystem("s3").get("faces/cleaned_tables", "cleaned", recursive=True)
    assert contents("cleaned") == contents("expected")


@pytest.mark.slow
@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("s3://faces/here", "s3://faces/here: no picture in it"),
        ("s3://nothing/here", "s3://nothing/here: cannot be reached (The specified bucket does not exist)"),
        ("nothing://x", "nothing://x: cannot be reached (Protocol not known: nothing)"),
    ],
)
def test_a_prefix_that_is_not_there_is_said_in_one_line(source: str, said: str, capsys: CAPTURE) -> None:
    run(source, "out")
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {said}")


@pytest.mark.slow
@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("cluster", ["one_worker", "two_workers"])
def test_a_cluster_writes_the_bytes_of_the_loop(
    cluster: str, request: pytest.FixtureRequest, capsys: CAPTURE
) -> None:
    faces = np.stack([read_picture(path).pixels for path in sorted(Path("in").rglob("[0-9]*.png"))] * 5)
    write_fer_csv(Path("in.csv"), faces, np.zeros(len(faces), int), ["Training"] * len(faces))
    run("in", "expected")
    run("in.csv", "expected.csv", status=0)
    said = capsys.readouterr().out
    request.getfixturevalue(cluster)
    run("in", "out")
    run("in.csv", "out.csv", status=0)
    assert contents("out") == contents("expected")
    assert Path("out.csv").read_bytes() == Path("expected.csv").read_bytes()
    assert capsys.readouterr().out == said


@pytest.mark.slow
@pytest.mark.usefixtures("many")
def test_of_two_machines_one_dies_while_an_object_store_is_cleaned(
    store: Server, request: pytest.FixtureRequest
) -> None:
    run("in", "expected")
    files = fsspec.filesystem("s3")
    files.put("in", "faces/many", recursive=True)
    killer = kill_second_once(
        request.getfixturevalue("two_workers"),
        lambda: [name for name in store.objects() if name.startswith("finished/")],
    )
    run("s3://faces/many", "s3://faces/finished")
    killer.join(timeout=60)
    assert not killer.is_alive()
    files.get("faces/finished", "finished", recursive=True)
    assert contents("finished") == contents("expected")
