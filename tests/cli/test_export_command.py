"""`facedenoise export`: the file computes what the network computes, at any size, without this package."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor

from facedenoise.cli.main import main
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.inference import denoise, load_denoiser
from facedenoise.models.weights import write_weights

TASKS = ("high_gaussian", "salt_pepper", "told", "told_rgb")
CHANNELS = {"told": 2, "told_rgb": 6}  # of the input, with the level; else 1
SETTINGS = {"widths": (4, 8, 8), "blocks": (1, 1, 1), "attention": True}
SHAPES = [(1, 1, 48, 48), (3, 1, 33, 57), (2, 1, 100, 64), (1, 1, 1, 1), (5, 1, 4, 3)]
MOST = 1e-4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return weights of small networks that change every pixel they may."""
    folder = tmp_path_factory.mktemp("weights")
    generator = torch.Generator().manual_seed(0)
    for task in TASKS:
        kind = {"keep_unsaturated": task == "salt_pepper", "level": "told" in task}
        settings = {**SETTINGS, **kind, "channels": 3 if "rgb" in task else 1}
        network = AttentionUNet(**settings)  # type: ignore[arg-type]
        for parameter in network.parameters():
            parameter.data.add_(0.1 * torch.randn(parameter.shape, generator=generator))
        description = {"attention_unet": settings, "task": task, "model": "gan"}
        write_weights(folder / task / "gan.safetensors", network.state_dict(), description)
    return folder


def export(folder: Path, task: str, out: Path, file_format: str) -> int:
    return main(
        ["export", task, str(out), "--model", "gan", "--format", file_format, "--weights", str(folder)]
    )


def noisy(shape: tuple[int, ...], task: str) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    images = torch.rand((shape[0], CHANNELS.get(task, 1), *shape[2:]), generator=generator)
    images[:, :, ::3] = 1.0  # what is saturated counts
    images[..., 1::3] = 0.0
    return images


def noisy_and_clean(folder: Path, task: str) -> list[tuple[Tensor, Tensor]]:
    """Return what a network makes of images of all shapes: something else than they are."""
    network = load_denoiser(folder / task / "gan.safetensors")
    pairs = [(noisy(shape, task), denoise(network, noisy(shape, task))) for shape in SHAPES]
    assert ((pairs[0][1] - pairs[0][0][:, : pairs[0][1].shape[1]]).abs() > 100 * MOST).float().mean() > 0.1
    return pairs


every_task = pytest.mark.parametrize("task", TASKS)


@pytest.mark.slow
@every_task
def test_onnx_runtime_computes_what_pytorch_computes(folder: Path, task: str, tmp_path: Path) -> None:
    assert export(folder, task, tmp_path / "denoiser.onnx", "onnx") == 0
    session = onnxruntime.InferenceSession(tmp_path / "denoiser.onnx")
    assert session.get_inputs()[0].shape == ["batch", CHANNELS.get(task, 1), "height", "width"]
    for images, expected in noisy_and_clean(folder, task):
        (clean,) = session.run(["clean"], {"noisy": images.numpy()})
        np.testing.assert_allclose(clean, expected.numpy(), rtol=0, atol=MOST)


WITHOUT_THIS_PACKAGE = """
import sys
import torch

network = torch.export.load(sys.argv[1]).module()
pairs = torch.load(sys.argv[2], weights_only=True)
for noisy, expected in pairs:
    torch.testing.assert_close(network(noisy), expected, rtol=0, atol=float(sys.argv[3]))
assert "facedenoise" not in sys.modules
"""


@pytest.mark.slow
@every_task
def test_the_torch_file_runs_without_this_package(folder: Path, task: str, tmp_path: Path) -> None:
    torch_file = tmp_path / "denoiser.pt2"
    assert export(folder, task, torch_file, "torch") == 0
    torch.save(noisy_and_clean(folder, task), tmp_path / "pairs.pt")
    arguments = [str(torch_file), str(tmp_path / "pairs.pt"), str(MOST)]
    subprocess.run([sys.executable, "-c", WITHOUT_THIS_PACKAGE, *arguments], check=True, cwd=tmp_path)


@pytest.mark.parametrize(
    ("file_format", "suffix"), [("torch", ".pt2"), pytest.param("onnx", ".onnx", marks=pytest.mark.slow)]
)
def test_the_same_network_is_the_same_bytes_and_names_no_folder(
    folder: Path, file_format: str, suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / where / f"denoiser{suffix}" for where in ("one", "other")]
    for file in files:
        assert export(folder, "salt_pepper", file, file_format) == 0
        said = f"{file}: written from {folder / 'salt_pepper' / 'gan.safetensors'}\n"
        assert capsys.readouterr().out == said
    assert files[0].read_bytes() == files[1].read_bytes()
    assert b"src/facedenoise" not in files[0].read_bytes()


@pytest.mark.parametrize(
    ("file_format", "name"), [("torch", "denoiser.pt"), ("onnx", "denoiser.pt2"), ("onnx", "gan.safetensors")]
)
def test_a_name_of_another_format_is_refused(
    folder: Path, tmp_path: Path, file_format: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(b"something else")
    assert export(folder, "salt_pepper", tmp_path / name, file_format) == 1
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / name}: ")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"something else"]


def test_without_the_onnx_packages_one_line_says_what_to_install(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    assert export(folder, "salt_pepper", tmp_path / "denoiser.onnx", "onnx") == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "pip install 'facedenoise[onnx]'" in lines[0]
    assert not list(tmp_path.iterdir())
