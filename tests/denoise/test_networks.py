"""Which networks there are and what they were trained on; the released ones load and denoise."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from stand_ins import NOISES, TASKS, write_stand_ins
from torch import Tensor

from facedenoise.denoise.networks import RELEASED, find_tasks, find_weights, task_noise, trained
from facedenoise.errors import InputError
from facedenoise.images.fidelity import psnr
from facedenoise.images.tensors import to_float
from facedenoise.models import MODELS, UNTRAINED
from facedenoise.models.inference import denoise, load_denoiser
from facedenoise.models.inputs import TaskNoise
from facedenoise.models.weights import read_weights, write_weights
from facedenoise.noise import corrupt, parse_noise
from facedenoise.noise.poisson import Poisson

ROOT = Path(__file__).resolve().parents[2]
LEAST_GAIN = {"low_gaussian": 2.0, "high_gaussian": 4.0, "salt_pepper": 15.0}  # dB over the noisy faces
MOST_BYTES = 30_000_000


@pytest.mark.parametrize(("task", "model"), list(product(LEAST_GAIN, MODELS)))
def test_a_released_network_denoises_faces_that_it_has_never_seen_and_says_what_it_is(
    task: str, model: str, drawn: Tensor
) -> None:
    path, faces = RELEASED / task / f"{model}.safetensors", drawn[:16]
    noisy = corrupt(faces.numpy(), np.arange(len(faces)), NOISES[task], seed=1, task=task, draw=0)
    clean, spoilt = to_float(faces), to_float(torch.from_numpy(noisy))
    gain = psnr(clean, denoise(load_denoiser(path), spoilt)).mean() - psnr(clean, spoilt).mean()
    assert gain > LEAST_GAIN[task]
    weights, description = read_weights(path)
    assert {value.dtype for value in weights.values()} == {torch.float16}
    assert (description["task"], description["model"]) == (task, model)
    assert len(description["commit"]) == 40
    assert len(description["data_sha256"]) == 64
    assert trained(path) == (NOISES[task], False)
    for scores in (description["val"], description["test"]):
        assert scores["psnr"] > 29
        assert 0.9 < scores["ssim"] < 1


@pytest.mark.parametrize(
    ("noise", "least_gain"),
    [
        ({"kind": "gaussian", "std": 0.02, "factor": 2}, 2.0),
        ({"kind": "gaussian", "std": 0.2, "factor": 2}, 7.0),
        ({"kind": "poisson", "peak": 100}, 4.0),
        ({"kind": "salt_pepper", "factor": 0.5}, 15.0),
        (
            {
                "kind": "sequence",
                "of": [
                    {"kind": "gaussian", "std": 0.03, "factor": 2},
                    {"kind": "salt_pepper", "factor": 0.05},
                ],
            },
            12.0,
        ),
    ],
)
def test_the_released_network_for_any_noise_is_right_for_each_that_it_is_told(
    noise: dict[str, Any], least_gain: float, drawn: Tensor
) -> None:
    path, faces, rows = RELEASED / "any/unet.safetensors", drawn[:16], torch.arange(16)
    assert trained(path).is_told
    assert path.stat().st_size <= 8_500_000
    drawn_noise = TaskNoise(parse_noise(noise), seed=1, task="any")
    noisy = drawn_noise.corrupt(faces, rows, draw=0)
    denoised = denoise(load_denoiser(path), drawn_noise.inputs(noisy, rows, told=True))
    clean = to_float(faces)
    assert psnr(clean, denoised).mean() - psnr(clean, to_float(noisy)).mean() > least_gain


def test_the_released_networks_are_small() -> None:
    assert 0 < sum(path.stat().st_size for path in RELEASED.rglob("*.safetensors")) <= MOST_BYTES


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work where models/ has networks of `dim`, `gone` and no task, the package the default ones."""
    (tmp_path / "models").mkdir()
    write_stand_ins(tmp_path / "released")
    for name in ("dim", "gone", UNTRAINED):
        write_stand_ins(tmp_path / "stand_ins")
        (tmp_path / "stand_ins/low_gaussian").rename(tmp_path / "models" / name)
    monkeypatch.setattr("facedenoise.denoise.networks.RELEASED", tmp_path / "released")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_params(**tasks: dict[str, Any]) -> None:
    """Write the params of this checkout with these tasks, each trained as another."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params["tasks"] = {name: {**params["tasks"]["low_gaussian"], **task} for name, task in tasks.items()}
    Path("params.yaml").write_text(yaml.safe_dump(params))


@pytest.mark.parametrize("content", [None, "- of another project", "tasks: 3"])
def test_the_tasks_are_those_with_networks(here: Path, content: str | None) -> None:
    if content:
        Path("params.yaml").write_text(content)
    assert find_tasks() == ["dim", "gone", *sorted(TASKS)]
    assert find_tasks(here / "models") == ["dim", "gone"]


def test_a_task_that_is_not_in_the_params_any_more_is_not_offered(here: Path) -> None:
    write_params(dim={}, not_yet={})
    assert find_tasks() == ["dim", *sorted(TASKS)]
    with pytest.raises(InputError, match="no task 'gone'; give one of dim, high_gaussian, "):
        find_weights("gone", "unet")
    assert find_weights("dim", "gan") == Path("models/dim/gan.safetensors")


def test_the_noise_of_a_task_is_that_of_the_params_else_that_of_its_network(here: Path) -> None:
    write_params(low_gaussian={"noise": {"kind": "poisson", "peak": 9}}, not_yet={})
    assert task_noise("low_gaussian") == Poisson(9)
    assert task_noise("not_yet") == NOISES["low_gaussian"]
    assert task_noise("high_gaussian") == NOISES["high_gaussian"]
    with pytest.raises(InputError, match=r"no task 'gone'; give one of .*, not_yet, salt_pepper"):
        task_noise("gone")


@pytest.mark.parametrize("content", ["tasks: {", "tasks: {dim: {noise: loud}}"])
def test_wrong_params_are_named(here: Path, content: str) -> None:
    Path("params.yaml").write_text(content)
    with pytest.raises(InputError, match=r"^params\.yaml: "):
        task_noise("dim")


@pytest.mark.parametrize(
    "description",
    [{}, [], *({"task": "dim", "params": {"noise": noise}} for noise in (3, {}, {"kind": "?"}))],
)
def test_a_file_that_does_not_say_its_noise_is_named(tmp_path: Path, description: Any) -> None:
    path = tmp_path / "dim/unet.safetensors"
    write_weights(path, {"a": torch.zeros(1)}, description)
    with pytest.raises(InputError, match=r"does not say which noise it was trained on; .* --noise dim"):
        trained(path)
    path.write_bytes(b"broken")
    with pytest.raises(InputError, match="not a readable safetensors file"):
        trained(path)
