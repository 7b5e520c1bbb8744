"""Own pairs: noisy pictures that come with the clean ones, in each form, through the split and the noise."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from face_sources import CODES, FACES, USAGE, png, save_parquet, save_tree, split_up, tree, words
from numpy.typing import NDArray

from facedenoise.errors import InputError
from facedenoise.images.tensors import read_tensors
from stages import noise, split
from stages.paths import SPLIT_NAMES, noisy_file

ROOT = Path(__file__).resolve().parents[2]
NOISY = {"night": 255 - FACES, "dusk": FACES // 2}
Pictures = Mapping[str, NDArray[np.uint8]]


def under(folder: str, pictures: NDArray[np.uint8], suffix: str = "png") -> dict[str, NDArray[np.uint8]]:
    names = [f"{folder}/{name.removesuffix('png')}{suffix}" for name in tree()]
    return dict(zip(names, pictures, strict=True))


def save_folders(path: Path) -> None:
    """Write the noisy pictures of one folder with another end of their names."""
    save_tree(
        path, under("clean", FACES) | under("night", NOISY["night"], "bmp") | under("dusk", NOISY["dusk"])
    )


def save_csv(path: Path) -> None:
    """Write the columns in another order than they are asked for, and one in other case."""
    columns = zip(CODES, NOISY["dusk"], FACES, USAGE, NOISY["night"], strict=True)
    lines = [f"{code},{words(d)},{words(c)},{usage},{words(n)}\n" for code, d, c, usage, n in columns]
    path.write_text("emotion,dusk,pixels,Usage,Night\n" + "".join(lines))


def save_columns(path: Path) -> None:
    pictures = {"image": FACES} | NOISY
    columns = {name: [png(face) for face in faces] for name, faces in pictures.items()}
    save_parquet(path, columns | {"emotion": CODES, "Usage": USAGE})


@pytest.mark.parametrize("save", [save_folders, save_csv, save_columns])
def test_noisy_pictures_are_in_the_order_of_the_clean_ones(
    tmp_path: Path, save: Callable[[Path], None]
) -> None:
    save(tmp_path / "source")
    splits, _, remarks = split_up(tmp_path / "source", noisy=["night", "dusk"])
    assert remarks == []
    for split_ in splits.values():
        rows = split_["row"]
        np.testing.assert_array_equal(split_["images"][:, 0], FACES[rows])
        for name, pictures in NOISY.items():
            np.testing.assert_array_equal(split_[f"noisy/{name}"][:, 0], pictures[rows])


def test_pairs_are_cut_and_coloured_alike(tmp_path: Path) -> None:
    wide = {name: np.pad(face, ((0, 0), (10, 10))) for name, face in tree().items()}
    noisy = {f"night/{name}": 255 - np.stack([face] * 3, -1) for name, face in wide.items()}
    save_tree(tmp_path / "source", {f"clean/{name}": face for name, face in wide.items()} | noisy)
    splits, _, _ = split_up(tmp_path / "source", noisy=["night"], size=8, colour="rgb")
    assert splits["val"]["noisy/night"].shape == (14, 3, 8, 8)
    np.testing.assert_array_equal(splits["val"]["noisy/night"], 255 - splits["val"]["images"])


FIRST = next(iter(tree()))
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a missing one": (
        {f"night/{FIRST}": None},
        f"source/clean/{FIRST}: 0 pictures of its name in source/night; give one in each, with the same",
    ),
    "two of a name": (
        {f"night/{FIRST[:-4]}.jpg": FACES[0]},
        f"source/clean/{FIRST}: 2 pictures of its name in source/night; give one in each",
    ),
    "a surplus one": (
        {"night/train/sad/zz.png": FACES[0]},
        "source/night/train/sad/zz.png: 0 pictures of its name in source/clean; give one in each",
    ),
    "one of another size": (
        {f"night/{FIRST}": FACES[0][:4]},
        f"source/clean/{FIRST}: 8 x 8 pixels and 8 x 4 pixels in one pair; give both the same size",
    ),
    "a broken one": (
        {f"night/{FIRST}": np.empty((0, 0), np.uint8)},
        f"source/clean/{FIRST}: source/night/{FIRST}: no picture of a known format",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("size", [None, 8])
def test_what_has_no_partner_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, size: int | None
) -> None:
    changes, expected = WRONG[kind]
    monkeypatch.chdir(tmp_path)
    pictures = under("clean", FACES) | under("night", NOISY["night"]) | changes
    save_tree(Path("source"), {name: face for name, face in pictures.items() if face is not None})
    with pytest.raises(InputError) as caught:
        split_up(Path("source"), noisy=["night"], size=size)
    [line] = str(caught.value).splitlines()
    assert line.startswith(expected)
    splits, audit, _ = split_up(Path("source"), noisy=["night"], size=size, broken="skip")
    assert audit["broken"] == [line]
    assert splits["train"]["row"][0] == (kind != "a surplus one")
    np.testing.assert_array_equal(splits["train"]["noisy/night"], 255 - splits["train"]["images"])


def test_each_folder_of_noisy_pictures_is_held_to_the_clean_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save_folders(Path("source"))
    Path(f"source/dusk/{FIRST}").rename("source/dusk/1.png")
    Path(f"source/night/{FIRST[:-4]}.bmp").rename("source/night/1.bmp")
    with pytest.raises(InputError) as caught:
        split_up(Path("source"), noisy=["night", "dusk"])
    no_clean, no_night, no_dusk = (
        f"0 pictures of its name in source/{name}" for name in ("clean", "night", "dusk")
    )
    assert [line.split(";")[0] for line in str(caught.value).splitlines()] == [
        f"source/clean/{FIRST}: {no_night}, {no_dusk}",
        f"source/night/1.bmp: {no_clean}",
        f"source/dusk/1.png: {no_clean}",
    ]


def test_clean_pictures_of_one_name_are_told_apart_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which of the two the one noisy picture belongs to is not guessed, not even where others are skipped."""
    monkeypatch.chdir(tmp_path)
    twin = f"clean/{FIRST[:-4]}.bmp"
    save_tree(Path("source"), under("clean", FACES) | under("night", NOISY["night"]) | {twin: FACES[1]})
    splits, audit, _ = split_up(Path("source"), noisy=["night"], broken="skip")
    assert [line.split(";")[0] for line in audit["broken"]] == [
        f"source/{name}: 2 pictures of its name in source/clean" for name in (twin, f"clean/{FIRST}")
    ]
    assert splits["train"]["row"].tolist() == list(range(2, 15))


def test_up_to_ten_without_a_partner_are_named_at_once(tmp_path: Path) -> None:
    save_tree(tmp_path / "source", under("clean", FACES) | {"night/1.png": FACES[0]})
    with pytest.raises(InputError) as caught:
        split_up(tmp_path / "source", noisy=["night"])
    assert len(str(caught.value).splitlines()) == 10


@pytest.mark.parametrize(
    ("save", "said"),
    [
        (lambda path: save_tree(path, tree()), "source/clean: nothing in it that can be read; give"),
        (lambda path: save_tree(path, under("clean", FACES)), "source/fog: nothing in it that can be read"),
        (save_csv, "source: line 1: 0 columns named 'fog' among 'emotion,dusk,pixels,Usag'...; give one"),
        (
            save_columns,
            "source: 0 columns named 'fog' among 'image,night,dusk,emotion'...; give one",
        ),
    ],
)
def test_a_name_that_the_source_does_not_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, save: Callable[[Path], None], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    save(Path("source"))
    with pytest.raises(InputError) as caught:
        split_up(Path("source"), noisy=["fog"])
    assert str(caught.value).startswith(said)


def test_an_empty_field_of_noisy_pixels(tmp_path: Path) -> None:
    (tmp_path / "faces.csv").write_text(f"pixels,night\n{words(FACES[0])},\n")
    with pytest.raises(InputError, match="line 2: column 'night': pixel 1 is ''"):
        split_up(tmp_path / "faces.csv", noisy=["night"])
    (tmp_path / "faces.csv").write_text(f"pixels,night\n{words(FACES[0])},1 2 3 4\n")
    with pytest.raises(InputError, match="line 2: column 'night': 4 pixels; give each image 64, as others"):
        split_up(tmp_path / "faces.csv", noisy=["night"])


def test_a_task_of_given_noise_has_these_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its noise is a copy of what the split has read."""
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    content["data"] |= {"source": "source", "noisy": ["night"]}
    content["tasks"]["camera"] = content["tasks"]["low_gaussian"] | {
        "noise": {"kind": "given", "name": "night"}
    }
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(yaml.safe_dump(content))
    save_tree(Path("source"), under("clean", FACES) | under("night", NOISY["night"]))
    split.main()
    monkeypatch.setattr("sys.argv", ["noise", "camera"])
    noise.main()
    for name in SPLIT_NAMES:
        rows = read_tensors(Path(f"data/splits/{name}.safetensors"))["row"].numpy()
        noisy = read_tensors(noisy_file("camera", name))
        assert noisy.keys() == {"images"}
        np.testing.assert_array_equal(noisy["images"][:, 0], NOISY["night"][rows])
