"""`facedenoise noise`: the noise of a task on pictures, folders and CSVs, the same for the same seed."""

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import yaml
from documents import ROOT
from helpers import read_fer_csv
from numpy.typing import NDArray
from PIL import Image
from stand_ins import NOISES, TASKS, close
from torch import Tensor

from facedenoise.cli.main import main
from facedenoise.faces.fer_writer import interleaved_usage, write_fer_csv
from facedenoise.noise import corrupt

CAPTURE = pytest.CaptureFixture[str]
GREY = np.full((64, 64), 128, np.uint8)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def noise(source: str, target: str, task: str = "high_gaussian", seed: int = 0) -> int:
    return main(["noise", source, target, "--task", task, "--seed", str(seed)])


def save(name: str, pixels: NDArray[Any] = GREY) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(name)


def load(name: str) -> NDArray[Any]:
    return np.asarray(Image.open(name))


def test_seed_name_and_task_decide_the_noise() -> None:
    for name in ("one/a.png", "one/b.png", "other/a.png"):
        save(name)
    assert noise("one", "noisy") == 0
    a = load("noisy/a.png")
    assert (a != load("noisy/b.png")).any()
    for seed, same in ((0, True), (1, False)):
        assert noise("other/a.png", "again.png", seed=seed) == 0
        assert (load("again.png") == a).all() == same


@pytest.mark.parametrize("task", TASKS)
def test_each_colour_has_the_noise_of_the_task_on_its_own_and_alpha_has_none(task: str) -> None:
    colours = np.full((256, 256, 4), 128, np.uint8)
    colours[..., 3] = np.arange(256)
    save("photo.png", colours)
    assert noise("photo.png", "noisy.png", task) == 0
    noisy = load("noisy.png")
    np.testing.assert_array_equal(noisy[..., 3], colours[..., 3])
    residual = noisy[..., :3].reshape(-1, 3).astype(float) - 128
    assert (np.abs(np.corrcoef(residual.T) - np.eye(3)) < 0.1).all()
    expected = NOISES[task].corrupt(colours[..., 0], np.random.default_rng(0))
    np.testing.assert_allclose(residual.std(0), expected.std(), rtol=0.03)


def test_a_picture_of_sixteen_bits_stays_one() -> None:
    Path("deep.png").write_bytes(imagecodecs.png_encode(np.full((128, 128, 3), 30000, np.uint16)))
    assert noise("deep.png", "noisy.png") == 0
    noisy = imagecodecs.png_decode(Path("noisy.png").read_bytes())
    assert noisy.dtype == np.uint16
    assert noisy.shape == (128, 128, 3)
    assert (noisy / 65535).std() == pytest.approx(0.06, rel=0.05)
    assert (noisy / 65535).mean() == pytest.approx(30000 / 65535, abs=0.003)


def test_twelve_bits_stay_twelve() -> None:
    Path("deep.png").write_bytes(imagecodecs.png_encode(np.full((128, 128), 2000, np.uint16)))
    assert noise("deep.png", "noisy.png", "salt_pepper") == 0
    values, counts = np.unique(imagecodecs.png_decode(Path("noisy.png").read_bytes()), return_counts=True)
    np.testing.assert_allclose(values, [0, 2000, 4095], atol=8)  # 256 levels
    assert counts[0] + counts[2] == pytest.approx(0.1 * 128**2, rel=0.1)


@pytest.mark.parametrize(("task", "warned"), [("salt_pepper", True), ("any", True), ("high_gaussian", False)])
def test_salt_and_pepper_in_a_jpeg_is_warned_of(task: str, warned: bool, capsys: CAPTURE) -> None:
    for name in ("a.png", "b.jpg", "c.JPEG", "d.jpg"):
        save(f"photos/{name}")
    assert noise("photos", "noisy", task) == 0
    assert noise("photos/a.png", "noisy.jpeg", task) == 0
    assert noise("photos/d.jpg", "noisy.png", task) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    spread = "JPEG spreads black and white pixels over their neighbours; write .png"
    files = ("noisy/b.jpg and 2 other pictures", "noisy.jpeg")
    assert said == [f"warning: {file}: {spread}" for file in files if warned]


def test_a_folder_keeps_its_tree_and_what_is_bad_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    for name in ("a.PNG", "deep/er/b.Tif", "deep/c.bmp", "closed/b.png"):
        save(f"photos/{name}")
    Path("photos/notes.txt").write_text("not a picture")
    Path("photos/m.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    close(Path("photos/closed"), monkeypatch)
    assert noise("photos", "noisy") == 1
    written = {path.relative_to("noisy").as_posix() for path in Path("noisy").rglob("*.*")}
    assert written == {"a.PNG", "deep/er/b.Tif", "deep/c.bmp"}
    said = capsys.readouterr()
    closed, bad = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert closed.startswith("error: photos/closed: cannot be read")
    assert bad.startswith("error: photos/m.png: ")
    assert said.out.endswith("noisy: 3 pictures with high_gaussian noise; 1 other files left alone\n")


def write_csv(images: Tensor) -> None:
    emotion = np.arange(len(images)) % 8 - 1
    write_fer_csv(Path("faces.csv"), images[:, 0].numpy(), emotion, interleaved_usage(len(images)))


@pytest.mark.parametrize("task", TASKS)
def test_a_csv_gets_the_noise_that_the_pipeline_gives_it(drawn: Tensor, task: str) -> None:
    write_csv(drawn)
    assert noise("faces.csv", "noisy.csv", task, seed=3) == 0
    (_, *clean), (images, *noisy) = read_fer_csv(Path("faces.csv")), read_fer_csv(Path("noisy.csv"))
    rows = np.arange(len(drawn))
    expected = corrupt(drawn.numpy(), rows, NOISES[task], seed=3, task=task, draw=0)
    np.testing.assert_array_equal(images, expected)
    assert noisy == clean


def test_other_columns_stay_as_they_are() -> None:
    """With their order and their capitals; a column in Latin-1 keeps its bytes."""
    row = b'7,"a, ""b"" \xe9",' + b" ".join([b"100"] * 64)
    Path("in.csv").write_bytes(b"id,Note, Pixels\r\n" + row + b"\r\n")
    assert noise("in.csv", "out.csv", "salt_pepper") == 0
    header, line = Path("out.csv").read_bytes().splitlines()
    assert header == b"id,Note,Pixels"
    assert line.startswith(b'7,"a, ""b"" \xe9",')
    assert line.count(b" ") == row.count(b" ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("faces.csv", "faces.csv", "salt_pepper"), "faces.csv: is one of the files to read"),
        (("nothing.png", "noisy.png", "salt_pepper"), "nothing.png: no such file"),
        (("faces.csv", "noisy.csv", "salt_pepper"), "faces.csv: line 66"),
        (("faces.csv", "noisy.csv", "dim"), "no task 'dim'; give one of any, high_gaussian, low"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_written(
    drawn: Tensor, arguments: tuple[str, str, str], said: str, capsys: CAPTURE
) -> None:
    write_csv(drawn)
    content = Path("faces.csv").read_bytes() + b"9,1 2 3,Training\n"
    Path("faces.csv").write_bytes(content)
    assert noise(*arguments) == 1
    assert capsys.readouterr().err.startswith(f"error: {said}")
    assert [path.read_bytes() for path in Path().iterdir()] == [content]


def test_given_noise_cannot_be_drawn(capsys: CAPTURE) -> None:
    """The noise of a camera is in its own pictures alone."""
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    content["data"]["noisy"] = ["night"]
    content["tasks"]["high_gaussian"]["noise"] = {"kind": "given", "name": "night"}
    Path("params.yaml").write_text(yaml.safe_dump(content))
    save("grey.png")
    write_fer_csv(Path("faces.csv"), GREY[np.newaxis], np.zeros(1, int), interleaved_usage(1))
    for source, target in (("grey.png", "noisy.png"), ("faces.csv", "noisy.csv")):
        assert noise(source, target) == 1
        error = "error: the noise 'night' is known from pairs alone and cannot be drawn; name another\n"
        assert capsys.readouterr().err.endswith(error)
        assert not Path(target).exists()
