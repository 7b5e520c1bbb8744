"""`facedenoise import`: a folder of images becomes a CSV that the strict reader takes."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps
from stand_ins import close
from torch import Tensor

from facedenoise.cli.main import main
from facedenoise.data.fer_csv import Block, read_blocks
from facedenoise.data.image_folder import grey_square
from facedenoise.data.splits import write_splits
from facedenoise.images.fer2013 import EMOTIONS, USAGES

CAPTURE = pytest.CaptureFixture[str]


@pytest.fixture
def faces(drawn: Tensor) -> NDArray[np.uint8]:
    return drawn[:, 0].numpy()


def save(path: Path, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def read(path: Path) -> Block:
    (block,) = read_blocks(path)
    return block


def usages(block: Block) -> list[str]:
    return [USAGES[code] for code in block.usage.tolist()]


def make_fer_folder(folder: Path, faces: NDArray[np.uint8], splits: tuple[str, ...]) -> None:
    """Write two faces of each emotion to each split, named so that order of path is order of face."""
    numbers = iter(range(len(faces)))
    for split in splits:
        for emotion in sorted(EMOTIONS):
            for _ in range(2):
                number = next(numbers)
                save(folder / split / emotion / f"{number:02}.png", faces[number])


def test_the_folders_of_fer2013_give_emotions_and_splits(tmp_path: Path, faces: NDArray[np.uint8]) -> None:
    make_fer_folder(tmp_path / "faces", faces, ("test", "train", "validation"))
    assert main(["import", str(tmp_path / "faces"), str(tmp_path / "out.csv")]) == 0
    block = read(tmp_path / "out.csv")
    np.testing.assert_array_equal(block.images[:, 0], faces[:42])
    expected = [EMOTIONS.index(emotion) for emotion in sorted(EMOTIONS) for _ in range(2)] * 3
    assert block.emotion.tolist() == expected
    assert usages(block) == ["PrivateTest"] * 14 + ["Training"] * 14 + ["PublicTest"] * 14


def test_a_test_folder_without_a_validation_folder_is_halved(
    tmp_path: Path, faces: NDArray[np.uint8]
) -> None:
    make_fer_folder(tmp_path / "faces", faces, ("test", "train"))
    assert main(["import", str(tmp_path / "faces"), str(tmp_path / "out.csv")]) == 0
    block = read(tmp_path / "out.csv")
    assert usages(block) == ["PublicTest", "PrivateTest"] * 7 + ["Training"] * 14
    assert block.emotion[:14:2].tolist() == block.emotion[1:14:2].tolist()  # each emotion in both


def test_names_as_fer2013_gives_them_decide_how_the_test_folder_is_split(
    tmp_path: Path, faces: NDArray[np.uint8]
) -> None:
    for name in ("PrivateTest_1.png", "PrivateTest_2.png", "PublicTest_3.png"):
        save(tmp_path / "faces" / "test" / "happy" / name, faces[0])
    save(tmp_path / "faces" / "train" / "happy" / "Training_4.png", faces[0])
    assert main(["import", str(tmp_path / "faces"), str(tmp_path / "out.csv")]) == 0
    assert usages(read(tmp_path / "out.csv")) == ["PrivateTest", "PrivateTest", "PublicTest", "Training"]


def test_no_name_brings_an_image_of_the_test_folder_into_training(
    tmp_path: Path, faces: NDArray[np.uint8]
) -> None:
    for number in range(4):
        save(tmp_path / "faces" / "test" / "happy" / f"Training_{number}.png", faces[0])
    save(tmp_path / "faces" / "train" / "happy" / "PrivateTest_4.png", faces[0])
    assert main(["import", str(tmp_path / "faces"), str(tmp_path / "out.csv")]) == 0
    assert usages(read(tmp_path / "out.csv")) == ["PublicTest", "PrivateTest"] * 2 + ["Training"]


@pytest.mark.parametrize(("folders", "warned"), [(("val", "test"), True), (("one", "two"), False)])
def test_that_labels_are_lost_without_a_training_folder_is_said(
    tmp_path: Path, faces: NDArray[np.uint8], folders: tuple[str, str], warned: bool, capsys: CAPTURE
) -> None:
    make_fer_folder(tmp_path / "faces", faces, folders)
    assert main(["import", str(tmp_path / "faces"), str(tmp_path / "out.csv")]) == 0
    assert (read(tmp_path / "out.csv").emotion == -1).all()
    assert ("warning: no train/ beside" in capsys.readouterr().err) is warned


def test_a_folder_that_cannot_be_read_is_a_failure_and_a_linked_one_is_named(
    tmp_path: Path, faces: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    make_any_folder(tmp_path / "faces", faces, 30)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "faces" / "linked").symlink_to("../elsewhere")
    close(tmp_path / "faces" / "album 1", monkeypatch)
    assert main(["import", str(tmp_path / "faces"), str(tmp_path / "out.csv")]) == 1
    assert len(read(tmp_path / "out.csv").images) == 20
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"error: {tmp_path / 'faces' / 'album 1'}: cannot be read")
    assert said[1] == f"warning: {tmp_path / 'faces' / 'linked'}: a link to a folder, not followed"


@pytest.mark.parametrize(
    ("name", "emotion"), [("Anger", 0), ("HAPPY", 3), ("fearful", 2), ("surprised", 5), ("sadness", 4)]
)
def test_usual_variants_of_the_emotions_are_known(
    tmp_path: Path, faces: NDArray[np.uint8], name: str, emotion: int
) -> None:
    for split in ("Train", "Val", "Test"):
        save(tmp_path / "faces" / split / name / "1.png", faces[0])
    assert main(["import", str(tmp_path / "faces"), str(tmp_path / "out.csv")]) == 0
    assert read(tmp_path / "out.csv").emotion.tolist() == [emotion] * 3


def test_unknown_folders_are_named(tmp_path: Path, faces: NDArray[np.uint8], capsys: CAPTURE) -> None:
    for place in ("train/contempt", "val/happy", "test/happy", "extra/happy"):
        save(tmp_path / "faces" / place / "1.png", faces[0])
    assert main(["import", str(tmp_path / "faces"), str(tmp_path / "out.csv")]) == 0
    assert read(tmp_path / "out.csv").emotion.tolist() == [3, -1, 3]
    said = capsys.readouterr().err
    assert "contempt" in said
    assert "extra" in said


def make_any_folder(folder: Path, faces: NDArray[np.uint8], count: int) -> None:
    for number in range(count):
        save(folder / f"album {number % 3}" / f"{number:02}.png", faces[number])


def test_any_folder_is_dealt_at_random_by_its_seed(tmp_path: Path, faces: NDArray[np.uint8]) -> None:
    make_any_folder(tmp_path / "faces", faces, 60)
    dealt = {}
    for name, seed in (("one", 0), ("again", 0), ("other", 1)):
        out = tmp_path / f"{name}.csv"
        assert main(["import", str(tmp_path / "faces"), str(out), "--seed", str(seed)]) == 0
        dealt[name] = usages(read(out))
        assert set(read(out).emotion.tolist()) == {-1}
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "again.csv").read_bytes()
    assert dealt["one"] != dealt["other"]
    for usage in dealt.values():
        assert [usage.count(name) for name in USAGES] == [48, 6, 6]


def test_three_images_are_enough(tmp_path: Path, faces: NDArray[np.uint8]) -> None:
    make_any_folder(tmp_path / "faces", faces, 3)
    assert main(["import", str(tmp_path / "faces"), str(tmp_path / "out.csv")]) == 0
    assert sorted(usages(read(tmp_path / "out.csv"))) == sorted(USAGES)


def test_the_pipeline_takes_the_csv(tmp_path: Path, faces: NDArray[np.uint8]) -> None:
    make_any_folder(tmp_path / "faces", faces, 20)
    out = tmp_path / "out.csv"
    assert main(["import", str(tmp_path / "faces"), str(out), "--size", "24"]) == 0
    write_splits(out, tmp_path / "splits", tmp_path / "data.json", deduplicate=True, min_side=8)
    assert read(out).images.shape == (20, 1, 24, 24)


def test_a_bad_file_is_named_and_the_rest_is_done(
    tmp_path: Path, faces: NDArray[np.uint8], capsys: CAPTURE
) -> None:
    make_any_folder(tmp_path / "faces", faces, 10)
    (tmp_path / "faces" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (tmp_path / "faces" / "notes.txt").write_text("no picture")
    assert main(["import", str(tmp_path / "faces"), str(tmp_path / "out.csv")]) == 1
    assert len(read(tmp_path / "out.csv").images) == 10
    said = capsys.readouterr().err
    assert "broken.png" in said
    assert "notes.txt" not in said


def refused(tmp_path: Path, out: Path, capsys: CAPTURE, *options: str) -> str:
    """Import `faces` to where it must not go; give the one line that says so."""
    before = sorted(tmp_path.rglob("*"))
    assert main(["import", str(tmp_path / "faces"), str(out), *options]) == 1
    assert sorted(tmp_path.rglob("*")) == before
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    return line


def test_nothing_is_written_into_the_folder_that_is_read(
    tmp_path: Path, faces: NDArray[np.uint8], capsys: CAPTURE
) -> None:
    make_any_folder(tmp_path / "faces", faces, 10)
    (tmp_path / "link").symlink_to(tmp_path / "faces")
    for out in ("faces/out.csv", "link/album 1/out.csv"):
        assert "out.csv" in refused(tmp_path, tmp_path / out, capsys)


def test_a_split_without_an_image_is_refused(
    tmp_path: Path, faces: NDArray[np.uint8], capsys: CAPTURE
) -> None:
    save(tmp_path / "faces" / "train" / "happy" / "1.png", faces[0])
    assert "PublicTest, PrivateTest" in refused(tmp_path, tmp_path / "out.csv", capsys)


def test_a_folder_without_images_is_refused(tmp_path: Path, capsys: CAPTURE) -> None:
    (tmp_path / "faces").mkdir()
    assert str(tmp_path / "faces") in refused(tmp_path, tmp_path / "out.csv", capsys)


def test_a_missing_folder_is_refused(tmp_path: Path, capsys: CAPTURE) -> None:
    assert str(tmp_path / "faces") in refused(tmp_path, tmp_path / "out.csv", capsys)


def test_a_name_that_the_reader_would_not_take_is_refused(
    tmp_path: Path, faces: NDArray[np.uint8], capsys: CAPTURE
) -> None:
    make_any_folder(tmp_path / "faces", faces, 3)
    assert ".csv" in refused(tmp_path, tmp_path / "out.csv.gz", capsys)


@pytest.mark.parametrize("option", [("--size", "0"), ("--size", "9000"), ("--seed", "-1")])
def test_impossible_numbers_are_usage_errors(tmp_path: Path, option: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["import", str(tmp_path), str(tmp_path / "out.csv"), *option])
    assert caught.value.code == 2


def test_a_face_of_the_right_size_keeps_its_pixels(faces: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(grey_square(faces[0], 48), faces[0])


def test_the_square_is_cut_from_the_middle(faces: NDArray[np.uint8]) -> None:
    wide = np.pad(faces[0], ((0, 0), (10, 10)))
    tall = np.pad(faces[0], ((7, 7), (0, 0)), constant_values=255)
    for pixels in (wide, tall):
        np.testing.assert_array_equal(grey_square(pixels, 48), faces[0])


def test_colours_weigh_as_in_bt_601() -> None:
    red, green, blue = (np.full((8, 8, 3), colour, np.uint8) for colour in np.eye(3, dtype=np.uint8) * 255)
    assert [int(grey_square(pixels, 8)[0, 0]) for pixels in (red, green, blue)] == [76, 150, 29]


@pytest.mark.parametrize(("sixteen", "eight"), [(128, 0), (129, 1), (511, 2), (0x80FF, 128), (65535, 255)])
def test_sixteen_bits_are_rounded_to_eight(sixteen: int, eight: int) -> None:
    assert (grey_square(np.full((8, 8), sixteen, np.uint16), 8) == eight).all()


def test_fine_stripes_do_not_alias() -> None:
    stripes = np.tile(np.array([[0, 255]], np.uint8), (480, 240))
    shrunk = grey_square(stripes, 48)
    assert np.ptp(shrunk[4:-4, 4:-4].astype(int)) <= 2


def test_a_turned_photo_is_imported_upright(tmp_path: Path, faces: NDArray[np.uint8]) -> None:
    exif = Image.Exif()
    exif[274] = 6  # turned a quarter
    turned = ImageOps.exif_transpose(Image.fromarray(faces[0])).rotate(90, expand=True)
    for split in ("train", "val", "test"):
        path = tmp_path / "faces" / split / "happy" / "1.png"
        path.parent.mkdir(parents=True)
        turned.save(path, exif=exif)
    assert main(["import", str(tmp_path / "faces"), str(tmp_path / "out.csv")]) == 0
    np.testing.assert_array_equal(read(tmp_path / "out.csv").images[0, 0], faces[0])
