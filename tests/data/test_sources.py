"""The forms other than CSV: the same faces give the same splits, and what is wrong is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from face_sources import (
    CODES,
    FACES,
    FOLDERS,
    SIDE,
    USAGE,
    csv_text,
    png,
    save_parquet,
    save_shards,
    save_tree,
    split_up,
    tree,
    words,
)
from PIL import Image, ImageOps

from facedenoise.errors import InputError
from facedenoise.images.fer2013 import EMOTIONS, USAGES
from facedenoise.pictures.grey import grey_square

EMPTY = np.empty((0, 0), np.uint8)
PICTURES = [png(face) for face in FACES]


@pytest.fixture(scope="module")
def from_csv(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    source = tmp_path_factory.mktemp("csv") / "faces.csv"
    source.write_text(csv_text())
    return split_up(source)[0]


def columns(**changes: Any) -> dict[str, Any]:
    """Return the columns of a Parquet file: bytes, a text as label, a column of splits."""
    names = [EMOTIONS[code] for code in CODES]
    return {"image": PICTURES, "label": names, "split": [FOLDERS[usage] for usage in USAGE]} | changes


OFFICIAL = dict(zip(USAGES, ("FER2013Train", "FER2013Valid", "FER2013Test"), strict=True))
FORMS: dict[str, Callable[[Path], object]] = {
    "folders": lambda path: save_tree(path, tree()),
    "folders one level deeper": lambda path: save_tree(path, tree(around="archive/images/")),
    "folders of FER+": lambda path: save_tree(path, tree(OFFICIAL)),
    "FER2013's own words": lambda path: save_tree(path, tree({usage: usage for usage in USAGES})),
    "labels around splits": lambda path: save_tree(
        path,
        {"/".join([*(parts := name.split("/"))[1::-1], parts[2]]): face for name, face in tree().items()},
    ),
    "shards": save_shards,
    "a Parquet file": lambda path: save_parquet(path, columns()),
    "codes of emotions": lambda path: save_parquet(
        path, {"Emotion": CODES, "img": PICTURES, "Usage": USAGE, "id": CODES}
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_faces_give_the_same_splits_row_for_row(
    tmp_path: Path, from_csv: dict[str, Any], form: str
) -> None:
    FORMS[form](tmp_path / "source")
    splits, _, remarks = split_up(tmp_path / "source")
    assert remarks == []
    for name, expected in from_csv.items():
        assert splits[name].keys() == expected.keys()
        for key, values in expected.items():
            np.testing.assert_array_equal(splits[name][key], values)


def test_a_test_folder_without_validation_is_both(tmp_path: Path) -> None:
    """By names as FER2013 has elsewhere; else every other picture, in the order of the numbers in names."""
    usual = {
        f"{name}/{number}.png": face for name in ("train", "test") for number, face in enumerate(FACES[:12])
    }
    save_tree(tmp_path / "turns", usual)
    splits, _, _ = split_up(tmp_path / "turns", deduplicate=False)
    np.testing.assert_array_equal(splits["val"]["images"][:, 0], FACES[:12:2])
    np.testing.assert_array_equal(splits["test"]["images"][:, 0], FACES[1:12:2])
    named = {f"test/sad/{usage}_{n}.png": FACES[n] for n, usage in enumerate([*USAGES[1:], USAGES[1]])}
    save_tree(tmp_path / "named", named | {"train/sad/PublicTest_7.png": FACES[7]})
    splits, _, _ = split_up(tmp_path / "named")
    assert [len(splits[name]["row"]) for name in ("train", "val", "test")] == [1, 2, 1]


@pytest.mark.parametrize(
    ("pictures", "labels", "counts"),
    [
        (
            {f"CK+48/{name}/{n}.png": FACES[n] for n, name in enumerate(["joy"] * 9 + ["awe"])},
            ["awe", "joy"],
            [1, 9],
        ),
        ({f"{n % 3 + 1}/{n}.png": FACES[n] for n in range(12)}, ["1", "2", "3"], [4, 4, 4]),
        ({f"{n % 12}/{n}.png": FACES[n] for n in range(12)}, list(map(str, range(12))), [1] * 12),
        ({f"{n % 3:02}/{n}.png": FACES[n] for n in range(12)}, ["00", "01", "02"], [4, 4, 4]),
        ({f"{n}.png": FACES[n] for n in range(12)}, [], []),
    ],
)
def test_any_labels(tmp_path: Path, pictures: dict[str, Any], labels: list[str], counts: list[int]) -> None:
    save_tree(tmp_path / "source", pictures)
    splits, audit, remarks = split_up(tmp_path / "source", split=(0.4, 0.3, 0.3))
    assert splits["train"]["labels"] == labels
    emotions = np.concatenate([split["emotion"] for split in splits.values()])
    assert [(emotions == code).sum() for code in range(len(labels))] == counts
    assert [*audit["train"]["emotions"]] == [*labels, "none"]
    assert remarks == ([] if labels else ["no face has a label: what needs them is left out"])


def test_labels_in_one_split_only_are_remarked_on(tmp_path: Path) -> None:
    splits = dict.fromkeys(("val", "test"), "")
    pictures = {f"{name}/{n}.png": FACES[n] for n, name in enumerate(["train/sad", "train/awe", *splits])}
    save_tree(tmp_path / "source", pictures)
    _, audit, remarks = split_up(tmp_path / "source")
    assert remarks == audit["remarks"] == ["labels in train alone: what needs them elsewhere is left out"]


def folder(**pictures: Any) -> Callable[[Path], None]:
    """Return what writes pictures whose names have `__` for `/`."""
    return lambda path: save_tree(path, {f"{k.replace('__', '/')}.png": v for k, v in pictures.items()})


def truncated_jpeg(path: Path) -> None:
    save_tree(path, tree())
    Image.fromarray(np.tile(FACES[0], (20, 20))).save(path / "whole.jpg")
    (path / "train/sad/cut.jpg").write_bytes((path / "whole.jpg").read_bytes()[:9000])
    (path / "whole.jpg").unlink()


def parquet(**changes: Any) -> Callable[[Path], None]:
    return lambda path: save_parquet(
        path, {name: value for name, value in columns(**changes).items() if value}
    )


def with_one(values: list[Any], wrong: Any) -> list[Any]:
    return [*values[:5], wrong, *values[6:]]


NAMED = [{"bytes": None, "path": "1.png"}, {"bytes": PICTURES[1], "path": "2.png"}] * 21


def pointer(name: str) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        path.mkdir()
        (path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")

    return make


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "an empty folder": (Path.mkdir, "source: nothing in it that can be read; give a CSV of faces, Parquet"),
    "pointers to Parquet": (
        pointer("test.parquet"),
        "source/test.parquet: a Git-LFS pointer, not the",
    ),
    "pointers to pictures": (pointer("1.png"), "source/1.png: a Git-LFS pointer, not the file itself; `git"),
    "no splits": (
        folder(sad__1=FACES[0], awe__2=FACES[1]),
        "source: nothing in it says the splits; give shares, as",
    ),
    "some in no split": (
        folder(train__sad__1=FACES[0], test__sad__1=FACES[1], extra__1=FACES[2]),
        "source: 1 faces are in no split, first number 0, counted from 0; move them, or give shares",
    ),
    "no test": (
        folder(train__1=FACES[0], val__1=FACES[1]),
        "source: folders: no row has test; mark some rows so",
    ),
    "two sizes": (
        folder(train__1=FACES[0], train__2=FACES[0][:-1, :-1]),
        "source/train/2.png: 7 x 7 pixels, source/train/1.png has 8 x 8; set data.size for all",
    ),
    "no square": (
        folder(train__1=FACES[0][:-1]),
        "source/train/1.png: 8 x 7 pixels are no square; set data.size",
    ),
    "too small": (folder(train__1=FACES[0][1:, 1:]), "source/train/1.png: 7 x 7 pixels; give at least 8 x 8"),
    "a broken picture": (folder(train__1=EMPTY), "source/train/1.png: no picture of a known format"),
    "a truncated JPEG": (truncated_jpeg, "source/train/sad/cut.jpg: not readable as a picture ("),
    "capitals": (
        folder(train__Sad__1=FACES[0], val__sad__1=FACES[1], test__sad__1=FACES[2]),
        "source: labels 'Sad' and 'sad' differ in capitals alone; give them one name",
    ),
    "Parquet without pictures": (
        parquet(image=None),
        "source: 0 columns of pictures among label, split; give one",
    ),
    "Parquet with names of pictures": (
        parquet(image=NAMED),
        "source: row 0: no picture, or only the name of one",
    ),
    "a broken picture in Parquet": (
        parquet(image=with_one(PICTURES, b"GIF89a")),
        "source: row 5: no picture of a",
    ),
    "no split in Parquet": (
        parquet(split=with_one(["train"] * 42, "trial")),
        "source: row 5: column 'split': 'trial' is no split; write Training, PublicTest, PrivateTest",
    ),
    "a label of another kind": (
        parquet(label=with_one(["sad"] * 42, "7")),
        "source: row 5: column 'label': '7' is no label; write a name, or -1 for none",
    ),
    "a float as label": (
        parquet(label=[1.5] * 42),
        "source: row 0: column 'label': '1.5' is no label; write a whole",
    ),
    "a label that is not listed": (
        lambda path: save_parquet(path, columns(label=with_one([0] * 42, 2)), ["a", "b"]),
        "source: row 5: column 'label': '2' is no label; write one that the file lists, or -1 for none",
    ),
    "no Parquet": (
        lambda path: path.write_bytes(b"PAR1 nothing PAR1"),
        "source: cannot be read (parquet: File out of",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_named_and_nothing_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    make, expected = WRONG[kind]
    monkeypatch.chdir(tmp_path)
    make(Path("source"))
    with pytest.raises(InputError) as caught:
        split_up(Path("source"))
    assert str(caught.value).splitlines()[0].startswith(expected)
    assert all(";" in line for line in str(caught.value).splitlines()), "each says what to do"
    assert not list(Path("out").rglob("*.*"))


def test_broken_pictures_are_left_out_and_listed(tmp_path: Path) -> None:
    save_tree(tmp_path / "source", tree() | {"train/sad/05x.png": EMPTY, "val/sad/99.png": EMPTY})
    with pytest.raises(InputError, match=r"05x.png: .*\n.*99.png: "):
        split_up(tmp_path / "source")
    splits, audit, _ = split_up(tmp_path / "source", broken="skip")
    assert [line.split(": ")[0][-7:] for line in audit["broken"]] == ["05x.png", "/99.png"]
    assert splits["train"]["row"].tolist() == [*range(6), *range(7, 15)], "rows count what is left out"
    assert len(splits["val"]["row"]) == 14


def test_broken_lines_are_left_out_and_listed(tmp_path: Path) -> None:
    source = tmp_path / "faces.csv"
    lines = csv_text().splitlines(keepends=True)
    source.write_text("".join([*lines[:3], "3,1 2,Training\n", "3\n", *lines[3:]]))
    splits, audit, _ = split_up(source, broken="skip")
    assert splits["train"]["row"].tolist() == [0, 1, *range(4, 16)]
    assert [line.split(": ")[1] for line in audit["broken"]] == ["line 4", "line 5"]
    source.write_text(lines[0] + "3,x,Training\n")
    with pytest.raises(InputError, match=r"line 2: .*\n.*faces.csv: no face is left; mend"):
        split_up(source, broken="skip")


def test_sizes_are_made_equal(tmp_path: Path) -> None:
    wide, tall = np.pad(FACES[0], ((0, 0), (10, 10))), np.pad(FACES[0], ((7, 7), (0, 0)), constant_values=255)
    pictures = {"train/1.png": wide, "train/2.png": tall, "val/1.png": FACES[1], "test/1.png": FACES[2]}
    save_tree(tmp_path / "source", pictures)
    splits, audit, _ = split_up(tmp_path / "source", size=SIDE)
    np.testing.assert_array_equal(splits["train"]["images"][:, 0], np.stack([FACES[0]] * 2))
    assert audit["image_size"] == SIDE
    (tmp_path / "faces.csv").write_text(csv_text())
    assert split_up(tmp_path / "faces.csv", size=12)[0]["val"]["images"].shape == (14, 1, 12, 12)


def interleaved(alpha: bool, order: str) -> str:
    """Return a CSV of smooth 16 x 16 pictures of four channels."""
    ramps = np.add.outer(np.arange(16), np.arange(16)) * 4
    channels = [ramps + shift for shift in (0, 60, 120)] + [
        np.full((16, 16), 255) if alpha else ramps[::-1] + 30
    ]
    flat = words(np.stack(channels, -1 if order == "mixed" else 0))
    return "".join(["emotion,pixels,Usage\n", *(f"0,{flat},{usage}\n" for usage in USAGES)])


@pytest.mark.parametrize(
    ("alpha", "order"), [(True, "mixed"), (False, "mixed"), (True, "stacked"), (False, "stacked")]
)
def test_four_channels_are_not_read_as_grey(tmp_path: Path, alpha: bool, order: str) -> None:
    (tmp_path / "rgba.csv").write_text(interleaved(alpha, order))
    with pytest.raises(InputError, match="1024 values are 16 x 16 pixels of four channels; give one grey"):
        split_up(tmp_path / "rgba.csv")


def test_true_pictures_of_that_size_are_read(tmp_path: Path, drawn: Any) -> None:
    """Smooth ones, noise, and a constant one."""
    noise = np.random.default_rng(1).integers(0, 256, (48, 48))
    images = [*drawn[:, 0].numpy(), noise, np.full((48, 48), 255)]
    rows = [f"0,{words(image)},{USAGES[number % 3]}\n" for number, image in enumerate(images * 3)]
    for start in range(0, len(images)):
        (tmp_path / "faces.csv").write_text("emotion,pixels,Usage\n" + "".join(rows[start : start + 3]))
        assert split_up(tmp_path / "faces.csv", deduplicate=False)[1]["image_size"] == 48


def test_three_channels_are_named(tmp_path: Path) -> None:
    (tmp_path / "rgb.csv").write_text(f"pixels\n{' '.join(['1'] * 192)}\n")
    with pytest.raises(InputError, match="192 values, as 8 x 8 pixels of three channels; give grey ones"):
        split_up(tmp_path / "rgb.csv")


@pytest.mark.parametrize("most", [15, 1])
def test_pixels_of_few_bits_are_remarked_on(tmp_path: Path, most: int) -> None:
    save_tree(tmp_path / "source", {name: face % (most + 1) for name, face in tree().items()})
    _, audit, remarks = split_up(tmp_path / "source")
    assert remarks == audit["remarks"]
    assert remarks[0].startswith(f"no pixel is brighter than {most} of 255")


def test_colours_weigh_as_in_bt_601_and_sixteen_bits_are_rounded() -> None:
    red, green, blue = (np.full((8, 8, 3), colour, np.uint8) for colour in np.eye(3, dtype=np.uint8) * 255)
    assert [int(grey_square(pixels, 8)[0, 0]) for pixels in (red, green, blue)] == [76, 150, 29]
    for sixteen, eight in ((128, 0), (129, 1), (511, 2), (0x80FF, 128), (65535, 255)):
        assert (grey_square(np.full((8, 8), sixteen, np.uint16), None) == eight).all()


def test_fine_stripes_do_not_alias() -> None:
    stripes = np.tile(np.array([[0, 255]], np.uint8), (480, 240))
    assert np.ptp(grey_square(stripes, 48)[4:-4, 4:-4].astype(int)) <= 2


def test_a_turned_photo_is_read_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6  # turned a quarter
    turned = ImageOps.exif_transpose(Image.fromarray(FACES[0])).rotate(90, expand=True)
    for split in FOLDERS.values():
        (tmp_path / "source" / split).mkdir(parents=True)
        turned.save(tmp_path / "source" / split / "1.png", exif=exif)
    np.testing.assert_array_equal(
        split_up(tmp_path / "source", deduplicate=False)[0]["val"]["images"][0, 0], FACES[0]
    )
