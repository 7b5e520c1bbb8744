"""The splits: what goes where, what is left out, what is counted, and that nothing half-written remains."""

import errno
import hashlib
import json
import os
import sys
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from face_sources import FACES, HEADER, SIDE, csv_text, line, split_up, words
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from facedenoise.data import splits as splits_module
from facedenoise.data.face import SPLITS
from facedenoise.data.pixels import Decoder
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import EMOTIONS, USAGES
from facedenoise.images.tensors import save_arrays
from stages import run
from stages.split import main

ROOT = Path(__file__).resolve().parents[2]
Row = tuple[int, int, int]  # emotion, usage, number of the face
ONE_EACH: list[Row] = [(0, usage, usage) for usage in range(3)]


def write(folder: Path, rows: list[Row]) -> Path:
    source = folder / "faces.csv"
    lines = [line(FACES[face], emotion, USAGES[usage]) for emotion, usage, face in rows]
    source.write_text(HEADER + "".join(lines))
    return source


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("splits")


def test_each_file_has_the_contract_s_tensors(tmp_path: Path) -> None:
    assert SPLITS == {"train": "Training", "val": "PublicTest", "test": "PrivateTest"}
    splits, _, _ = split_up(write(tmp_path, ONE_EACH * 3))
    for name, split in splits.items():
        flat = {"emotion": np.int64, "row": np.int64, "in_train": np.uint8}
        if name == "train":
            del flat["in_train"]
        assert split.pop("labels") == list(EMOTIONS)
        images = split.pop("images")
        assert (images.dtype, images.shape) == (np.uint8, (3, 1, SIDE, SIDE))
        assert {key: array.dtype for key, array in split.items()} == flat
        assert all(array.shape == (3,) for array in split.values())


# Few faces, so that copies are frequent.
any_rows = st.lists(st.tuples(st.integers(-1, 6), st.integers(0, 2), st.integers(0, 9)), max_size=30)


@given(any_rows, st.booleans(), st.randoms())
@settings(max_examples=60, deadline=None)
def test_rows_keep_their_order_and_only_copies_are_left_out(
    scratch: Path, rows: list[Row], deduplicate: bool, random: Random
) -> None:
    rows = [*rows, *((0, usage, 10 + usage) for usage in range(3))]
    random.shuffle(rows)
    splits, audit, _ = split_up(write(scratch, rows), deduplicate=deduplicate)
    held_out = [face for _, usage, face in rows if usage > 0]
    trained = [face for _, usage, face in rows if usage == 0 and not (deduplicate and face in held_out)]
    for code, name in enumerate(SPLITS):
        of_usage = [(row, emotion, face) for row, (emotion, usage, face) in enumerate(rows) if usage == code]
        kept = [entry for entry in of_usage if name != "train" or entry[2] in trained]
        split = splits[name]
        assert list(zip(split["row"], split["emotion"], strict=True)) == [entry[:2] for entry in kept]
        np.testing.assert_array_equal(split["images"][:, 0], FACES[[face for *_, face in kept]])
        if name != "train":
            assert split["in_train"].tolist() == [face in trained for *_, face in of_usage]
        faces = [face for *_, face in of_usage]
        counts = [sum(emotion == code for _, emotion, _ in of_usage) for code in (*range(7), -1)]
        assert audit[name] == {
            "rows": len(faces),
            "kept": len(kept),
            "left_out": len(faces) - len(kept),
            "constant": 0,
            "copies": len(faces) - len(set(faces)),
            "emotions": dict(zip((*EMOTIONS, "none"), counts, strict=True)),
        }


SMALL_SET: list[Row] = [
    *((3, 0, face) for face in (0, 0, 1, 2)),
    *((4, 1, face) for face in (0, 3, 3)),
    *((-1, 2, face) for face in (2, 0, 0, 3)),
]


def test_the_audit_of_a_small_set(tmp_path: Path) -> None:
    source = write(tmp_path, SMALL_SET)
    source.write_text(source.read_text() + line(np.full((SIDE, SIDE), 200)))
    splits, audit, _ = split_up(source)
    assert splits["train"]["row"].tolist() == [2, 11]
    assert list(audit) == ["image_size", "train", "val", "test", "copies_across", "remarks", "broken"]
    assert audit["image_size"] == SIDE
    assert audit["train"]["constant"] == 1
    assert audit["copies_across"] == {"train_val": 2, "train_test": 3, "val_test": 3}
    assert (tmp_path / "out/data.json").read_text() == json.dumps(audit, indent=2) + "\n"


def test_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    source = tmp_path / "faces.csv"
    source.write_text(csv_text())
    split_up(source)
    hashes = {name: hashlib.sha256(content).hexdigest()[:16] for name, content in contents(tmp_path).items()}
    del hashes["faces.csv"]
    assert hashes == {
        "train.safetensors": "e947a347ee29e0c4",
        "val.safetensors": "6bef7b0931c8793a",
        "test.safetensors": "fcf1e997923e8099",
        "data.json": "1cbc47126634ff79",
    }


def test_the_files_have_the_bytes_that_safetensors_writes(tmp_path: Path) -> None:
    split = split_up(write(tmp_path, ONE_EACH * 700))[0]["val"]
    labels = {"labels": json.dumps(split.pop("labels"))}
    assert (tmp_path / "out/splits/val.safetensors").read_bytes() == save(split, labels)


@pytest.mark.parametrize("present", [{0, 1}, {0, 2}, {1, 2}, {0}])
def test_missing_usages_are_named(tmp_path: Path, present: set[int]) -> None:
    source = write(tmp_path, [row for row in ONE_EACH if row[1] in present])
    with pytest.raises(InputError) as caught:
        split_up(source)
    names = ("train (Training)", "val (PublicTest)", "test (PrivateTest)")
    counts = ", ".join(f"{int(code in present)} in {name}" for code, name in enumerate(names))
    assert str(caught.value).split(";")[0] == f"{source}: column 'Usage': {counts}, 0 in no split"
    assert list(contents(tmp_path)) == ["faces.csv"]


def test_training_rows_that_are_all_copies_are_refused(tmp_path: Path) -> None:
    source = write(tmp_path, [(0, usage, 0) for usage in range(3)])
    with pytest.raises(InputError, match="every training face is a copy"):
        split_up(source)
    assert split_up(source, deduplicate=False)[0]["train"]["row"].tolist() == [0]


def dealt(source: Path) -> dict[int, str]:
    splits, _, _ = split_up(source, split=[0.7, 0.2, 0.1])
    assert not splits["test"]["in_train"].any()
    return {row: name for name, split in splits.items() for row in split["row"].tolist()}


def test_shares_deal_by_the_pixels(tmp_path: Path) -> None:
    """Copies share a split; what is added later moves none; the shares are kept."""
    source = tmp_path / "faces.csv"
    faces = np.random.default_rng(3).integers(0, 256, (2000, SIDE, SIDE), dtype=np.uint8)
    rows = [f"{words(face)}\n" for face in faces]
    source.write_text("pixels\n" + "".join(rows[:1000]))
    before = dealt(source)
    counts = [list(before.values()).count(name) for name in SPLITS]
    assert np.abs(np.array(counts) - [700, 200, 100]).max() < 60
    source.write_text("pixels\n" + "".join(rows + rows[:1000]))
    after = dealt(source)
    assert {row: after[row] for row in before} == before
    assert all(after[row] == after[row + 2000] for row in range(1000))


def test_a_late_malformed_line_leaves_earlier_outputs_as_they_were(tmp_path: Path) -> None:
    source = write(tmp_path, ONE_EACH * 5000)
    split_up(source)
    source.write_text(source.read_text() + "0,1 2 3,Training\n")
    before = contents(tmp_path)
    with pytest.raises(InputError, match="line 15002: column 'pixels'"):
        split_up(source)
    assert contents(tmp_path) == before


FULL_DISK = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("written", range(4))
def test_a_full_disk_leaves_earlier_outputs_as_they_were(tmp_path: Path, written: int) -> None:
    """Whichever of the four files cannot be written, none is replaced."""
    split_up(write(tmp_path, ONE_EACH))
    source = write(tmp_path, ONE_EACH * 2)
    before = contents(tmp_path)
    left = iter([True] * written)

    def write_while_there_is_room(*given: Any) -> None:
        if not next(left, False):
            raise FULL_DISK
        save_arrays(*given)

    with (
        patch.object(splits_module, "save_arrays", write_while_there_is_room),
        patch.object(splits_module, "audit_splits", side_effect=FULL_DISK),
        pytest.raises(InputError, match="No space left on device; make room"),
    ):
        split_up(source)
    assert contents(tmp_path) == before


def anonymous_bytes() -> int:
    """Resident memory without page cache and mapped files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc how much memory is used")
def test_memory_grows_by_a_few_bytes_a_row(tmp_path: Path) -> None:
    row = " ".join(["123"] * 48 * 48)
    lines = [f"0,{number} {row[4:]},{usage}\n" for number, usage in enumerate(USAGES)]
    source, samples, peaks = tmp_path / "faces.csv", [0], []

    def sampled(function: Any) -> Any:
        def watched(*given: Any) -> Any:
            samples.append(anonymous_bytes())
            return function(*given)

        return watched

    for count in (1000, 1000, 11000):  # the first time fills the allocators' pools
        source.write_text("emotion,pixels,Usage\n" + "".join(lines) * count)
        samples.clear()
        with (  # while and after all is read
            patch.object(Decoder, "decode", sampled(Decoder.decode)),
            patch.object(splits_module, "save_arrays", sampled(save_arrays)),
        ):
            split_up(source, deduplicate=False)
        peaks.append(max(samples))
    assert (peaks[2] - peaks[1]) / (3 * 10000) < 230, "bytes a row; the image alone has 2,304"


@pytest.mark.parametrize("content", ["", csv_text() + "0,1,Training\n", "pixels\n1 2 3 4\n", None])
def test_the_stage_fails_with_plain_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    """An empty file, a malformed one, one with too small images, and none."""
    text = (ROOT / "params.yaml").read_text().replace("data/raw/sample.csv", "faces.csv")
    (tmp_path / "params.yaml").write_text(text)
    if content is not None:
        (tmp_path / "faces.csv").write_text(content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"^error: faces.csv: .*;"):
        run(main)
    assert contents(tmp_path).keys() <= {"faces.csv", "params.yaml"}
