"""`facedenoise noise`: the noise of a task on pictures, folders and CSVs, the same for the same seed."""

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from PIL import Image
from stand_ins import NOISES, TASKS, close
from torch import Tensor

from facedenoise.cli.main import main
from facedenoise.data.fer_csv import read_blocks
from facedenoise.data.fer_writer import interleaved_usage, write_fer_csv
from facedenoise.noise import corrupt

CAPTURE = pytest.CaptureFixture[str]
ROOT = Path(__file__).resolve().parents[2]
GREY = np.full((64, 64), 128, np.uint8)


def noise(source: Path, target: Path, task: str = "high_gaussian", seed: int = 0) -> int:
    return main(["noise", str(source), str(target), "--task", task, "--seed", str(seed)])


def save(path: Path, pixels: NDArray[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def load(path: Path) -> NDArray[Any]:
    return np.asarray(Image.open(path))


@pytest.mark.parametrize("task", TASKS)
def test_a_grey_picture_gets_the_noise_of_its_task(tmp_path: Path, task: str) -> None:
    source = save(tmp_path / "grey.png", np.full((256, 256), 128, np.uint8))
    assert noise(source, tmp_path / "noisy.png", task) == 0
    expected = NOISES[task].corrupt(load(source), np.random.default_rng(0))
    assert load(tmp_path / "noisy.png").std() == pytest.approx(expected.std(), rel=0.03)


def test_the_noise_of_a_new_task_comes_from_the_params(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    monkeypatch.chdir(tmp_path)
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params["tasks"]["shot"] = {**params["tasks"]["low_gaussian"], "noise": {"kind": "poisson", "peak": 100}}
    Path("params.yaml").write_text(yaml.safe_dump(params))
    save(Path("grey.png"), np.full((256, 256), 128, np.uint8))
    assert noise(Path("grey.png"), Path("noisy.png"), "shot") == 0
    assert (load(Path("noisy.png")) / 255).var() == pytest.approx(128 / 255 / 100, rel=0.03)
    assert noise(Path("grey.png"), Path("noisy.png"), "dim") == 1
    known = "high_gaussian, low_gaussian, salt_pepper, shot"
    assert capsys.readouterr().err == f"error: no task 'dim'; give one of {known}\n"


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


def test_a_folder_keeps_its_tree_and_what_is_bad_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    for name in ("a.png", "deep/er/b.jpg", "deep/c.bmp", "closed/b.png"):
        save(tmp_path / "photos" / name, GREY)
    (tmp_path / "photos" / "notes.txt").write_text("not a picture")
    (tmp_path / "photos" / "m.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    close(tmp_path / "photos/closed", monkeypatch)
    assert noise(tmp_path / "photos", tmp_path / "noisy") == 1
    written = {str(path.relative_to(tmp_path / "noisy")) for path in (tmp_path / "noisy").rglob("*.*")}
    assert written == {"a.png", "deep/er/b.jpg", "deep/c.bmp"}
    said = capsys.readouterr()
    closed, bad = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert closed.startswith(f"error: {tmp_path / 'photos/closed'}: cannot be read")
    assert bad.startswith(f"error: {tmp_path / 'photos/m.png'}: ")
    assert said.out.endswith("noisy: 3 pictures with high_gaussian noise; 1 other files left alone\n")


@pytest.fixture
def csv(tmp_path: Path, drawn: Tensor) -> Path:
    emotion = np.arange(len(drawn)) % 8 - 1
    write_fer_csv(tmp_path / "faces.csv", drawn[:, 0].numpy(), emotion, interleaved_usage(len(drawn)))
    return tmp_path / "faces.csv"


@pytest.mark.parametrize("task", TASKS)
def test_a_csv_gets_the_noise_that_the_pipeline_gives_it(csv: Path, drawn: Tensor, task: str) -> None:
    target = csv.with_name("noisy.csv")
    assert noise(csv, target, task, seed=3) == 0
    (clean,), (noisy,) = read_blocks(csv), read_blocks(target)
    rows = np.arange(len(drawn))
    expected = corrupt(drawn.numpy(), rows, NOISES[task], seed=3, task=task, draw=0)
    np.testing.assert_array_equal(noisy.images, expected)
    np.testing.assert_array_equal(noisy.emotion, clean.emotion)
    np.testing.assert_array_equal(noisy.usage, clean.usage)


def refused(source: Path, target: Path, capsys: CAPTURE) -> str:
    """Make noise where it must not go; return the one line that says so."""
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


def test_where_noise_must_not_go_is_said(csv: Path, capsys: CAPTURE) -> None:
    missing = csv.with_name("nothing.png")
    assert refused(csv, csv, capsys).startswith(f"error: {csv}: is one of the files to read")
    assert ".csv" in refused(csv, csv.with_name("noisy.csv.gz"), capsys)
    assert refused(missing, csv.with_name("noisy.png"), capsys).startswith(f"error: {missing}: no such file")


def test_the_task_has_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["noise", str(tmp_path / "a.png"), str(tmp_path / "b.png")])
    assert caught.value.code == 2
