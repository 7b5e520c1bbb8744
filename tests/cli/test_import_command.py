"""`facedenoise import`: a folder of images becomes a CSV that the strict reader takes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from stand_ins import close

from facedenoise.cli.main import main
from facedenoise.data.fer_csv import Block, read_blocks
from facedenoise.data.image_folder import grey_square
from facedenoise.data.splits import write_splits
from facedenoise.images.fer2013 import EMOTIONS, USAGES

CAPTURE = pytest.CaptureFixture[str]
FACES = np.random.default_rng(0).integers(0, 256, (60, 48, 48), dtype=np.uint8)
OUT = Path("out.csv")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def save(name: str, image: Image.Image | None = None, **options: Any) -> None:
    path = Path("faces", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or Image.fromarray(FACES[0])).save(path, **options)


def save_fer_folder(*splits: str) -> None:
    """Write two faces of each emotion to each split, named so that order of path is order of face."""
    names = [f"{split}/{emotion}/" for split in splits for emotion in sorted(EMOTIONS) for _ in range(2)]
    for number, name in enumerate(names):
        save(f"{name}{number:02}.png", Image.fromarray(FACES[number]))


def save_any_folder(count: int) -> None:
    for number in range(count):
        save(f"album {number % 3}/{number:02}.png", Image.fromarray(FACES[number]))


def imported(*options: str, status: int = 0) -> Block:
    assert main(["import", "faces", str(OUT), *options]) == status
    (block,) = read_blocks(OUT)
    return block


def usages(block: Block) -> list[str]:
    return [USAGES[code] for code in block.usage.tolist()]


def test_the_folders_of_fer2013_give_emotions_and_splits() -> None:
    save_fer_folder("test", "train", "validation")
    block = imported()
    np.testing.assert_array_equal(block.images[:, 0], FACES[:42])
    expected = [EMOTIONS.index(emotion) for emotion in sorted(EMOTIONS) for _ in range(2)] * 3
    assert block.emotion.tolist() == expected
    assert usages(block) == ["PrivateTest"] * 14 + ["Training"] * 14 + ["PublicTest"] * 14


def test_a_test_folder_without_a_validation_folder_is_halved() -> None:
    save_fer_folder("test", "train")
    block = imported()
    assert usages(block) == ["PublicTest", "PrivateTest"] * 7 + ["Training"] * 14
    assert block.emotion[:14:2].tolist() == block.emotion[1:14:2].tolist()  # each emotion in both


@pytest.mark.parametrize(
    ("tests", "train", "expected"),
    [
        (["PrivateTest_1", "PrivateTest_2", "PublicTest_3"], "Training_4", [2, 2, 1, 0]),
        (["Training_1", "Training_2", "Training_3", "Training_4"], "PrivateTest_5", [1, 2, 1, 2, 0]),
    ],
)
def test_names_as_fer2013_gives_them_decide_how_the_test_folder_is_split_and_no_more(
    tests: list[str], train: str, expected: list[int]
) -> None:
    for place in (*(f"test/happy/{name}" for name in tests), f"train/happy/{train}"):
        save(f"{place}.png")
    assert imported().usage.tolist() == expected


@pytest.mark.parametrize(("folders", "warned"), [(("val", "test"), True), (("one", "two"), False)])
def test_that_labels_are_lost_without_a_training_folder_is_said(
    folders: tuple[str, str], warned: bool, capsys: CAPTURE
) -> None:
    save_fer_folder(*folders)
    assert (imported().emotion == -1).all()
    assert ("warning: no train/ beside" in capsys.readouterr().err) is warned


def test_what_cannot_be_read_is_named_and_the_rest_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    save_any_folder(30)
    Path("faces/broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    Path("faces/notes.txt").write_text("no picture")
    assert len(imported(status=1).images) == 30
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith("error: faces/broken.png: ")
    Path("faces/broken.png").unlink()
    Path("elsewhere").mkdir()
    Path("faces/linked").symlink_to("../elsewhere")
    close(Path("faces/album 1"), monkeypatch)
    assert len(imported(status=1).images) == 20
    closed, linked = capsys.readouterr().err.splitlines()
    assert closed.startswith("error: faces/album 1: cannot be read")
    assert linked == "warning: faces/linked: a link to a folder, not followed"


@pytest.mark.parametrize(
    ("name", "emotion"), [("Anger", 0), ("HAPPY", 3), ("fearful", 2), ("surprised", 5), ("sadness", 4)]
)
def test_usual_variants_of_the_emotions_are_known(name: str, emotion: int) -> None:
    for split in ("Train", "Val", "Test"):
        save(f"{split}/{name}/1.png")
    assert imported().emotion.tolist() == [emotion] * 3


def test_unknown_folders_are_named(capsys: CAPTURE) -> None:
    for place in ("train/contempt", "val/happy", "test/happy", "extra/happy"):
        save(f"{place}/1.png")
    assert imported().emotion.tolist() == [3, -1, 3]
    said = capsys.readouterr().err
    assert "contempt" in said
    assert "extra" in said


def test_any_folder_is_dealt_at_random_by_its_seed() -> None:
    save_any_folder(60)
    one, again, other = (usages(imported("--seed", seed)) for seed in ("0", "0", "1"))
    assert one == again != other
    for dealt in (one, other):
        assert [dealt.count(name) for name in USAGES] == [48, 6, 6]


def test_three_images_are_enough_and_the_pipeline_takes_the_csv() -> None:
    save_any_folder(3)
    block = imported("--size", "24")
    assert block.images.shape == (3, 1, 24, 24)
    assert sorted(usages(block)) == sorted(USAGES)
    write_splits(OUT, Path("splits"), Path("data.json"), deduplicate=True, min_side=8)


@pytest.mark.parametrize(
    ("folder", "out", "said"),
    [
        ("faces", "faces/out.csv", "faces/out.csv: is in faces"),
        ("faces", "link/album 1/out.csv", "link/album 1/out.csv: is in faces"),
        ("faces", "out.csv.gz", "out.csv.gz: the pipeline goes by the name of the file"),
        ("faces", "out.csv", "faces: no image is left for PublicTest, PrivateTest"),
        ("empty", "out.csv", "empty: no picture in it"),
        ("nowhere", "out.csv", "nowhere: no such folder"),
    ],
)
def test_what_is_refused_is_said_in_one_line_and_nothing_is_written(
    folder: str, out: str, said: str, capsys: CAPTURE
) -> None:
    save("train/happy/1.png")
    save("album 1/1.png")
    Path("link").symlink_to("faces")
    Path("empty").mkdir()
    before = sorted(Path().rglob("*"))
    assert main(["import", folder, out]) == 1
    assert sorted(Path().rglob("*")) == before
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: {said}")


def test_the_square_is_cut_from_the_middle() -> None:
    wide = np.pad(FACES[0], ((0, 0), (10, 10)))
    tall = np.pad(FACES[0], ((7, 7), (0, 0)), constant_values=255)
    for pixels in (wide, tall):
        np.testing.assert_array_equal(grey_square(pixels, 48), FACES[0])


def test_colours_weigh_as_in_bt_601() -> None:
    red, green, blue = (np.full((8, 8, 3), colour, np.uint8) for colour in np.eye(3, dtype=np.uint8) * 255)
    assert [int(grey_square(pixels, 8)[0, 0]) for pixels in (red, green, blue)] == [76, 150, 29]


@pytest.mark.parametrize(("sixteen", "eight"), [(128, 0), (129, 1), (511, 2), (0x80FF, 128), (65535, 255)])
def test_sixteen_bits_are_rounded_to_eight(sixteen: int, eight: int) -> None:
    assert (grey_square(np.full((8, 8), sixteen, np.uint16), 8) == eight).all()


def test_fine_stripes_do_not_alias() -> None:
    stripes = np.tile(np.array([[0, 255]], np.uint8), (480, 240))
    assert np.ptp(grey_square(stripes, 48)[4:-4, 4:-4].astype(int)) <= 2


def test_a_turned_photo_is_imported_upright() -> None:
    exif = Image.Exif()
    exif[274] = 6  # turned a quarter
    turned = ImageOps.exif_transpose(Image.fromarray(FACES[0])).rotate(90, expand=True)
    for split in ("train", "val", "test"):
        save(f"{split}/happy/1.png", turned, exif=exif)
    np.testing.assert_array_equal(imported().images[0, 0], FACES[0])
