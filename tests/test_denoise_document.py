"""The commands of docs/denoise.md work in an installed package."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from documents import ROOT, blocks, commands
from face_sources import png, save_parquet
from stand_ins import write_stand_ins

from facedenoise.faces.fer_writer import write_fer_csv
from facedenoise.pictures import Picture, read_picture, write_picture

pytestmark = pytest.mark.slow

PAGE = "docs/denoise.md"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package as `pip install .` does, into a folder, from a copy with small weights in it."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    packed = ("src", "pyproject.toml", "README.md", "LICENSE", "requirements.txt")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *packed]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in filter(lambda name: (ROOT / name).is_file(), names):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    write_stand_ins(source / "src/facedenoise/pretrained")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    run([*pip, "--target", str(target), "."], target, source)
    return target


@pytest.fixture
def folder(tmp_path: Path, drawn: torch.Tensor) -> Path:
    """Return a folder with the files that the commands name."""
    faces = drawn[:, 0].numpy()
    write_picture(tmp_path / "photo.png", Picture(np.stack([faces[0]] * 3, axis=2)))
    for number, face in enumerate(faces[:12]):
        write_picture(tmp_path / f"photos/deep/{number}.png", Picture(face))
    usage = ["Training", "PublicTest", "PrivateTest"]
    write_fer_csv(tmp_path / "faces.csv", faces[:3], np.zeros(3, int), usage)
    save_parquet(tmp_path / "faces.parquet", {"image": [png(face) for face in faces[:3]], "label": [0] * 3})
    return tmp_path


def run(command: list[str], installed: Path, folder: Path) -> None:
    path = f"{installed / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": str(installed), "PATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stderr}"


def test_every_command_runs(installed: Path, folder: Path) -> None:
    [block] = blocks(PAGE, "On the command line", "bash")
    install, *others = commands(block)
    assert install == "pip install ."
    for command in others:
        run(command.split(), installed, folder)
    assert read_picture(folder / "clean.png").pixels.shape == read_picture(folder / "photo.png").pixels.shape
    made = {path.relative_to(folder / "cleaned").as_posix() for path in (folder / "cleaned").rglob("*.png")}
    assert made == {f"deep/{number}.png" for number in range(12)}
    assert (folder / "cleaned.csv").read_text().count("\n") == 1 + 3
    tables = [pl.read_parquet(folder / name) for name in ("faces.parquet", "cleaned.parquet")]
    assert tables[0].drop("image").equals(tables[1].drop("image"))
    assert (folder / "unet.pt2").stat().st_size


def test_the_python_runs(installed: Path, folder: Path) -> None:
    [block] = blocks(PAGE, "In Python", "python")
    setting = "import numpy as np\nimage = np.full((20, 30, 3), 100, np.uint8)\n"
    result = "\nassert clean.shape == image.shape and clean.dtype == image.dtype\n"
    run([sys.executable, "-c", setting + block + result], installed, folder)
