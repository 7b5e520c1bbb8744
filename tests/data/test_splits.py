"""The splits: what goes where, what is left out, what is counted, and that nothing half-written remains."""

import errno
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import IO, Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from facedenoise.data import splits as splits_module
from facedenoise.data.splits import SPLITS, write_splits
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import EMOTIONS, USAGES
from facedenoise.images.streamed import Streamed, write_streamed
from facedenoise.images.tensors import read_tensors
from stages import run
from stages.split import main

ROOT = Path(__file__).resolve().parents[2]
SIDE = 2

Row = tuple[int, int, list[int]]  # emotion, usage, pixels

ONE_EACH: list[Row] = [(0, usage, [usage] * 3 + [9]) for usage in range(3)]


def csv_of(rows: list[Row]) -> bytes:
    lines = [f"{emotion},{' '.join(map(str, pixels))},{USAGES[usage]}\n" for emotion, usage, pixels in rows]
    return ("emotion,pixels,Usage\n" + "".join(lines)).encode()


def split_up(
    folder: Path, rows: list[Row], *, deduplicate: bool = True
) -> tuple[dict[str, dict[str, torch.Tensor]], dict[str, Any]]:
    """Write the CSV, split it, read all outputs."""
    source = folder / "faces.csv"
    source.write_bytes(csv_of(rows))
    write_splits(source, folder / "splits", folder / "data.json", deduplicate=deduplicate)
    tensors = {name: read_tensors(folder / "splits" / f"{name}.safetensors") for name in SPLITS}
    return tensors, json.loads((folder / "data.json").read_text())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("splits")


def test_each_file_has_the_contract_s_tensors(tmp_path: Path) -> None:
    assert SPLITS == {"train": "Training", "val": "PublicTest", "test": "PrivateTest"}
    tensors, _ = split_up(tmp_path, ONE_EACH * 3)
    for name, split in tensors.items():
        flat = {"emotion": torch.int64, "row": torch.int64, "in_train": torch.uint8}
        if name == "train":
            del flat["in_train"]
        images = split.pop("images")
        assert (images.dtype, images.shape) == (torch.uint8, (3, 1, SIDE, SIDE))
        assert {key: tensor.dtype for key, tensor in split.items()} == flat
        assert all(tensor.shape == (3,) for tensor in split.values())


# Few pixel values, so that copies and constant images are frequent.
any_rows = st.lists(
    st.tuples(st.integers(-1, 6), st.integers(0, 2), st.lists(st.integers(254, 255), min_size=4, max_size=4)),
    max_size=30,
)


@given(any_rows, st.booleans(), st.randoms())
@settings(max_examples=150, deadline=None)
def test_rows_keep_their_order_and_only_copies_are_left_out(
    scratch: Path, rows: list[Row], deduplicate: bool, random: Random
) -> None:
    rows = [*rows, *ONE_EACH]
    random.shuffle(rows)
    tensors, audit = split_up(scratch, rows, deduplicate=deduplicate)
    held_out = [pixels for _, usage, pixels in rows if usage > 0]
    trained = [pixels for _, usage, pixels in rows if usage == 0 and not (deduplicate and pixels in held_out)]
    for code, name in enumerate(SPLITS):
        of_usage = [(row, *rest) for row, (*rest, usage, pixels) in enumerate(rows) if usage == code]
        images = [pixels for _, usage, pixels in rows if usage == code]
        kept = [name != "train" or pixels in trained for pixels in images]
        split = {key: tensor.tolist() for key, tensor in tensors[name].items()}
        expected = [entry for entry, keep in zip(of_usage, kept, strict=True) if keep]
        assert list(zip(split["row"], split["emotion"], strict=True)) == expected
        assert tensors[name]["images"].flatten(1).tolist() == [rows[row][2] for row in split["row"]]
        if name != "train":
            assert split["in_train"] == [pixels in trained for pixels in images]
        assert audit[name] == {
            "rows": len(images),
            "kept": sum(kept),
            "left_out": len(images) - sum(kept),
            "constant": sum(len(set(pixels)) == 1 for pixels in images),
            "copies": len(images) - len(set(map(tuple, images))),
            "emotions": {
                label: sum(emotion == code for _, emotion in of_usage)
                for label, code in [*zip(EMOTIONS, range(7), strict=True), ("none", -1)]
            },
        }


A, B, C, D, FLAT = [1, 2, 3, 4], [1, 2, 3, 5], [4, 3, 2, 1], [9, 9, 9, 8], [7, 7, 7, 7]
SMALL_SET: list[Row] = [
    *((3, 0, pixels) for pixels in (A, A, B, C, FLAT)),
    *((4, 1, pixels) for pixels in (A, D, D)),
    *((-1, 2, pixels) for pixels in (C, A, A, FLAT, D)),
]


def test_the_audit_of_a_small_set(tmp_path: Path) -> None:
    tensors, audit = split_up(tmp_path, SMALL_SET)
    assert tensors["train"]["row"].tolist() == [2]
    assert list(audit) == ["image_size", "train", "val", "test", "copies_across"]
    assert audit["image_size"] == SIDE
    assert audit["copies_across"] == {"train_val": 2, "train_test": 4, "val_test": 3}
    assert (tmp_path / "data.json").read_text() == json.dumps(audit, indent=2) + "\n"


def test_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    grey = np.arange(3 * 64 * 16).reshape(-1, 16) * 37 % 251
    split_up(tmp_path, [(row % 8 - 1, row % 3, pixels) for row, pixels in enumerate(grey.tolist())])
    hashes = {name: hashlib.sha256(content).hexdigest()[:16] for name, content in contents(tmp_path).items()}
    del hashes["faces.csv"]
    assert hashes == {
        "train.safetensors": "fdbb49ee1e75be8a",
        "val.safetensors": "e8c07f292a3e63db",
        "test.safetensors": "98273dde2d070125",
        "data.json": "7fb13051f320d471",
    }


def test_the_files_have_the_bytes_that_safetensors_writes(tmp_path: Path) -> None:
    tensors, _ = split_up(tmp_path, ONE_EACH * 700)
    arrays = {name: tensor.numpy() for name, tensor in tensors["val"].items()}
    labels = {"labels": json.dumps(EMOTIONS)}
    assert (tmp_path / "splits" / "val.safetensors").read_bytes() == save(arrays, labels)


@pytest.mark.parametrize("present", [{0, 1}, {0, 2}, {1, 2}, {0}])
def test_missing_usages_are_named(tmp_path: Path, present: set[int]) -> None:
    with pytest.raises(InputError) as caught:
        split_up(tmp_path, [row for row in ONE_EACH if row[1] in present])
    start = f"{tmp_path / 'faces.csv'}: column 'Usage': no row has "
    missing = [start + usage for code, usage in enumerate(USAGES) if code not in present]
    assert [line.split(";")[0] for line in str(caught.value).split("\n")] == missing
    assert list(contents(tmp_path)) == ["faces.csv"]


def test_training_rows_that_are_all_copies_are_refused(tmp_path: Path) -> None:
    rows: list[Row] = [(0, usage, [1, 2, 3, 4]) for usage in range(3)]
    with pytest.raises(InputError, match="every Training row is a copy"):
        split_up(tmp_path, rows)
    tensors, _ = split_up(tmp_path, rows, deduplicate=False)
    assert tensors["train"]["row"].tolist() == [0]


def test_a_late_malformed_line_leaves_earlier_outputs_as_they_were(tmp_path: Path) -> None:
    split_up(tmp_path, ONE_EACH * 20_000)
    source = tmp_path / "faces.csv"
    source.write_bytes(source.read_bytes() + b"0,1 2 3,Training\n")
    before = contents(tmp_path)
    with pytest.raises(InputError, match="line 60002: column 'pixels'"):
        write_splits(source, tmp_path / "splits", tmp_path / "data.json", deduplicate=True)
    assert contents(tmp_path) == before


FULL_DISK = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("written", range(4))
def test_a_full_disk_leaves_earlier_outputs_as_they_were(tmp_path: Path, written: int) -> None:
    """Whichever of the four files cannot be written, none is replaced."""
    split_up(tmp_path, ONE_EACH)
    (tmp_path / "faces.csv").write_bytes(csv_of(ONE_EACH * 2))
    before = contents(tmp_path)
    left = iter([True] * written)

    def write_while_there_is_room(
        file: IO[bytes], arrays: Mapping[str, Streamed], metadata: Mapping[str, str]
    ) -> None:
        if not next(left, False):
            raise FULL_DISK
        write_streamed(file, arrays, metadata)

    with (
        patch.object(splits_module, "write_streamed", write_while_there_is_room),
        patch.object(splits_module, "audit_splits", side_effect=FULL_DISK),
        pytest.raises(InputError, match="No space left on device; make room"),
    ):
        write_splits(tmp_path / "faces.csv", tmp_path / "splits", tmp_path / "data.json", deduplicate=True)
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

    def sampled(name: str) -> Any:
        function = getattr(splits_module, name)

        def watched(*given: Any) -> Any:
            result = function(*given)
            samples.append(anonymous_bytes())
            return result

        return patch.object(splits_module, name, watched)

    for count in (1000, 1000, 6000):  # the first time fills the allocators' pools
        source.write_text("emotion,pixels,Usage\n" + "".join(lines) * count)
        samples.clear()
        with sampled("_remembered"), sampled("write_streamed"):  # while and after all is read
            write_splits(source, tmp_path / "splits", tmp_path / "data.json", deduplicate=False)
        peaks.append(max(samples))
    assert (peaks[2] - peaks[1]) / (3 * 5000) < 230, "bytes a row; the image alone has 2,304"


@pytest.mark.parametrize("content", [b"", csv_of(ONE_EACH) + b"0,1,Training\n", csv_of(ONE_EACH), None])
def test_the_stage_fails_with_plain_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    """An empty file, a malformed one, one with too small images, and none."""
    text = (ROOT / "params.yaml").read_text().replace("data/raw/sample.csv", "faces.csv")
    (tmp_path / "params.yaml").write_text(text)
    if content is not None:
        (tmp_path / "faces.csv").write_bytes(content)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"^error: faces.csv: .*;"):
        run(main)
    assert contents(tmp_path).keys() <= {"faces.csv", "params.yaml"}
