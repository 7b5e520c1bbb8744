"""`facedenoise denoise`: files, folders and CSVs, what it prints, and that it never harms its input."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from helpers import awake, read_fer_csv
from numpy.typing import NDArray
from stand_ins import (
    NOISES,
    TASKS,
    close,
    denoised_by_stand_in,
    rgb_stand_in,
    work_in_empty_folder,
    write_told_stand_in,
)

from facedenoise.cli.main import main
from facedenoise.denoise.denoiser import Denoiser
from facedenoise.faces.fer_writer import write_fer_csv
from facedenoise.files import replacing, temporary_name
from facedenoise.models import MODELS
from facedenoise.models.weights import write_weights
from facedenoise.noise import corrupt, parse_noise
from facedenoise.noise.gaussian import Gaussian
from facedenoise.pictures import Picture, read_picture, write_picture

CAPTURE = pytest.CaptureFixture[str]
Image = NDArray[np.uint8]
Faces = dict[str, Image]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with stand-ins as the released weights."""
    return work_in_empty_folder(tmp_path, monkeypatch)


@pytest.fixture
def faces(drawn: torch.Tensor) -> Faces:
    """Return a drawn face without noise, and one with the noise of each task."""
    images = drawn[:1, 0].numpy()
    faces = {"none": images[0]}
    for task in TASKS:
        faces[task] = corrupt(images, np.arange(1), NOISES[task], seed=0, task=task, draw=0)[0]
    return faces


def write_faces(folder: Path, faces: Faces) -> None:
    for name, face in faces.items():
        write_picture(folder / f"{name}.png", Picture(face))


def run(*arguments: object, status: int = 0) -> None:
    assert main(["denoise", *map(str, arguments)]) == status


def pixels(path: str | Path) -> NDArray[Any]:
    return read_picture(Path(path)).pixels


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("task", TASKS)
def test_a_picture_is_denoised_by_the_network_of_its_noise(
    faces: Faces, task: str, model: str, capsys: CAPTURE
) -> None:
    write_picture(Path("in.png"), Picture(faces[task]))
    Path("new").mkdir()
    Path("new/out.png").write_text("old")
    run("in.png", "new/out.png", "--model", model)
    np.testing.assert_array_equal(pixels("new/out.png"), denoised_by_stand_in(task, faces[task], model))
    assert capsys.readouterr().out.startswith(f"in.png: {task} (")


def test_a_clean_picture_is_copied_byte_by_byte_and_keeps_its_pixels_in_another_format(
    faces: Faces, capsys: CAPTURE
) -> None:
    write_picture(Path("in.jpg"), Picture(faces["none"]))
    for name in ("out.jpg", "out.jpeg", "out.JPG"):
        run("in.jpg", name)
        assert Path(name).read_bytes() == Path("in.jpg").read_bytes()
        assert capsys.readouterr().out == "in.jpg: no noise found, left as it is\n"
    run("in.jpg", "out.tiff")
    np.testing.assert_array_equal(pixels("out.tiff"), pixels("in.jpg"))


def test_noise_that_no_network_was_trained_on_is_left(faces: Faces, capsys: CAPTURE) -> None:
    shutil.rmtree("../released/salt_pepper")
    write_picture(Path("in.png"), Picture(faces["salt_pepper"]))
    run("in.png", "out.png")
    assert Path("out.png").read_bytes() == Path("in.png").read_bytes()
    said = r"in\.png: other \(\d+\.\d% of the pixels, no network was trained on such noise; left as it is\)\n"
    assert re.fullmatch(said, capsys.readouterr().out)


def test_the_noise_can_be_told(faces: Faces, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE) -> None:
    threads: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", threads.append)
    write_picture(Path("in.png"), Picture(faces["none"]))
    options = ("--batch", 1, "--device", "cpu", "--threads", 3)
    run("in.png", "out.png", "--noise", "high_gaussian", *options)
    assert threads == [3]
    np.testing.assert_array_equal(pixels("out.png"), denoised_by_stand_in("high_gaussian", faces["none"]))
    assert capsys.readouterr().out == "in.png: high_gaussian, as told\n"


def test_a_folder_keeps_its_tree_and_links_are_not_followed(faces: Faces, capsys: CAPTURE) -> None:
    for folder in ("in/a", "in/b/c", "elsewhere"):
        write_faces(Path(folder), faces)
    Path("in/linked").symlink_to("../elsewhere")
    Path("in/a/notes.txt").write_text("not a picture")
    Path("in/a/.hidden.png").write_text("nor this")
    run("in", "out")
    written = sorted(str(path.relative_to("out")) for path in Path("out").rglob("*") if path.is_file())
    assert written == sorted(f"{folder}/{name}.png" for folder in ("a", "b/c") for name in faces)
    for task in TASKS:
        np.testing.assert_array_equal(pixels(f"out/b/c/{task}.png"), denoised_by_stand_in(task, faces[task]))
    summary = "out: 2 high_gaussian, 2 low_gaussian, 2 none, 2 salt_pepper; 2 other files left alone"
    link = "warning: in/linked: a link to a folder, not followed"
    assert capsys.readouterr().err.splitlines() == [link, summary]


def test_pictures_of_different_sizes_and_kinds_stand_side_by_side() -> None:
    rng = np.random.default_rng(0)
    shapes = [(1, 1), (48, 48), (48, 48, 3), (20, 90, 4), (48, 48, 2), (3, 2)]
    pictures = [rng.integers(0, 256, shape, dtype=np.uint8) for shape in shapes]
    for index, picture in enumerate(pictures):
        write_picture(Path(f"in/{index}.png"), Picture(picture))
    run("in", "out", "--noise", "low_gaussian")
    for index, picture in enumerate(pictures):
        expected = denoised_by_stand_in("low_gaussian", picture)
        if picture.shape[2:] in ((2,), (4,)):
            expected[..., -1] = picture[..., -1]
        np.testing.assert_array_equal(pixels(f"out/{index}.png"), expected)


def test_a_bad_file_and_one_that_cannot_be_written_are_named_and_the_others_are_done(
    faces: Faces, capsys: CAPTURE
) -> None:
    write_faces(Path("in"), faces)
    Path("in/bad.png").write_bytes(b"nothing")
    Path("in/gone.png").symlink_to("nowhere.png")
    Path("out/salt_pepper.png").mkdir(parents=True)
    run("in", "out", status=1)
    said = capsys.readouterr().err.splitlines()
    errors = sorted(line.split(": ")[1:] for line in said if line.startswith("error: "))
    assert [error[0] for error in errors] == ["in/bad.png", "in/gone.png", "out/salt_pepper.png"]
    assert errors[2][1] == "cannot be written (Is a directory)"
    assert said[-1].startswith("out: 3 failed, 1 high_gaussian, ")
    assert len([path for path in Path("out").iterdir() if path.is_file()]) == len(faces) - 1


def test_a_folder_that_cannot_be_read_is_a_failure(
    faces: Faces, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    write_faces(Path("in"), faces)
    write_faces(Path("in/closed"), faces)
    close(Path("in/closed"), monkeypatch)
    run("in", "out", status=1)
    assert capsys.readouterr().err.startswith("error: in/closed: cannot be read (Permission denied)")
    assert sorted(path.stem for path in Path("out").rglob("*.png")) == sorted(faces)


def test_a_name_that_is_no_utf_8_is_done_and_printed(faces: Faces) -> None:
    name = os.fsdecode(b"in/\xff.png")
    write_picture(Path(name), Picture(faces["low_gaussian"]))
    script = "import sys; from facedenoise.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", script, "denoise", "in", "out", "--weights", "../released"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(r"in/\udcff.png: low_gaussian (")
    assert pixels(name.replace("in/", "out/")).shape == (48, 48)


def test_json_has_the_same_fields_in_each_line(faces: Faces, capsys: CAPTURE) -> None:
    write_faces(Path("in"), faces)
    Path("in/a_bad.png").write_bytes(b"nothing")
    run("in", "out", "--json", status=1)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    fields = {"file", "page", "out", "noise", "sigma", "impulses", "remark", "error"}
    assert all(set(line) == fields for line in lines)
    by_file = {Path(line["file"]).stem: line for line in lines}
    assert {name: by_file[name]["noise"] for name in faces} == {name: name for name in faces}
    assert by_file["high_gaussian"]["sigma"] == pytest.approx(0.06, abs=0.012)
    assert by_file["a_bad"]["out"] is None
    assert by_file["a_bad"]["error"].startswith("in/a_bad.png: ")


def test_what_jpeg_did_to_the_noise_is_remarked(faces: Faces, capsys: CAPTURE) -> None:
    Path("in").mkdir()
    for name, quality in (("salt_pepper", 95), ("high_gaussian", 50), ("none", 95)):
        PIL.Image.fromarray(faces[name]).save(f"in/{name}.jpg", quality=quality)
    run("in", "out", "--json")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    remarks = {Path(line["file"]).stem: line["remark"] or "" for line in lines}
    assert remarks["salt_pepper"].endswith("JPEG has spread its black and white pixels")
    assert remarks["high_gaussian"].endswith("JPEG compression may hide noise")
    assert remarks["none"] == ""


def test_another_strength_is_said(faces: Faces, capsys: CAPTURE) -> None:
    strong = 128 + 255 * 0.12 * np.random.default_rng(0).standard_normal((2, 48, 48))
    images = np.concatenate([np.rint(strong).clip(0, 255).astype(np.uint8), faces["none"][np.newaxis]])
    write_picture(Path("in.png"), Picture(images[0]))
    write_fer_csv(Path("in.csv"), images, np.zeros(3, int), ["Training"] * 3)
    for arguments in (("in.png", "out.png"), ("in.csv", "out.csv"), ("in.csv", "out.csv", "--json")):
        run(*arguments)
    picture, csv, line = capsys.readouterr().out.splitlines()
    remark = "outside the trained levels 0.02 and 0.06; the nearer one is used"
    assert picture.endswith(f", {remark})")
    assert csv == f"in.csv: 2 high_gaussian, 1 none (2 {remark})"
    assert json.loads(line)["remarks"] == {remark: 2}


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_csv_keeps_emotions_and_splits(faces: Faces, suffix: str, capsys: CAPTURE) -> None:
    emotion, usage = np.array([3, -1, 0, 6]), ["Training", "PublicTest", "PrivateTest", "Training"]
    write_fer_csv(Path("in.csv"), np.stack(list(faces.values())), emotion, usage)
    Path("in.csv.gz").write_bytes(gzip.compress(Path("in.csv").read_bytes()))
    run(f"in{suffix}", "out.csv", "--json")
    images, emotions, usages = read_fer_csv(Path("out.csv"))
    assert emotions == emotion.tolist()
    assert usages == usage
    for (kind, face), image in zip(faces.items(), images[:, 0], strict=True):
        np.testing.assert_array_equal(image, face if kind == "none" else denoised_by_stand_in(kind, face))
    (line,) = capsys.readouterr().out.splitlines()
    expected = {"file": f"in{suffix}", "out": "out.csv", "noise": dict.fromkeys(faces, 1), "remarks": {}}
    assert json.loads(line) == expected


@pytest.mark.parametrize("name", ["in.tar", "in.tgz", "in.tar.bz2", "in.data"])
def test_any_archive_with_a_csv_is_read(faces: Faces, name: str) -> None:
    write_fer_csv(Path("in.csv"), np.stack(list(faces.values())), np.arange(4), ["Training"] * 4)
    with tarfile.open(name, "w:bz2" if name.endswith("bz2") else "w") as archive:
        archive.add("in.csv", "fer2013/fer2013.csv")
    run("in.csv", "plain.csv")
    run(name, "out.csv")
    assert Path("out.csv").read_bytes() == Path("plain.csv").read_bytes()


def test_what_is_to_become_a_csv_is_read_as_one(here: Path, capsys: CAPTURE) -> None:
    (here / "in.tsv").write_text("emotion\tpixels\n0\t1 2 3 4\n")
    assert_refused_and_harmless(here, "in.tsv", "out.csv")
    said = "in.tsv: line 1: fields that are not parted by commas; part them so"
    assert capsys.readouterr().err == f"error: {said}\n"


def assert_refused_and_harmless(here: Path, *arguments: object) -> None:
    """Run what has to be refused; hold that no file changed or came."""
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    run(*arguments, status=1)
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before


WHILE_WRITTEN = temporary_name(Path("o.png")).name
IN_PNG = ["in.png", "./in.png", "sub/../in.png", "link.png", "hard.png", "here/in.png"]
IN = ["in", "in/clean", "in/../in", "link", "link/clean", "crossing"]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        *(("in.png", target) for target in IN_PNG),
        *(("in", target) for target in IN),
        (WHILE_WRITTEN, "o.png"),
    ],
)
def test_what_is_read_is_never_written_over(here: Path, faces: Faces, source: str, target: str) -> None:
    write_faces(Path("in"), faces)
    write_picture(Path("in.png"), Picture(faces["salt_pepper"]))
    write_picture(Path("o.png"), Picture(faces["salt_pepper"]))
    Path("o.png").rename(WHILE_WRITTEN)
    Path("sub").mkdir()
    os.link("in.png", "hard.png")
    for link, to in (("link.png", "in.png"), ("here", "."), ("link", "in")):
        Path(link).symlink_to(to)
    Path("crossing").mkdir()
    Path("crossing/none.png").symlink_to("../in/salt_pepper.png")
    assert_refused_and_harmless(here, source, target)


def test_nothing_is_written_into_the_folder_that_is_read(here: Path, faces: Faces) -> None:
    write_faces(Path("out/in/in"), faces)
    assert_refused_and_harmless(here, "out/in", "out")
    write_faces(Path("out/in"), faces)
    assert_refused_and_harmless(here, "out/in", "out")
    Path("linked").mkdir()
    Path("linked/in").symlink_to("../out/in")
    assert_refused_and_harmless(here, "out/in", "linked")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing.png", "out.png"), "nothing.png: no such file"),
        (("empty", "out"), "empty: no picture in it"),
        (("in.png", "empty"), "empty: is a folder"),
        (("in", "in.png"), "in.png: is a file"),
        (("in.png", "out.gif"), "out.gif: unknown format"),
        (("in.csv", "out.png"), "out.png: a CSV is written"),
        (("bad.csv", "out.csv"), "bad.csv: line 3"),
        (("in.png", "in.csv/out.png"), "in.csv/out.png: cannot be written (File exists)"),
        (("in.csv", "in.png/out.csv"), "in.png/out.csv: cannot be written (File exists)"),
        (("in.png", "out.png", "--weights", "nowhere"), "nowhere: no TASK/unet.safetensors in it"),
        (("in.png", "out.png", "--noise", "x"), "no task 'x'; give one of high_gaussian, low_gaussian, salt"),
        (("in.png", "out.png", "--device", "cuda:999"), "--device cuda:999: PyTorch finds no such GPU here"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    faces: Faces, arguments: tuple[str, ...], said: str, capsys: CAPTURE
) -> None:
    write_picture(Path("in.png"), Picture(faces["salt_pepper"]))
    write_faces(Path("in"), faces)
    write_fer_csv(Path("in.csv"), faces["none"][np.newaxis], np.array([0]), ["Training"])
    Path("bad.csv").write_text("emotion,pixels,Usage\n3,0 9 10 255,Training\n3,0 9 10,Training\n")
    Path("empty").mkdir()
    run(*arguments, status=1)
    assert capsys.readouterr().err.startswith(f"error: {said}")
    assert not list(Path().glob("out.*"))


def test_an_interruption_ends_with_130_and_leaves_no_half_file(
    here: Path, faces: Faces, monkeypatch: pytest.MonkeyPatch, capsys: CAPTURE
) -> None:
    def interrupt(*_: object) -> None:
        with replacing(Path("out.png")) as temporary:
            temporary.write_bytes(b"half")
            raise KeyboardInterrupt

    monkeypatch.setattr("facedenoise.denoise.rewriting.write_pages", interrupt)
    write_picture(Path("in.png"), Picture(faces["salt_pepper"]))
    run("in.png", "out.png", status=130)
    assert capsys.readouterr().err.splitlines()[-1] == "interrupted"
    assert [path.name for path in here.iterdir()] == ["in.png"]


def test_a_network_for_rgb_denoises_colour_grey_and_a_csv(faces: Faces) -> None:
    network = awake(rgb_stand_in())
    about = {"attention_unet": {"widths": (2, 2), "blocks": (1, 1), "channels": 3}, "params": {}}
    write_weights(Path("../released/rgb/unet.safetensors"), network.state_dict(), about)
    colour, grey = np.dstack([faces[task] for task in TASKS]), np.stack(list(faces.values()))
    write_picture(Path("in/colour.png"), Picture(colour))
    write_picture(Path("in/grey.png"), Picture(grey[0]))
    write_fer_csv(Path("in.csv"), grey, np.zeros(len(grey), int), ["Training"] * len(grey))
    run("in", "out", "--noise", "rgb")
    run("in.csv", "out.csv", "--noise", "rgb")
    denoiser = Denoiser(network)
    assert (pixels("out/colour.png") != colour).any()
    np.testing.assert_array_equal(pixels("out/colour.png"), denoiser(colour))
    np.testing.assert_array_equal(pixels("out/grey.png"), denoiser(grey[0]))
    np.testing.assert_array_equal(read_fer_csv(Path("out.csv"))[0][:, 0], denoiser(grey))


ANY = parse_noise({"kind": "gaussian", "std": [0, 0.5], "factor": 2})


@pytest.fixture
def told(here: Path, faces: Faces) -> NDArray[Any]:
    """Add a network that is told any level; return the pixels of `in.png`, which has noise."""
    write_told_stand_in(here.parent / "released/wide", ANY)
    strong = Gaussian(std=0.1, factor=2)
    noisy = corrupt(faces["none"][np.newaxis], np.arange(1), strong, seed=0, task="t", draw=0)[0]
    write_picture(Path("in.png"), Picture(noisy))
    write_picture(Path("clean.png"), Picture(faces["none"]))
    return noisy.astype(float)


def added(path: str, noisy: NDArray[Any]) -> float:
    """Return what the stand-in was told."""
    more = (pixels(path) - noisy) / 255
    return float(np.median(more[pixels(path) < 255])) ** 2


def test_what_was_found_is_said_and_told(told: NDArray[Any], capsys: CAPTURE) -> None:
    run("in.png", "out.png", "--json")
    said = json.loads(capsys.readouterr().out)
    assert said["noise"] == "wide"
    assert said["sigma"] == pytest.approx(0.1, rel=0.2)
    assert said["impulses"] == 0
    assert added("out.png", told) == pytest.approx(said["sigma"], rel=0.1)
    capsys.readouterr()
    run("clean.png", "same.png", "--noise", "wide")
    assert capsys.readouterr().out == "clean.png: wide (no noise found)\n"
    np.testing.assert_array_equal(pixels("same.png"), pixels("clean.png"))


def test_sigma_and_strength_change_what_is_told(told: NDArray[Any], capsys: CAPTURE) -> None:
    run("in.png", "out.png", "--sigma", "0.0625")
    assert "wide (sigma 0.062)" in capsys.readouterr().out
    assert added("out.png", told) == pytest.approx(0.0625, rel=0.02)
    run("in.png", "out.png", "--sigma", "0.0625", "--strength", "0.16")
    assert added("out.png", told) == pytest.approx(0.01, rel=0.05)
    run("clean.png", "out.png", "--sigma", "0.0625")
    assert "wide" in capsys.readouterr().out, "the user knows better than the estimate"


@pytest.mark.parametrize("option", [("--sigma", "0.1"), ("--strength", "0.5")])
@pytest.mark.parametrize("noise", ["auto", "low_gaussian"])
def test_networks_that_are_told_nothing_take_neither(
    faces: Faces, noise: str, option: tuple[str, str], capsys: CAPTURE
) -> None:
    write_picture(Path("in.png"), Picture(faces["none"]))
    run("in.png", "out.png", "--noise", noise, *option, status=1)
    assert "leave --sigma and --strength out" in capsys.readouterr().err
    assert not Path("out.png").exists()


def test_a_sigma_in_levels_of_8_bits_is_refused_with_what_it_means(capsys: CAPTURE) -> None:
    with pytest.raises(SystemExit):
        run("in.png", "out.png", "--sigma", "25")
    assert "'25' is above 1, which is white; 25 of 255 is 0.098" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--sigma", "--strength"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "much"])
def test_sigma_and_strength_are_numbers_above_zero(option: str, value: str, capsys: CAPTURE) -> None:
    with pytest.raises(SystemExit):
        run("in.png", "out.png", f"{option}={value}")
    assert "is no number above 0" in capsys.readouterr().err
