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
from facedenoise.inference import denoise, load_denoiser
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.weights import write_weights

SETTINGS = {"widths": (4, 8, 8), "blocks": (1, 1, 1), "attention": True}
SHAPES = [(1, 1, 48, 48), (3, 1, 33, 57), (2, 1, 100, 64), (1, 1, 1, 1), (5, 1, 4, 3)]
MOST = 1e-4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give weights of small networks that change every pixel they may."""
    folder = tmp_path_factory.mktemp("weights")
    generator = torch.Generator().manual_seed(0)
    for task in ("high_gaussian", "salt_pepper"):
        settings = {**SETTINGS, "keep_unsaturated": task == "salt_pepper"}
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


def noisy(shape: tuple[int, ...]) -> Tensor:
    images = torch.rand(shape, generator=torch.Generator().manual_seed(1))
    images[:, :, ::3] = 1.0  # what is saturated counts
    images[..., 1::3] = 0.0
    return images


@pytest.fixture(scope="module", params=["high_gaussian", "salt_pepper"])
def task(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def onnx_file(folder: Path, task: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("onnx") / "denoiser.onnx"
    assert export(folder, task, out, "onnx") == 0
    return out


@pytest.fixture(scope="module")
def torch_file(folder: Path, task: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("torch") / "denoiser.pt2"
    assert export(folder, task, out, "torch") == 0
    return out


@pytest.mark.parametrize("shape", SHAPES)
def test_onnx_runtime_gives_what_pytorch_gives(
    folder: Path, task: str, onnx_file: Path, shape: tuple[int, ...]
) -> None:
    network = load_denoiser(folder / task / "gan.safetensors")
    session = onnxruntime.InferenceSession(onnx_file)
    (clean,) = session.run(["clean"], {"noisy": noisy(shape).numpy()})
    expected = denoise(network, noisy(shape)).numpy()
    np.testing.assert_allclose(clean, expected, rtol=0, atol=MOST)


def test_the_networks_of_these_tests_do_something(folder: Path, task: str) -> None:
    images = noisy((2, 1, 48, 48))
    changed = (denoise(load_denoiser(folder / task / "gan.safetensors"), images) - images).abs()
    assert (changed > 100 * MOST).float().mean() > 0.1


def test_the_axes_of_the_onnx_file_have_names(onnx_file: Path) -> None:
    (given,) = onnxruntime.InferenceSession(onnx_file).get_inputs()
    assert given.shape == ["batch", 1, "height", "width"]


WITHOUT_THIS_PACKAGE = """
import sys
import torch

network = torch.export.load(sys.argv[1]).module()
pairs = torch.load(sys.argv[2], weights_only=True)
for noisy, expected in pairs:
    torch.testing.assert_close(network(noisy), expected, rtol=0, atol=float(sys.argv[3]))
assert "facedenoise" not in sys.modules
"""


def test_the_torch_file_runs_without_this_package(
    folder: Path, task: str, torch_file: Path, tmp_path: Path
) -> None:
    network = load_denoiser(folder / task / "gan.safetensors")
    pairs = [(noisy(shape), denoise(network, noisy(shape))) for shape in SHAPES]
    torch.save(pairs, tmp_path / "pairs.pt")
    arguments = [str(torch_file), str(tmp_path / "pairs.pt"), str(MOST)]
    subprocess.run([sys.executable, "-c", WITHOUT_THIS_PACKAGE, *arguments], check=True, cwd=tmp_path)


@pytest.mark.parametrize(("file_format", "name"), [("onnx", "again.onnx"), ("torch", "again.pt2")])
def test_the_same_network_is_the_same_bytes_and_names_no_folder(
    folder: Path, file_format: str, name: str, tmp_path: Path
) -> None:
    for where in ("one", "other"):
        assert export(folder, "salt_pepper", tmp_path / where / name, file_format) == 0
    content = (tmp_path / "one" / name).read_bytes()
    assert content == (tmp_path / "other" / name).read_bytes()
    assert b"src/facedenoise" not in content


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


def test_what_was_written_from_which_weights_is_said(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "denoiser.pt2"
    assert export(folder, "salt_pepper", out, "torch") == 0
    said = f"{out}: written from {folder / 'salt_pepper' / 'gan.safetensors'}\n"
    assert capsys.readouterr().out == said


def test_without_the_onnx_packages_one_line_says_what_to_install(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    assert export(folder, "salt_pepper", tmp_path / "denoiser.onnx", "onnx") == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "pip install 'facedenoise[onnx]'" in lines[0]
    assert not list(tmp_path.iterdir())


def test_missing_weights_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(tmp_path, "low_gaussian", tmp_path / "out.onnx", "onnx") == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_unknown_task_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        export(tmp_path, "poisson", tmp_path / "out.onnx", "onnx")
    assert caught.value.code == 2
