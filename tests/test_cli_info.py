"""`facedenoise info`: says what the files of the weights say, and what they do not."""

import json
from pathlib import Path
from typing import Any

import pytest

from facedenoise.cli.main import main
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.weights import write_weights

CAPTURE = pytest.CaptureFixture[str]
SETTINGS = {"widths": (4, 8), "blocks": (1, 1)}
FACTS = {
    "data_sha256": "0123456789abcdef" * 4,
    "commit": "fedcba9876543210" * 2 + "fedcba98",
    "val": {"psnr": 31.25, "ssim": 0.95},
    "test": {"psnr": 30.904, "ssim": 0.9464},
    "params": {"data": {"csv": "faces.csv"}},
}


def write(folder: Path, task: str, model: str, **facts: Any) -> None:
    network = AttentionUNet(**SETTINGS)  # type: ignore[arg-type]
    description = {"attention_unet": SETTINGS, "task": task, "model": model, **facts}
    write_weights(folder / task / f"{model}.safetensors", network.state_dict(), description)


def info(folder: Path, capsys: CAPTURE, *options: str) -> str:
    assert main(["info", "--weights", str(folder), *options]) == 0
    return capsys.readouterr().out


def line_of(table: str, task: str) -> str:
    (line,) = [line for line in table.splitlines() if line.strip().startswith(task)]
    return line


def test_the_table_shows_scores_data_and_commit(tmp_path: Path, capsys: CAPTURE) -> None:
    write(tmp_path, "high_gaussian", "unet", **FACTS)
    line = line_of(info(tmp_path, capsys), "high_gaussian")
    for shown in ("unet", "31.25 / 0.9500", "30.90 / 0.9464", "0123456789ab", "fedcba987654"):
        assert shown in line


def test_the_number_of_parameters_is_that_of_the_network(tmp_path: Path, capsys: CAPTURE) -> None:
    write(tmp_path, "low_gaussian", "gan")
    network = AttentionUNet(**SETTINGS)  # type: ignore[arg-type]
    count = sum(parameter.numel() for parameter in network.parameters())
    assert f" {count:,} " in line_of(info(tmp_path, capsys), "low_gaussian")


def test_what_a_file_does_not_say_is_a_dash(tmp_path: Path, capsys: CAPTURE) -> None:
    write(tmp_path, "low_gaussian", "unet")
    assert line_of(info(tmp_path, capsys), "low_gaussian").split()[3:7] == ["-"] * 4


def test_weights_that_are_not_there_are_named(tmp_path: Path, capsys: CAPTURE) -> None:
    write(tmp_path, "low_gaussian", "unet")
    said = info(tmp_path, capsys)
    assert f"missing: {tmp_path / 'salt_pepper' / 'gan.safetensors'}" in said
    assert f"missing: {tmp_path / 'low_gaussian' / 'unet.safetensors'}" not in said


def test_json_has_all_that_the_files_say(tmp_path: Path, capsys: CAPTURE) -> None:
    write(tmp_path, "high_gaussian", "gan", **FACTS)
    write(tmp_path, "low_gaussian", "unet")
    low, high = json.loads(info(tmp_path, capsys, "--json"))
    assert (low["task"], low["model"]) == ("low_gaussian", "unet")
    assert {name: high[name] for name in FACTS} == FACTS
    assert high["file"] == str(tmp_path / "high_gaussian" / "gan.safetensors")


def test_by_default_it_tells_of_the_pipelines_own_weights(
    tmp_path: Path, capsys: CAPTURE, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "models", "salt_pepper", "unet")
    monkeypatch.chdir(tmp_path)
    assert main(["info"]) == 0
    assert "models/salt_pepper/unet.safetensors" in capsys.readouterr().out


def test_a_folder_without_weights_is_refused(tmp_path: Path, capsys: CAPTURE) -> None:
    assert main(["info", "--weights", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {tmp_path}")


def test_a_broken_file_is_refused(tmp_path: Path, capsys: CAPTURE) -> None:
    write(tmp_path, "low_gaussian", "unet")
    path = tmp_path / "low_gaussian" / "unet.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    assert main(["info", "--weights", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {path}: ")
