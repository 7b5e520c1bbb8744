"""`facedenoise noise`: the noise of a task on pictures, folders and CSVs, the same for the same seed."""

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from PIL import Image
from stand_ins import close
from torch import Tensor

from facedenoise.cli.main import main
from facedenoise.data.fer_csv import read_blocks
from facedenoise.data.fer_writer import interleaved_usage, write_fer_csv
from facedenoise.noise import corrupt
from facedenoise.params import TASKS, Task
from facedenoise.strengths import STRENGTHS

CAPTURE = pytest.CaptureFixture[str]
ROOT = Path(__file__).resolve().parents[1]
GREY = np.full((64, 64), 128, np.uint8)


def noise(source: Path, target: Path, task: str = "high_gaussian", seed: int = 0) -> int:
    return main(["noise", str(source), str(target), "--task", task, "--seed", str(seed)])


def save(path: Path, pixels: NDArray[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def load(path: Path) -> NDArray[Any]:
    return np.asarray(Image.open(path))


def test_strengths_are_those_of_the_pipelines_params() -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text())["noise"]
    assert {task: vars(strength) for task, strength in STRENGTHS.items()} == {
        task: params[task] for task in TASKS
    }


@pytest.mark.parametrize(("task", "sigma"), [("low_gaussian", 0.02), ("high_gaussian", 0.06)])
def test_gaussian_noise_has_the_sigma_of_its_task(tmp_path: Path, task: str, sigma: float) -> None:
    source = save(tmp_path / "grey.png", np.full((256, 256), 128, np.uint8))
    assert noise(source, tmp_path / "noisy.png", task) == 0
    residual = load(tmp_path / "noisy.png") / 255 - 128 / 255
    assert residual.std() == pytest.approx(sigma, rel=0.02)
    assert abs(residual.mean()) < 0.001


def test_salt_and_pepper_replaces_one_pixel_in_ten(tmp_path: Path) -> None:
    source = save(tmp_path / "grey.png", np.full((256, 256), 128, np.uint8))
    assert noise(source, tmp_path / "noisy.png", "salt_pepper") == 0
    noisy = load(tmp_path / "noisy.png")
    assert set(np.unique(noisy).tolist()) == {0, 128, 255}
    assert (noisy == 0).mean() == pytest.approx(0.05, abs=0.005)
    assert (noisy == 255).mean() == pytest.approx(0.05, abs=0.005)


def test_seed_name_and_task_decide_the_noise(tmp_path: Path) -> None:
    for name in ("one/a.png", "one/b.png", "other/a.png"):
        save(tmp_path / name, GREY)
    assert noise(tmp_path / "one", tmp_path / "noisy") == 0
    a, b = load(tmp_path / "noisy" / "a.png"), load(tmp_path / "noisy" / "b.png")
    assert (a != b).any()
    for seed, same in ((0, True), (1, False)):
        assert noise(tmp_path / "other" / "a.png", tmp_path / "again.png", seed=seed) == 0
        assert (load(tmp_path / "again.png") == a).all() == same


@pytest.mark.parametrize("task", TASKS)
def test_each_colour_has_noise_of_its_own_and_alpha_has_none(tmp_path: Path, task: str) -> None:
    colours = np.full((64, 64, 4), 128, np.uint8)
    colours[..., 3] = np.arange(64)
    assert noise(save(tmp_path / "photo.png", colours), tmp_path / "noisy.png", task) == 0
    noisy = load(tmp_path / "noisy.png")
    np.testing.assert_array_equal(noisy[..., 3], colours[..., 3])
    residual = noisy[..., :3].reshape(-1, 3).astype(float) - 128
    assert (np.abs(np.corrcoef(residual.T) - np.eye(3)) < 0.1).all()


def test_a_picture_of_sixteen_bits_stays_one(tmp_path: Path) -> None:
    source, target = tmp_path / "deep.png", tmp_path / "noisy.png"
    source.write_bytes(imagecodecs.png_encode(np.full((128, 128, 3), 30000, np.uint16)))
    assert noise(source, target) == 0
    noisy = imagecodecs.png_decode(target.read_bytes())
    assert noisy.dtype == np.uint16
    assert noisy.shape == (128, 128, 3)
    assert (noisy / 65535).std() == pytest.approx(0.06, rel=0.05)
    assert (noisy / 65535).mean() == pytest.approx(30000 / 65535, abs=0.003)


def test_a_folder_keeps_its_tree_and_other_files_are_left_alone(tmp_path: Path) -> None:
    for name in ("a.png", "deep/er/b.jpg", "deep/c.bmp"):
        save(tmp_path / "photos" / name, GREY)
    (tmp_path / "photos" / "notes.txt").write_text("not a picture")
    assert noise(tmp_path / "photos", tmp_path / "noisy") == 0
    written = {str(path.relative_to(tmp_path / "noisy")) for path in (tmp_path / "noisy").rglob("*.*")}
    assert written == {"a.png", "deep/er/b.jpg", "deep/c.bmp"}


def test_a_bad_picture_is_named_and_the_rest_is_done(tmp_path: Path, capsys: CAPTURE) -> None:
    for name in ("a.png", "z.png"):
        save(tmp_path / "photos" / name, GREY)
    (tmp_path / "photos" / "m.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert noise(tmp_path / "photos", tmp_path / "noisy") == 1
    assert sorted(path.name for path in (tmp_path / "noisy").iterdir()) == ["a.png", "z.png"]
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert "m.png" in line


def test_a_folder_that_cannot_be_read_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    for name in ("a.png", "closed/b.png"):
        save(tmp_path / "photos" / name, GREY)
    close(tmp_path / "photos/closed", monkeypatch)
    assert noise(tmp_path / "photos", tmp_path / "noisy") == 1
    assert f"error: {tmp_path / 'photos/closed'}: cannot be read" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "noisy").iterdir()] == ["a.png"]


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path, capsys: CAPTURE) -> None:
    source = save(tmp_path / "a.png", GREY)
    (tmp_path / "file").touch()
    assert noise(source, tmp_path / "file/b.png") == 1
    assert f"error: {tmp_path / 'file/b.png'}: cannot be written (" in capsys.readouterr().err


@pytest.fixture
def csv(tmp_path: Path, drawn: Tensor) -> Path:
    emotion = np.arange(len(drawn)) % 8 - 1
    write_fer_csv(tmp_path / "faces.csv", drawn[:, 0].numpy(), emotion, interleaved_usage(len(drawn)))
    return tmp_path / "faces.csv"


@pytest.mark.parametrize("task", TASKS)
def test_a_csv_gets_the_noise_that_the_pipeline_gives_it(csv: Path, drawn: Tensor, task: Task) -> None:
    target = csv.with_name("noisy.csv")
    assert noise(csv, target, task, seed=3) == 0
    (clean,), (noisy,) = read_blocks(csv), read_blocks(target)
    rows = np.arange(len(drawn))
    expected = corrupt(drawn.numpy(), rows, STRENGTHS[task], seed=3, task=task, draw=0)
    np.testing.assert_array_equal(noisy.images, expected)
    np.testing.assert_array_equal(noisy.emotion, clean.emotion)
    np.testing.assert_array_equal(noisy.usage, clean.usage)


def refused(source: Path, target: Path, capsys: CAPTURE) -> str:
    """Make noise where it must not go; give the one line that says so."""
    before = source.read_bytes() if source.is_file() else None
    assert noise(source, target) == 1
    assert before is None or source.read_bytes() == before
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    return line


def test_a_malformed_csv_is_refused_whole(csv: Path, capsys: CAPTURE) -> None:
    csv.write_text(csv.read_text() + "9,1 2 3,Training\n")
    target = csv.with_name("noisy.csv")
    assert f"{csv}: line 66" in refused(csv, target, capsys)
    assert not target.exists()


def test_the_input_is_never_written_over(csv: Path, capsys: CAPTURE) -> None:
    folder = csv.parent
    picture = save(folder / "photos" / "a.png", GREY)
    (folder / "link.png").symlink_to(picture)
    for source, target in (
        (picture, picture),
        (picture, folder / "link.png"),
        (csv, csv),
        (folder / "photos", folder / "photos"),
        (folder / "photos", folder / "photos" / "noisy"),
    ):
        assert refused(source, target, capsys).startswith(f"error: {target}: ")
    np.testing.assert_array_equal(load(picture), GREY)


def test_a_compressed_name_for_a_csv_is_refused(csv: Path, capsys: CAPTURE) -> None:
    assert ".csv" in refused(csv, csv.with_name("noisy.csv.gz"), capsys)


def test_a_missing_file_is_refused(tmp_path: Path, capsys: CAPTURE) -> None:
    assert "nothing.png" in refused(tmp_path / "nothing.png", tmp_path / "noisy.png", capsys)


def test_the_task_has_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["noise", str(tmp_path / "a.png"), str(tmp_path / "b.png")])
    assert caught.value.code == 2
