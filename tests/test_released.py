"""The networks that the package brings: they load, say what they are, and denoise."""

import numpy as np
import pytest
import torch
from torch import Tensor

from facedenoise.data.tensors import to_float
from facedenoise.evaluation.metrics import psnr
from facedenoise.inference import denoise, load_denoiser
from facedenoise.models.weights import read_weights
from facedenoise.noise import corrupt
from facedenoise.params import TASKS, Task
from facedenoise.released import RELEASED
from facedenoise.strengths import STRENGTHS

LEAST_GAIN = {"low_gaussian": 2.0, "high_gaussian": 4.0, "salt_pepper": 15.0}  # dB over the noisy faces
MOST_BYTES = 30_000_000

every_network = pytest.mark.parametrize(
    ("task", "model"), [(task, model) for task in TASKS for model in ("unet", "gan")]
)


@every_network
def test_a_released_network_denoises_faces_that_it_has_never_seen(
    task: Task, model: str, drawn: Tensor
) -> None:
    network = load_denoiser(RELEASED / task / f"{model}.safetensors")
    noisy = corrupt(drawn.numpy(), np.arange(len(drawn)), STRENGTHS[task], seed=1, task=task, draw=0)
    clean, spoilt = to_float(drawn), to_float(torch.from_numpy(noisy))
    gain = psnr(clean, denoise(network, spoilt)).mean() - psnr(clean, spoilt).mean()
    assert gain > LEAST_GAIN[task]


@every_network
def test_a_released_network_says_what_it_is(task: Task, model: str) -> None:
    weights, description = read_weights(RELEASED / task / f"{model}.safetensors")
    assert {value.dtype for value in weights.values()} == {torch.float16}
    assert (description["task"], description["model"]) == (task, model)
    assert len(description["commit"]) == 40
    assert len(description["data_sha256"]) == 64
    assert description["params"]["noise"][task]["kind"] == STRENGTHS[task].kind
    for scores in (description["val"], description["test"]):
        assert scores["psnr"] > 29
        assert 0.9 < scores["ssim"] < 1


def test_all_of_them_are_small() -> None:
    assert 0 < sum(path.stat().st_size for path in RELEASED.rglob("*.safetensors")) <= MOST_BYTES
