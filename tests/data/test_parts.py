"""Sources of many tables: each is read by itself, here or on a cluster, and all together make the splits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from face_sources import CODES, FACES, FOLDERS, USAGE, csv_text, png, save_parquet, split_up, words

from facedenoise.errors import InputError
from facedenoise.images.fer2013 import EMOTIONS

Columns = dict[str, list[Any]]
PER_PART = 4
NUMBERS = range(len(FACES))


def parts_of(**changes: list[Any]) -> dict[str, Columns]:
    """Return the columns of some faces each, by the name that says their split; copies are in other parts."""
    labels: list[Any] = [EMOTIONS[code] for code in CODES]
    images: list[Any] = [png(face) for face in FACES]
    columns: Columns = {"image": images, "label": labels} | changes
    parts = {}
    for usage, split in FOLDERS.items():
        rows = [number for number in NUMBERS if USAGE[number] == usage]
        for part, start in enumerate(range(0, len(rows), PER_PART)):
            own = rows[start : start + PER_PART]
            parts[f"{split}-{part:02}"] = {name: [all_[row] for row in own] for name, all_ in columns.items()}
    return parts


def save_parquets(folder: Path, parts: dict[str, Columns]) -> None:
    for name, columns in parts.items():
        save_parquet(folder / f"{name}.parquet", columns)


def save_csvs(folder: Path, parts: dict[str, Columns]) -> None:
    folder.mkdir(parents=True)
    for name, columns in parts.items():
        lines = zip(columns["label"], map(words, columns["pixels"]), strict=True)
        text = "".join(f"{label},{pixels}\n" for label, pixels in lines)
        (folder / f"{name}.csv").write_text("emotion,pixels\n" + text)


FACES_TWICE = [FACES[number - number % 3] for number in NUMBERS]  # copies, also across parts and splits
FORMS: dict[str, Callable[[Path], None]] = {
    "Parquet": lambda path: save_parquets(path, parts_of(image=[png(face) for face in FACES_TWICE])),
    "CSV": lambda path: save_csvs(path, parts_of(pixels=FACES_TWICE, label=CODES)),
}


@pytest.mark.parametrize("form", FORMS)
def test_many_tables_are_one_source(tmp_path: Path, form: str) -> None:
    rows = zip(CODES, map(words, FACES_TWICE), USAGE, strict=True)
    (tmp_path / "one").mkdir()
    (tmp_path / "one/faces.csv").write_text(
        "emotion,pixels,Usage\n" + "".join(f"{code},{pixels},{usage}\n" for code, pixels, usage in rows)
    )
    FORMS[form](tmp_path / "many/source")
    (one, *_), (many, *_) = split_up(tmp_path / "one/faces.csv"), split_up(tmp_path / "many/source")
    assert [path.read_bytes() for path in outs(tmp_path / "many")] == [
        path.read_bytes() for path in outs(tmp_path / "one")
    ]
    assert len(many["train"]["row"]) == len(one["train"]["row"]) < USAGE.count("Training")


def test_what_a_killed_run_has_left_goes_with_the_next_one(tmp_path: Path) -> None:
    left = tmp_path / "out/splits/.scratch/images"
    left.parent.mkdir(parents=True)
    left.touch()
    FORMS["Parquet"](tmp_path / "source")
    split_up(tmp_path / "source")
    assert outs(tmp_path)


def outs(folder: Path) -> list[Path]:
    found = sorted(path for path in (folder / "out").rglob("*") if path.is_file())
    assert [path.name for path in found] == [
        "data.json",
        "test.safetensors",
        "train.safetensors",
        "val.safetensors",
    ]
    return found


def test_problems_are_told_in_the_order_of_the_parts(tmp_path: Path) -> None:
    images = [png(face) for face in FACES]
    for number in (1, 6, 20, 41):
        images[number] = b"nothing"
    save_parquets(tmp_path / "source", parts_of(image=images))
    with pytest.raises(InputError) as caught:
        split_up(tmp_path / "source")
    told = [line.split(": ")[:2] for line in str(caught.value).splitlines()]
    names = ["train-00", "train-01", "validation-01", "test-03"]
    places = zip(names, (1, 2, 2, 1), strict=True)
    assert told == [[f"{tmp_path}/source/{name}.parquet", f"row {row}"] for name, row in places]
    splits, audit, _ = split_up(tmp_path / "source", broken="skip")
    assert len(audit["broken"]) == 4
    rows = np.concatenate([split["row"] for split in splits.values()])
    assert sorted(rows) == [number for number in NUMBERS if number not in (1, 6, 20, 41)]


def test_of_many_problems_ten_are_told(tmp_path: Path) -> None:
    save_parquets(tmp_path / "source", parts_of(image=[b"nothing"] * len(FACES)))
    with pytest.raises(InputError) as caught:
        split_up(tmp_path / "source")
    assert len(str(caught.value).splitlines()) == 10


def test_all_parts_have_the_size_of_the_first_face(tmp_path: Path) -> None:
    images = [png(face) for face in FACES]
    images[4] = png(np.zeros((9, 9), np.uint8))  # the first of the second part
    save_parquets(tmp_path / "source", parts_of(image=images))
    first = f"{tmp_path}/source/train-00.parquet: row 0"
    with pytest.raises(InputError, match=rf"train-01.*: row 0: 9 x 9 pixels; give 8 x 8, as {first} has"):
        split_up(tmp_path / "source")
    assert len(split_up(tmp_path / "source", broken="skip")[0]["train"]["row"]) == 13


def test_labels_of_all_parts_are_of_one_kind(tmp_path: Path) -> None:
    labels = ["sad"] * 28 + ["3"] * 14  # in the parts of test
    save_parquets(tmp_path / "source", parts_of(label=labels))
    with pytest.raises(
        InputError, match=r"source: column 'label': '3' is no label; write a name, or -1 for none$"
    ):
        split_up(tmp_path / "source")


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cluster", ["one_worker", "two_workers"])
def test_a_cluster_writes_the_bytes_of_the_loop(
    tmp_path: Path, form: str, cluster: str, request: pytest.FixtureRequest
) -> None:
    FORMS[form](tmp_path / "source")
    split_up(tmp_path / "source")
    expected = [path.read_bytes() for path in outs(tmp_path)]
    request.getfixturevalue(cluster)
    split_up(tmp_path / "source")
    assert [path.read_bytes() for path in outs(tmp_path)] == expected


@pytest.mark.slow
def test_a_cluster_reads_a_single_file(tmp_path: Path, two_workers: Any) -> None:
    (tmp_path / "faces.csv").write_text(csv_text())
    assert len(split_up(tmp_path / "faces.csv")[0]["train"]["row"]) == 14
