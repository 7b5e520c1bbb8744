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
    "params": {"data": {"csv": "faces.csv"}, "noise": {"kind": "poisson", "peak": 30, "seed": 0}},
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


def test_the_table_shows_scores_data_commit_noise_and_what_is_missing(
    tmp_path: Path, capsys: CAPTURE
) -> None:
    write(tmp_path, "high_gaussian", "unet", **FACTS)
    said = info(tmp_path, capsys)
    network = AttentionUNet(**SETTINGS)  # type: ignore[arg-type]
    count = sum(parameter.numel() for parameter in network.parameters())
    scores, trained = ("31.25 / 0.9500", "30.90 / 0.9464"), ("0123456789ab", "fedcba987654", "Poisson, 30 ")
    for shown in ("unet", f" {count:,} ", *scores, *trained):
        assert shown in line_of(said, "high_gaussian")
    assert said.splitlines()[-1] == f"missing: {tmp_path / 'high_gaussian' / 'gan.safetensors'}"
    assert said.count("missing") == 1


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({}, ["-", "-", "-", "-", "-"]),
        ({"val": {"psnr": 31.25}, "params": 3}, ["-", "-", "-", "-", "-"]),
        ({"test": "good", "val": [1]}, ["-", "-", "-", "-", "-"]),
        ({"commit": None, "data_sha256": 7}, ["-", "-", "7", "-", "-"]),
    ],
)
def test_what_a_file_does_not_say_is_a_dash(
    tmp_path: Path, facts: dict[str, Any], shown: list[str], capsys: CAPTURE
) -> None:
    write(tmp_path, "low_gaussian", "unet", **facts)
    assert line_of(info(tmp_path, capsys), "low_gaussian").split()[3:-1] == shown


def test_json_has_all_that_the_files_say(tmp_path: Path, capsys: CAPTURE) -> None:
    write(tmp_path, "high_gaussian", "gan", **FACTS)
    write(tmp_path, "low_gaussian", "unet")
    high, low = json.loads(info(tmp_path, capsys, "--json"))
    assert (low["task"], low["model"], low["noise"]) == ("low_gaussian", "unet", None)
    assert {name: high[name] for name in FACTS} == FACTS
    assert high["file"] == str(tmp_path / "high_gaussian" / "gan.safetensors")


METRICS = {
    "low_gaussian": {"noisy": {"psnr": 34.0, "ssim": 0.96}, "unet": {"psnr": 37.31, "ssim": 0.9867}},
    "salt_pepper": {"gan": {"psnr": 38.37, "ssim": 0.9932, "emotion_accuracy": 0.5}},
}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work where the pipeline has run, without released networks."""
    monkeypatch.setattr("facedenoise.denoise.networks.RELEASED", tmp_path / "released")
    for task, model in (("low_gaussian", "unet"), ("salt_pepper", "gan"), ("high_gaussian", "unet")):
        write(tmp_path / "models", task, model)
    write(tmp_path / "elsewhere", "low_gaussian", "unet")
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "metrics.json").write_text(json.dumps(METRICS))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_test_scores_of_the_pipelines_networks_are_those_of_its_evaluation(
    checkout: Path, capsys: CAPTURE
) -> None:
    assert main(["info"]) == 0
    said = capsys.readouterr().out
    assert line_of(said, "low_gaussian").split()[3:7] == ["-", "37.31", "/", "0.9867"]
    assert line_of(said, "salt_pepper").split()[3:7] == ["-", "38.37", "/", "0.9932"]
    assert line_of(said, "high_gaussian").split()[3:5] == ["-", "-"]
    assert "test, of the networks in models/: what reports/metrics.json says" in said
    assert main(["info", "--json"]) == 0
    _, low, salt_pepper = json.loads(capsys.readouterr().out)
    assert low["test"] == {"psnr": 37.31, "ssim": 0.9867}
    assert salt_pepper["test"] == {"psnr": 38.37, "ssim": 0.9932}


def test_other_weights_and_an_unreadable_evaluation_have_no_scores(checkout: Path, capsys: CAPTURE) -> None:
    said = info(Path("elsewhere"), capsys)
    assert line_of(said, "low_gaussian").split()[3:5] == ["-", "-"]
    assert "reports/metrics.json" not in said
    (checkout / "reports" / "metrics.json").write_text("<<<<<<< HEAD")
    assert line_of(info(Path("models"), capsys), "low_gaussian").split()[3:5] == ["-", "-"]


def refusal(folder: Path, capsys: CAPTURE) -> str:
    """Return the one line with which `info` refuses a folder."""
    assert main(["info", "--weights", str(folder)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_folder_without_weights_or_with_odd_ones_is_refused(tmp_path: Path, capsys: CAPTURE) -> None:
    assert refusal(tmp_path, capsys).startswith(f"error: {tmp_path}: no TASK/unet.safetensors in it")
    write(tmp_path, "low_gaussian", "unet")
    path = tmp_path / "low_gaussian" / "unet.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    assert refusal(tmp_path, capsys).startswith(f"error: {path}: ")
    write_weights(path, AttentionUNet((2, 2), (1, 1)).state_dict(), ["odd"])  # type: ignore[arg-type]
    assert refusal(tmp_path, capsys).startswith(f"error: {path}: these weights are not of this project")
