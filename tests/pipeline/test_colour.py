"""The stages that make networks, on faces in colour."""

import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
import yaml
from helpers import tinted, write_tensors
from torch import Tensor

from facedenoise.images.fidelity import psnr
from facedenoise.images.tensors import read_tensors, to_float
from facedenoise.models import KIND, UNTRAINED
from facedenoise.models.inference import load_denoiser
from facedenoise.models.weights import read_weights
from stages import gan, noise, train, untrained
from stages.paths import history_file, noisy_file, split_file, weights_file

ROOT = Path(__file__).resolve().parents[2]
TASK = "any"


@pytest.fixture(params=[False, True], ids=["untold", "told"])
def told(
    request: pytest.FixtureRequest, drawn: Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> bool:
    """Go to a folder with faces in colour and params for them; return whether networks are told the level."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["stage", TASK])
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    content["data"]["colour"] = "rgb"
    content["model"] |= {"widths": [4, 8], "blocks": [1, 1], "level": request.param}
    content["train"] |= {"batch_size": 4, "ema": 0.9}
    content["gan"]["widths"] = [4, 4, 4]
    content["tasks"] = {
        TASK: {
            "noise": {"kind": "gaussian", "std": [0.2, 0.4], "factor": 0.3},
            "after": UNTRAINED,
            "train": {"epochs": 6, "lr": 0.003},
            "gan": {"epochs": 1, "lr": 0.0001},
        }
    }
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    for split, faces in zip(("train", "val", "test"), drawn.split((48, 8, 8)), strict=True):
        write_tensors(split_file(split), {"images": tinted(faces), "row": torch.arange(len(faces))})
    return bool(request.param)


def test_the_networks_of_a_task_see_and_denoise_all_channels(told: bool) -> None:
    for stage in (untrained, noise, train, gan):
        stage.main()
    for task in (UNTRAINED, TASK):
        assert read_weights(weights_file(task, "unet"))[1][KIND]["channels"] == 3
        judge, description = read_weights(weights_file(task, "discriminator"))
        assert description["patchgan"] == {"widths": [4, 4, 4], "channels": 3}
        assert judge["layers.0.parametrizations.weight.original"].shape[1] == 9
    network = load_denoiser(weights_file(TASK, "gan"))
    assert network.stem.weight.shape[1] == (18 if told else 15)
    clean, noisy = (
        to_float(read_tensors(file)["images"]) for file in (split_file("val"), noisy_file(TASK, "val"))
    )
    reached = pd.read_csv(history_file(TASK, "unet"))["val_psnr"].max()
    assert reached > psnr(clean, noisy).mean() + 2
