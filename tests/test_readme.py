"""What the README says about denoising one's own pictures works as it stands there."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from documents import ROOT, blocks, commands
from stand_ins import write_stand_ins

from facedenoise.data.fer_writer import write_fer_csv
from facedenoise.pictures import Picture, read_picture, write_picture


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package as `pip install .` does, into a folder, from a copy with small weights in it."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in names:
        if name.startswith(("src/", "pyproject", "README", "LICENSE", "requirements")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    write_stand_ins(source / "src/facedenoise/pretrained")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*pip, "--target", str(target), "."], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def folder(tmp_path: Path, drawn: torch.Tensor) -> Path:
    """Give a folder with what the commands name."""
    face = drawn[0, 0].numpy()
    write_picture(tmp_path / "photo.png", Picture(np.stack([face] * 3, axis=2)))
    for name in ("photos/one.png", "photos/deep/two.png"):
        write_picture(tmp_path / name, Picture(face))
    images = drawn[:3, 0].numpy()
    write_fer_csv(tmp_path / "faces.csv", images, np.zeros(3, int), ["Training", "PublicTest", "PrivateTest"])
    return tmp_path


def run(command: list[str], installed: Path, folder: Path) -> None:
    path = f"{installed / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": str(installed), "PATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stderr}"


def test_every_command_runs(installed: Path, folder: Path) -> None:
    [block] = blocks("README.md", "Denoise your own pictures", "bash")
    install, *others = commands(block)
    assert install == "pip install ."
    for command in others:
        run(command.split(), installed, folder)
    assert read_picture(folder / "clean.png").pixels.shape == read_picture(folder / "photo.png").pixels.shape
    made = {path.relative_to(folder / "cleaned").as_posix() for path in (folder / "cleaned").rglob("*.png")}
    assert made == {"one.png", "deep/two.png"}
    assert (folder / "cleaned.csv").read_text().count("\n") == 4
    assert (folder / "unet.pt2").stat().st_size


def test_the_python_runs(installed: Path, folder: Path) -> None:
    [block] = blocks("README.md", "Denoise your own pictures", "python")
    setting = "import numpy as np\nimage = np.full((20, 30, 3), 100, np.uint8)\n"
    result = "\nassert clean.shape == image.shape and clean.dtype == image.dtype\n"
    run([sys.executable, "-c", setting + block + result], installed, folder)


def test_a_folder_becomes_a_csv(installed: Path, folder: Path) -> None:
    for number in range(10):
        write_picture(folder / f"photos/{number}.png", Picture(read_picture(folder / "photo.png").pixels))
    [command] = [block for block in blocks("README.md", "Put your own data in", "bash") if "import" in block]
    (folder / "data/raw").mkdir(parents=True)
    run(command.split(), installed, folder)
    assert (folder / "data/raw/photos.csv").read_text().count("\n") == 1 + 12
