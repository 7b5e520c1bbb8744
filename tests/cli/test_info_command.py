"""`facedenoise info`: says what the files of the weights say, and what they do not."""

import json
from pathlib import Path
from typing import Any

import pytest

from facedenoise.cli.main import main
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.weights import write_weights

CAPTURE = pytest.CaptureFixture[str]
WIDTHS, BLOCKS = (4, 8), (1, 1)
FACTS = {
    "data_sha256": "0123456789abcdef" * 4,
    "commit": "fedcba9876543210" * 2 + "fedcba98",
    "val": {"psnr": 31.25, "ssim": 0.95},
    "test": {"psnr": 30.904, "ssim": 0.9464},
    "seed_sd": {"psnr": 0.0412, "ssim": 0.0003},
    "params": {"data": {"csv": "faces.csv"}, "noise": {"kind": "poisson", "peak": 30, "seed": 0}},
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder, without released networks."""
    monkeypatch.setattr("facedenoise.denoise.networks.RELEASED", tmp_path / "released")
    monkeypatch.chdir(tmp_path)


def write(path: str, **facts: Any) -> None:
    """Write FOLDER/TASK/MODEL.safetensors."""
    file = Path(f"{path}.safetensors")
    settings = {"widths": WIDTHS, "blocks": BLOCKS}
    description = {"attention_unet": settings, "task": file.parent.name, "model": file.stem, **facts}
    write_weights(file, AttentionUNet(WIDTHS, BLOCKS).state_dict(), description)


def info(folder: str, capsys: CAPTURE, *options: str) -> str:
    assert main(["info", "--weights", folder, *options]) == 0
    return capsys.readouterr().out


def line_of(table: str, task: str) -> str:
    (line,) = [line for line in table.splitlines() if line.strip().startswith(task)]
    return line


def test_the_table_shows_scores_data_commit_noise_and_what_is_missing(capsys: CAPTURE) -> None:
    write("w/high_gaussian/unet", **FACTS)
    said = info("w", capsys)
    count = sum(parameter.numel() for parameter in AttentionUNet(WIDTHS, BLOCKS).parameters())
    scores = ("31.25 / 0.9500", "30.90 / 0.9464", "0.04 / 0.0003")
    trained = ("0123456789ab", "fedcba987654", "Poisson, 30 ")
    for shown in ("unet", f" {count:,} ", *scores, *trained):
        assert shown in line_of(said, "high_gaussian")
    assert said.splitlines()[-1] == "missing: w/high_gaussian/gan.safetensors"
    assert said.count("missing") == 1


@pytest.mark.parametrize(
    ("facts", "data"),
    [
        ({}, "-"),
        ({"val": {"psnr": 31.25}, "params": 3}, "-"),
        ({"test": "good", "val": [1]}, "-"),
        ({"commit": None, "data_sha256": 7}, "7"),
    ],
)
def test_what_a_file_does_not_say_is_a_dash(facts: dict[str, Any], data: str, capsys: CAPTURE) -> None:
    write("w/low_gaussian/unet", **facts)
    assert line_of(info("w", capsys), "low_gaussian").split()[4:-1] == ["-", "-", "-", data, "-", "-"]


def test_json_has_all_that_the_files_say(capsys: CAPTURE) -> None:
    write("w/high_gaussian/gan", **FACTS)
    write("w/low_gaussian/unet")
    high, low = json.loads(info("w", capsys, "--json"))
    assert (low["task"], low["model"], low["noise"]) == ("low_gaussian", "unet", None)
    assert {name: high[name] for name in FACTS} == FACTS
    assert high["file"] == "w/high_gaussian/gan.safetensors"


def test_it_says_which_networks_see_colour(capsys: CAPTURE) -> None:
    """A file from before there was colour does not say its channels."""
    for name, channels in (("grey", {"channels": 1}), ("old", {}), ("rgb", {"channels": 3})):
        write(f"w/{name}/unet", attention_unet={"widths": WIDTHS, "blocks": BLOCKS, **channels})
    said = info("w", capsys)
    assert [line_of(said, name).split()[2] for name in ("grey", "old", "rgb")] == ["grey", "grey", "RGB"]
    assert [each["colour"] for each in json.loads(info("w", capsys, "--json"))] == ["grey", "grey", "RGB"]


METRICS = {
    "low_gaussian": {"noisy": {"psnr": 34.0, "ssim": 0.96}, "unet": {"psnr": 37.31, "ssim": 0.9867}},
    "salt_pepper": {"gan": {"psnr": 38.37, "ssim": 0.9932, "label_accuracy": 0.5}},
}


def test_the_test_scores_of_the_pipelines_networks_are_those_of_its_evaluation(capsys: CAPTURE) -> None:
    for network in ("low_gaussian/unet", "salt_pepper/gan", "high_gaussian/unet"):
        write(f"models/{network}")
    write("elsewhere/low_gaussian/unet")
    Path("reports").mkdir()
    Path("reports/metrics.json").write_text(json.dumps(METRICS))
    assert main(["info"]) == 0
    said = capsys.readouterr().out
    assert line_of(said, "low_gaussian").split()[4:8] == ["-", "37.31", "/", "0.9867"]
    assert line_of(said, "salt_pepper").split()[4:8] == ["-", "38.37", "/", "0.9932"]
    assert line_of(said, "high_gaussian").split()[4:6] == ["-", "-"]
    assert "test, of the networks in models/: what reports/metrics.json says" in said
    _, low, _ = json.loads(info("models", capsys, "--json"))
    assert low["test"] == {"psnr": 37.31, "ssim": 0.9867}
    said = info("elsewhere", capsys)
    assert line_of(said, "low_gaussian").split()[4:6] == ["-", "-"]
    assert "reports/metrics.json" not in said
    Path("reports/metrics.json").write_text("<<<<<<< HEAD")
    assert line_of(info("models", capsys), "low_gaussian").split()[4:6] == ["-", "-"]


def refusal(capsys: CAPTURE) -> str:
    """Return the one line with which `info` refuses the folder `w`."""
    assert main(["info", "--weights", "w"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_folder_without_weights_or_with_odd_ones_is_refused(capsys: CAPTURE) -> None:
    assert refusal(capsys).startswith("error: w: no TASK/unet.safetensors in it")
    write("w/low_gaussian/unet")
    path = Path("w/low_gaussian/unet.safetensors")
    path.write_bytes(path.read_bytes()[:-10])
    assert refusal(capsys).startswith(f"error: {path}: ")
    write_weights(path, AttentionUNet(WIDTHS, BLOCKS).state_dict(), ["odd"])  # type: ignore[arg-type]
    assert refusal(capsys).startswith(f"error: {path}: these weights are not of this project")
