"""The splits: what goes where, what is left out, what is counted, and that nothing half-written remains."""

import errno
import hashlib
import io
import json
import os
import subprocess
import sys
import tracemalloc
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
from facedenoise.data.fer2013 import EMOTIONS, USAGES
from facedenoise.data.splits import SPLITS, write_splits
from facedenoise.data.streamed import Streamed, write_streamed
from facedenoise.data.tensors import read_tensors
from facedenoise.errors import InputError

ROOT = Path(__file__).resolve().parents[1]
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


def rows_in(tensors: dict[str, torch.Tensor]) -> list[tuple[int, int, list[int]]]:
    """Give (row, emotion, pixels) of each image of a split."""
    pixels = tensors["images"].flatten(1).tolist()
    return list(zip(tensors["row"].tolist(), tensors["emotion"].tolist(), pixels, strict=True))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("splits")


def test_names_stand_for_usages() -> None:
    assert SPLITS == {"train": "Training", "val": "PublicTest", "test": "PrivateTest"}


def test_each_file_has_the_contract_s_tensors(tmp_path: Path) -> None:
    tensors, _ = split_up(tmp_path, ONE_EACH * 3)
    for split in tensors.values():
        assert set(split) == {"images", "emotion", "row"}
        assert split["images"].dtype == torch.uint8
        assert split["images"].shape == (3, 1, SIDE, SIDE)
        assert split["emotion"].dtype == split["row"].dtype == torch.int64
        assert split["emotion"].shape == split["row"].shape == (3,)


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
    for code, name in enumerate(SPLITS):
        of_usage = [
            (row, emotion, pixels) for row, (emotion, usage, pixels) in enumerate(rows) if usage == code
        ]
        drop = deduplicate and name == "train"
        expected = [entry for entry in of_usage if not (drop and entry[2] in held_out)]
        assert rows_in(tensors[name]) == expected
        assert audit[name] == {
            "rows": len(of_usage),
            "kept": len(expected),
            "left_out": len(of_usage) - len(expected),
            "constant": sum(len(set(pixels)) == 1 for _, _, pixels in of_usage),
            "copies": len(of_usage) - len({tuple(pixels) for _, _, pixels in of_usage}),
            "emotions": {
                label: sum(emotion == code for _, emotion, _ in of_usage)
                for label, code in [*zip(EMOTIONS, range(7), strict=True), ("none", -1)]
            },
        }


def test_the_audit_of_a_small_set(tmp_path: Path) -> None:
    a, b, c, d, flat = [1, 2, 3, 4], [1, 2, 3, 5], [4, 3, 2, 1], [9, 9, 9, 8], [7, 7, 7, 7]
    rows: list[Row] = [
        *((3, 0, pixels) for pixels in (a, a, b, c, flat)),
        *((4, 1, pixels) for pixels in (a, d, d)),
        *((-1, 2, pixels) for pixels in (c, a, a, flat, flat)),
    ]
    tensors, audit = split_up(tmp_path, rows)
    assert tensors["train"]["row"].tolist() == [2]
    assert audit["image_size"] == SIDE
    assert audit["copies_across"] == {"train_val": 2, "train_test": 4, "val_test": 1}
    assert {name: audit[name]["copies"] for name in SPLITS} == {"train": 1, "val": 1, "test": 2}
    assert {name: audit[name]["constant"] for name in SPLITS} == {"train": 1, "val": 0, "test": 2}
    assert {name: audit[name]["left_out"] for name in SPLITS} == {"train": 4, "val": 0, "test": 0}
    assert audit["train"]["emotions"]["happy"] == 5
    assert audit["test"]["emotions"]["none"] == 5


def test_the_audit_is_nested_numbers_in_a_fixed_form(tmp_path: Path) -> None:
    _, audit = split_up(tmp_path, ONE_EACH)
    text = (tmp_path / "data.json").read_text()
    assert text == json.dumps(audit, indent=2) + "\n"

    def leaves(tree: object) -> list[object]:
        if not isinstance(tree, dict):
            return [tree]
        return [leaf for branch in tree.values() for leaf in leaves(branch)]

    assert all(type(leaf) is int for leaf in leaves(audit))


def test_same_rows_same_bytes_whatever_the_layout(tmp_path: Path) -> None:
    rows = ONE_EACH * 50
    split_up(tmp_path, rows)
    before = {path.name: path.read_bytes() for path in (tmp_path / "splits").iterdir()}
    source = tmp_path / "faces.csv"
    source.write_bytes(csv_of(rows).replace(b"\n", b"\r\n") + b"\r\n")
    write_splits(source, tmp_path / "splits", tmp_path / "data.json", deduplicate=True)
    assert {path.name: path.read_bytes() for path in (tmp_path / "splits").iterdir()} == before


def test_the_same_bytes_on_every_machine(tmp_path: Path) -> None:
    grey = np.arange(3 * 64 * 16).reshape(-1, 16) * 37 % 251
    split_up(tmp_path, [(row % 8 - 1, row % 3, pixels) for row, pixels in enumerate(grey.tolist())])
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in tmp_path.rglob("*.*")}
    del hashes["faces.csv"]
    assert hashes == {
        "train.safetensors": "9b67eb78f4600c5c",
        "val.safetensors": "2709b378245aa3fe",
        "test.safetensors": "9601dc9d17aef3e9",
        "data.json": "7fb13051f320d471",
    }


def test_the_files_have_the_bytes_that_safetensors_writes(tmp_path: Path) -> None:
    tensors, _ = split_up(tmp_path, ONE_EACH * 700)
    arrays = {name: tensor.numpy() for name, tensor in tensors["val"].items()}
    assert (tmp_path / "splits" / "val.safetensors").read_bytes() == save(arrays)


@pytest.mark.parametrize(
    "pieces", [[np.zeros(2, np.uint8)], [np.zeros(4, np.uint8)], [np.zeros(3)]], ids=["few", "many", "dtype"]
)
def test_pieces_that_do_not_make_up_the_array_are_refused(pieces: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"^images: "):
        write_streamed(io.BytesIO(), {"images": Streamed("uint8", (3,), pieces)})


@pytest.mark.parametrize("missing", range(3))
def test_a_missing_usage_is_named(tmp_path: Path, missing: int) -> None:
    rows = [row for row in ONE_EACH if row[1] != missing]
    with pytest.raises(InputError, match=rf"faces.csv: column 'Usage': no row has {USAGES[missing]}"):
        split_up(tmp_path, rows)
    assert list(tmp_path.rglob("*.*")) == [tmp_path / "faces.csv"]


def test_both_missing_usages_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        split_up(tmp_path, ONE_EACH[:1])
    assert [line.split("no row has ")[1].split(",")[0] for line in str(caught.value).split("\n")] == list(
        USAGES[1:]
    )


def test_training_rows_that_are_all_copies_are_refused(tmp_path: Path) -> None:
    rows: list[Row] = [(0, usage, [1, 2, 3, 4]) for usage in range(3)]
    with pytest.raises(InputError, match="every Training row is a copy"):
        split_up(tmp_path, rows)
    tensors, _ = split_up(tmp_path, rows, deduplicate=False)
    assert tensors["train"]["row"].tolist() == [0]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_late_malformed_line_leaves_earlier_outputs_as_they_were(tmp_path: Path) -> None:
    split_up(tmp_path, ONE_EACH * 5000)
    source = tmp_path / "faces.csv"
    source.write_bytes(source.read_bytes() + b"0,1 2 3,Training\n")
    before = contents(tmp_path)
    with pytest.raises(InputError, match="line 15002, column 'pixels'"):
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

    def write_while_there_is_room(file: IO[bytes], arrays: Mapping[str, Streamed]) -> None:
        if not next(left, False):
            raise FULL_DISK
        write_streamed(file, arrays)

    with (
        patch.object(splits_module, "write_streamed", write_while_there_is_room),
        patch.object(splits_module, "audit_splits", side_effect=FULL_DISK),
        pytest.raises(InputError, match="No space left on device; make room"),
    ):
        write_splits(tmp_path / "faces.csv", tmp_path / "splits", tmp_path / "data.json", deduplicate=True)
    assert contents(tmp_path) == before


def test_memory_grows_by_a_few_bytes_a_row(tmp_path: Path) -> None:
    row = " ".join(["123"] * 48 * 48)
    lines = [f"0,{number} {row[4:]},{usage}\n" for number, usage in enumerate(USAGES)]
    source, peaks = tmp_path / "faces.csv", []
    for count in (1000, 6000):
        source.write_text("emotion,pixels,Usage\n" + "".join(lines) * count)
        tracemalloc.start()
        write_splits(source, tmp_path / "splits", tmp_path / "data.json", deduplicate=False)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / (3 * 5000) < 8, "bytes a row; the digest alone has 16"


def run_stage(folder: Path, csv: Path) -> subprocess.CompletedProcess[str]:
    text = (ROOT / "params.yaml").read_text().replace("data/raw/sample.csv", str(csv))
    (folder / "params.yaml").write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "stages.split"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_stage_writes_its_outs(tmp_path: Path) -> None:
    eight_by_eight = [(emotion, usage, pixels * 16) for emotion, usage, pixels in ONE_EACH]
    (tmp_path / "faces.csv").write_bytes(csv_of(eight_by_eight))
    assert run_stage(tmp_path, tmp_path / "faces.csv").returncode == 0
    outs = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*") if path.is_file()}
    assert outs - {"faces.csv", "params.yaml"} == {
        "data/splits/train.safetensors",
        "data/splits/val.safetensors",
        "data/splits/test.safetensors",
        "reports/data.json",
    }


@pytest.mark.parametrize("content", [b"", b"<html>", csv_of(ONE_EACH) + b"0,1 2 3 4,Training,\n", None])
def test_the_stage_fails_with_plain_lines(tmp_path: Path, content: bytes | None) -> None:
    source = tmp_path / "faces.csv"
    if content is not None:
        source.write_bytes(content)
    stage = run_stage(tmp_path, source)
    assert stage.returncode == 1
    assert f"error: {source}: " in stage.stderr
    assert "Traceback" not in stage.stderr
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= {"faces.csv", "params.yaml"}


def test_images_that_are_too_small_are_refused(tmp_path: Path) -> None:
    (tmp_path / "faces.csv").write_bytes(csv_of(ONE_EACH))
    outs = tmp_path / "splits", tmp_path / "data.json"
    with pytest.raises(InputError, match=r"images of 2 x 2 pixels; give at least 8 x 8$"):
        write_splits(tmp_path / "faces.csv", *outs, deduplicate=True, smallest_side=8)
    assert not list(tmp_path.glob("splits/*"))
