"""The forms other than CSV: the same faces give the same splits, and what is wrong is named."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from face_sources import (
    CODES,
    FACES,
    FOLDERS,
    HEADER,
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
from numpy.typing import NDArray
from PIL import Image, ImageOps

from facedenoise.errors import InputError
from facedenoise.images.fer2013 import EMOTIONS, USAGES
from facedenoise.pictures.squares import square

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


def save_parts(path: Path) -> None:
    """Write a CSV for each split, which its name or that of its folder says."""
    for part, usage in zip(("train", "val/faces", "test"), USAGES, strict=True):
        rows = [
            f"{code},{words(face)}\n"
            for code, face, of in zip(CODES, FACES, USAGE, strict=True)
            if of == usage
        ]
        (path / part).parent.mkdir(parents=True, exist_ok=True)
        (path / f"{part}.csv").write_text("emotion,pixels\n" + "".join(rows))


OFFICIAL = dict(zip(USAGES, ("FER2013Train", "FER2013Valid", "FER2013Test"), strict=True))
FORMS: dict[str, Callable[[Path], object]] = {
    "folders": lambda path: save_tree(path, tree()),
    "folders one level deeper": lambda path: save_tree(path, tree(around="archive/images/")),
    "folders of sets": lambda path: save_tree(
        path, tree(dict(zip(USAGES, ("train_set", "Dev Images", "test-faces"), strict=True)))
    ),
    "folders of FER+": lambda path: save_tree(path, tree(OFFICIAL)),
    "FER2013's own words": lambda path: save_tree(path, tree({usage: usage for usage in USAGES})),
    "labels around splits": lambda path: save_tree(
        path,
        {"/".join([*(parts := name.split("/"))[1::-1], parts[2]]): face for name, face in tree().items()},
    ),
    "a CSV for each split": save_parts,
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


@pytest.mark.parametrize("labelled", ["train", "test"])
def test_labels_in_some_shards_only(tmp_path: Path, labelled: str) -> None:
    for name, usage in zip(("train", "val", "test"), USAGES, strict=True):
        rows = [row for row in range(42) if USAGE[row] == usage]
        labels = {"label": [CODES[row] for row in rows]} if name == labelled else {}
        pictures = [PICTURES[row] for row in rows]
        save_parquet(
            tmp_path / f"source/{name}.parquet", {"image": pictures, **labels}, EMOTIONS if labels else ()
        )
    splits, _, remarks = split_up(tmp_path / "source")
    for name, split in splits.items():
        codes = CODES[:14] if name == "train" else CODES[28:]
        assert split["emotion"].tolist() == (codes if name == labelled else [-1] * 14)
        assert split["labels"] == list(EMOTIONS)
    assert remarks == [f"labels in {labelled} alone: what needs them elsewhere is left out"]


def test_names_and_numbers_as_labels_are_remarked_on(tmp_path: Path) -> None:
    names = ["sad", "3", "happy", "nan", "x1"]
    save_tree(
        tmp_path / "source", {f"{FOLDERS[USAGE[n]]}/{names[n % 5]}/{n}.png": FACES[n] for n in range(42)}
    )
    _, _, remarks = split_up(tmp_path / "source")
    assert remarks == ["labels are both numbers and names, as '3' and 'happy': taken as they are"]


def test_with_shares_words_for_splits_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "faces.csv").write_text(csv_text())
    expected, _, _ = split_up(tmp_path / "faces.csv", split=(0.4, 0.3, 0.3))
    (tmp_path / "faces.csv").write_text(csv_text().replace("Training", "part 1").replace("PublicTest", ""))
    splits, _, _ = split_up(tmp_path / "faces.csv", split=(0.4, 0.3, 0.3))
    assert [splits[name]["row"].tolist() for name in splits] == [
        expected[name]["row"].tolist() for name in splits
    ]


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


def parquet_and_csv(path: Path) -> None:
    save_shards(path)
    (path / "faces.csv").write_text(csv_text())


def pointer_among_shards(path: Path) -> None:
    save_shards(path)
    (path / "test-00000-of-00001.parquet").write_text("version https://git-lfs.github.com/spec/v1\n")


def shards_unlike(path: Path) -> None:
    save_parquet(path / "train.parquet", {"image": PICTURES})
    save_parquet(path / "test.parquet", {"img": PICTURES, "label": CODES})


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "an empty folder": (Path.mkdir, "source: nothing in it that can be read; give a CSV of faces, Parquet"),
    "pointers to Parquet": (
        pointer("test.parquet"),
        "source/test.parquet: a Git-LFS pointer, not the",
    ),
    "a pointer among Parquet": (
        pointer_among_shards,
        "source/test-00000-of-00001.parquet: a Git-LFS pointer, not the file itself; `git lfs pull`",
    ),
    "pointers to pictures": (pointer("1.png"), "source/1.png: a Git-LFS pointer, not the file itself; `git"),
    "no splits": (
        folder(sad__1=FACES[0], awe__2=FACES[1]),
        "source: names of files and folders: 0 in train (Training), 0 in val (PublicTest), "
        "0 in test (PrivateTest), 2 in no split, the first is number 0 from 0; put faces into all",
    ),
    "some in no split": (
        folder(train__sad__1=FACES[0], test__sad__1=FACES[1], extra__1=FACES[2]),
        "source: names of files and folders: 1 in train (Training), 0 in val (PublicTest), "
        "1 in test (PrivateTest), 1 in no split, the first is number 0 from 0; put faces into all",
    ),
    "no test": (
        folder(train__1=FACES[0], val__1=FACES[1]),
        "source: names of files and folders: 1 in train (Training), 1 in val (PublicTest), "
        "0 in test (PrivateTest), 0 in no split; put faces into all three, or give shares, as",
    ),
    "no test among files": (
        lambda path: save_parquet(path / "train.parquet", {"image": PICTURES}),
        "source: names of files and folders: 42 in train (Training), 0 in val (PublicTest), 0 in test",
    ),
    "Parquet beside a CSV": (
        parquet_and_csv,
        "source: these tables are no parts of one: faces.csv, test-00000-of-00001.parquet, train-00000-of-",
    ),
    "lists of labels": (
        parquet(label=[[1]] * 42),
        "source: column 'label': List(Int64); give one number or text a face",
    ),
    "structs as splits": (
        parquet(split=[{"a": "train"}] * 42),
        "source: column 'split': Struct({'a': String}); give one number or text a face",
    ),
    "numbers as splits": (
        parquet(split=[0] * 42),
        "source: row 0: column 'split': '0' is no split; write Training",
    ),
    "shards with pictures of another name": (
        shards_unlike,
        "source: these tables are no parts of one: test.parquet, train.parquet; take out and name the one",
    ),
    "two sizes": (
        folder(train__1=FACES[0], train__2=FACES[0][:-1, :-1]),
        "source/train/2.png: 7 x 7 pixels; give 8 x 8, as source/train/1.png has, or set data.size",
    ),
    "no square": (
        folder(train__1=FACES[0][:-1]),
        "source/train/1.png: 8 x 7 pixels; give squares, 8 x 8 or larger, or set data.size",
    ),
    "too small": (folder(train__1=FACES[0][1:, 1:]), "source/train/1.png: 7 x 7 pixels; give squares, 8 x 8"),
    "a broken picture": (folder(train__1=EMPTY), "source/train/1.png: no picture of a known format"),
    "a truncated JPEG": (truncated_jpeg, "source/train/sad/cut.jpg: not readable as a picture ("),
    "capitals": (
        folder(train__Sad__1=FACES[0], val__sad__1=FACES[1], test__sad__1=FACES[2]),
        "source: labels 'Sad' and 'sad' differ in capitals alone; give them one name",
    ),
    "Parquet without pictures": (
        parquet(image=None),
        "source: 0 columns of pictures (pixels, or bytes) among 'label,split'; give one",
    ),
    "Parquet with names of pictures": (
        parquet(image=NAMED),
        "source: row 0: column 'image': no picture, or only the name of one",
    ),
    "a broken picture in Parquet": (
        parquet(image=with_one(PICTURES, b"nothing")),
        "source: row 5: column 'image': no picture of a",
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
    bad = {"train/sad/05x.png": EMPTY, "val/sad/98.png": FACES[0][1:, 1:], "val/sad/99.png": EMPTY}
    save_tree(tmp_path / "source", tree() | bad)
    with pytest.raises(
        InputError, match=r"05x.png: .*\n.*98.png: 7 x 7 pixels; give 8 x 8, as .*\n.*99.png: "
    ):
        split_up(tmp_path / "source")
    splits, audit, _ = split_up(tmp_path / "source", broken="skip")
    assert [line.split(": ")[0][-7:] for line in audit["broken"]] == ["05x.png", "/98.png", "/99.png"]
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


RAMPS = np.add.outer(np.arange(16), np.arange(16)) * 4
COLOURS = np.stack([RAMPS, RAMPS + 60, RAMPS[::-1] + 120], -1).astype(np.uint8)  # smooth, 16 x 16
WORDS = {2: "two channels, grey and alpha", 3: "three channels, RGB", 4: "four channels, RGB and alpha"}


def channels_of(channels: int, alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    colours = COLOURS[..., :1] if channels == 2 else COLOURS
    return colours if channels == 3 else np.concatenate([colours, alpha], -1)


def save_values(path: Path, pictures: Sequence[NDArray[Any]]) -> None:
    """Write a CSV in which each split has each picture."""
    lines = [f"0,{words(picture)},{usage}\n" for usage in USAGES for picture in pictures]
    path.write_text(HEADER + "".join(lines))


@pytest.mark.parametrize("alpha", ["opaque", "half"])
@pytest.mark.parametrize("order", ["one pixel after the other", "one channel after the other"])
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_values_of_several_channels_are_read_by_their_neighbours(
    tmp_path: Path, channels: int, order: str, alpha: str
) -> None:
    opacity = np.full((16, 16, 1), 255, np.uint8) if alpha == "opaque" else COLOURS[:, ::-1, 1:2] // 2
    picture = channels_of(channels, opacity)
    save_values(tmp_path / "faces.csv", [picture if "pixel" in order else np.moveaxis(picture, -1, 0)])
    splits, audit, _ = split_up(tmp_path / "faces.csv", colour="rgb", deduplicate=False)
    expected = COLOURS[..., [0, 0, 0]] if channels == 2 else COLOURS
    np.testing.assert_array_equal(splits["val"]["images"][0], np.moveaxis(expected, -1, 0))
    what = f"{channels * 256} values are 16 x 16 pixels of {WORDS[channels]}, {order}"
    assert audit["remarks"][0] == f"pixels: {what}"
    splits, _, _ = split_up(tmp_path / "faces.csv", deduplicate=False)
    np.testing.assert_array_equal(splits["val"]["images"][0], square(expected))


@pytest.mark.parametrize("order", ["one pixel after the other", "one channel after the other"])
def test_alpha_before_rgb(tmp_path: Path, order: str) -> None:
    picture = np.concatenate([np.full((16, 16, 1), 255, np.uint8), COLOURS], -1)
    save_values(tmp_path / "faces.csv", [picture if "pixel" in order else np.moveaxis(picture, -1, 0)])
    splits, audit, _ = split_up(tmp_path / "faces.csv", colour="rgb", deduplicate=False)
    np.testing.assert_array_equal(splits["val"]["images"][0], np.moveaxis(COLOURS, -1, 0))
    what = f"1024 values are 16 x 16 pixels of four channels, alpha and RGB, {order}"
    assert audit["remarks"][0] == f"pixels: {what}"


def test_true_pictures_of_that_size_are_read(tmp_path: Path, drawn: Any) -> None:
    """Smooth ones, noise, and a constant one."""
    noise = np.random.default_rng(1).integers(0, 256, (48, 48))
    images = [*drawn[:, 0].numpy(), noise, np.full((48, 48), 255)]
    rows = [f"0,{words(image)},{USAGES[number % 3]}\n" for number, image in enumerate(images * 3)]
    for start in range(0, len(images)):
        (tmp_path / "faces.csv").write_text("emotion,pixels,Usage\n" + "".join(rows[start : start + 3]))
        assert split_up(tmp_path / "faces.csv", deduplicate=False)[1]["image_size"] == 48


def test_noise_of_equal_channels_is_read_pixel_by_pixel(tmp_path: Path) -> None:
    """Nothing but the channels is alike there."""
    grey = np.random.default_rng(2).integers(0, 256, (9, 16, 16, 1), dtype=np.uint8)
    for picture in (np.repeat(grey, 3, -1), np.concatenate([*[grey] * 3, np.full_like(grey, 255)], -1)):
        save_values(tmp_path / "faces.csv", [*picture])
        splits, _, _ = split_up(tmp_path / "faces.csv", deduplicate=False)
        np.testing.assert_array_equal(splits["test"]["images"], np.moveaxis(grey, -1, 1))


def test_colour_pictures_are_colour_or_become_grey(tmp_path: Path) -> None:
    """Copies are counted over all channels; grey pictures have three equal ones."""
    pictures = {f"{name}/1.png": COLOURS for name in ("train", "val", "test")}
    pictures |= {"train/2.png": COLOURS[..., 0], "val/2.png": COLOURS[..., [0, 1, 1]]}
    save_tree(tmp_path / "source", pictures)
    splits, audit, remarks = split_up(tmp_path / "source", colour="rgb", deduplicate=False)
    np.testing.assert_array_equal(splits["train"]["images"][0], np.moveaxis(COLOURS, -1, 0))
    np.testing.assert_array_equal(splits["train"]["images"][1], np.stack([COLOURS[..., 0]] * 3))
    assert splits["val"]["in_train"].tolist() == [1, 0]
    assert audit["copies_across"] == {"train_val": 1, "train_test": 1, "val_test": 1}
    assert remarks == ["no face has a label: what needs them is left out"]
    grey, _, _ = split_up(tmp_path / "source", deduplicate=False)
    np.testing.assert_array_equal(grey["train"]["images"][0], square(COLOURS))


@pytest.mark.parametrize("most", [15, 1])
def test_pixels_of_few_bits_are_remarked_on(tmp_path: Path, most: int) -> None:
    save_tree(tmp_path / "source", {name: face % (most + 1) for name, face in tree().items()})
    _, audit, remarks = split_up(tmp_path / "source")
    assert remarks == audit["remarks"]
    found = f"{most + 1} different values, up to {most} of 255"
    assert remarks[0] == f"pixels seem to have only {found}: made from fewer bits? taken as they are"


def remarks_on_values(path: Path, pictures: NDArray[np.uint8], **changes: Any) -> list[str]:
    save_values(path, [*pictures])
    return split_up(path, deduplicate=False, **changes)[2]


def test_what_is_odd_in_well_formed_pixels_is_remarked_on(tmp_path: Path, drawn: Any) -> None:
    faces, path = drawn[:, 0].numpy(), tmp_path / "faces.csv"
    assert remarks_on_values(path, faces) == []
    turned = {
        "have rows for columns": faces.swapaxes(1, 2),
        "upside down": faces[:, ::-1],
        "turned to the left": np.rot90(faces, 1, (1, 2)),
        "turned to the right": np.rot90(faces, -1, (1, 2)),
        "inverted": 255 - faces,
    }
    for how, pictures in turned.items():
        [remark] = remarks_on_values(path, pictures)
        assert how in remark
    stretched = faces // 16 * 17
    assert remarks_on_values(path, stretched)[0].startswith("pixels seem to have only 16 different values")
    coloured = np.stack([faces, faces // 2, np.full_like(faces, 7)], -1)
    remarks = remarks_on_values(path, coloured, colour="rgb")
    assert remarks[-1].startswith("blue seems to be 7 everywhere")
    assert remarks_on_values(path, faces, colour="rgb")[0].startswith("the pictures seem to be all grey")


def save_deep(path: Path, scale: int) -> None:
    """Write the faces as pictures of 16 bits, of whose range they take only a part."""
    for name, face in tree().items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face.astype(np.uint16) * scale).save(path / name)


@pytest.mark.parametrize(("scale", "brightest"), [(1, 1), (16, 16)])
def test_pictures_that_leave_most_of_16_bits_empty(tmp_path: Path, scale: int, brightest: int) -> None:
    save_deep(tmp_path / "source", scale)
    [remark] = split_up(tmp_path / "source")[2]
    assert f"different values, up to {brightest} of 255: made from fewer bits?" in remark


def test_a_parquet_file_of_another_name_is_read(tmp_path: Path, from_csv: dict[str, Any]) -> None:
    save_parquet(tmp_path / "data.csv", columns())
    splits, _, _ = split_up(tmp_path / "data.csv")
    np.testing.assert_array_equal(splits["test"]["images"], from_csv["test"]["images"])


def test_folders_of_digits_need_no_warning(tmp_path: Path) -> None:
    pictures = {f"{name}/{n % 7}/{n}.png": FACES[n] for name in ("train", "test") for n in range(21)}
    save_tree(tmp_path / "source", pictures)
    splits, _, remarks = split_up(tmp_path / "source", deduplicate=False)
    assert splits["train"]["labels"] == list("0123456")
    assert splits["train"]["emotion"].tolist() == [n % 7 for n in range(21)]
    assert remarks == []


def test_fine_stripes_do_not_alias() -> None:
    stripes = np.tile(np.array([[0, 255]], np.uint8), (480, 240))
    assert np.ptp(square(stripes, 48)[0, 4:-4, 4:-4].astype(int)) <= 2


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
