"""Training the estimator: its batches, its loss, and that it learns."""

import math
from pathlib import Path

import pytest
import torch

import stages.estimator
from facedenoise.estimator.calibration import CLEAN, calibrate, figures
from facedenoise.estimator.learner import Estimation, NoisyPictures, loss_validator, losses
from facedenoise.estimator.network import IMPULSES, NOISY, NoiseEstimator
from facedenoise.models.weights import read_weights
from facedenoise.training.loop import Plan

SETTINGS = {"filters": 4, "half": 6, "quarter": 8}
DESCENT = {"lr": 1e-2, "weight_decay": 0.0, "clip": 1.0, "ema": 0.9}


def made() -> NoiseEstimator:
    torch.manual_seed(0)
    return NoiseEstimator(**SETTINGS)


def test_a_batch_is_a_function_of_epoch_and_step(drawn: torch.Tensor) -> None:
    batches = NoisyPictures(drawn[:, 0].numpy(), batch_size=8, seed=1)
    images, truth = batches.batch(2, 3)
    again = batches.batch(2, 3)
    torch.testing.assert_close((images, truth), again, rtol=0, atol=0)
    assert not torch.equal(images[:, :, :20, :20], batches.batch(3, 3)[0][:, :, :20, :20])
    assert (len(batches), len(images), images.dtype) == (8, 8, torch.float32)
    assert truth.shape == (8, 2, *images.shape[2:])
    assert 0 <= images.min() <= images.max() <= 1


def test_batches_are_of_several_sizes(drawn: torch.Tensor) -> None:
    batches = NoisyPictures(drawn[:, 0].numpy(), batch_size=2, seed=1)
    shapes = [batches.batch(0, step)[0].shape[2:] for step in range(30)]
    assert (48, 48) in shapes
    assert len(set(shapes)) > 3
    assert min(min(shape) for shape in shapes) >= 20


def test_the_right_answer_costs_nothing() -> None:
    images, truth = torch.full((2, 1, 12, 12), 0.5), torch.zeros(2, 2, 12, 12)
    truth[0, 0] = 0.1  # the first has Gaussian noise, the second impulses all over
    truth[1, 1] = 1
    variance = 2 * math.log(0.1)
    answers = torch.tensor([[variance, -30, -30, 30, -30, -30], [0, 0, 0, -30, 30, 30]])
    assert all(part < 1e-4 for part in losses(answers, images, truth).values())
    twice = answers.clone()
    twice[0, 0] += 2 * math.log(2)
    assert losses(twice, images, truth)["level"].item() == pytest.approx(math.log(2), rel=1e-4)


def test_it_learns(drawn: torch.Tensor) -> None:
    batches = NoisyPictures(drawn[:, 0].numpy(), batch_size=16, seed=1)
    learner = Estimation(made(), made(), **DESCENT)
    validate = loss_validator(batches, torch.device("cpu"))
    before = validate(learner.averaged())
    for step in range(40):
        learner.step(*batches.batch(0, step % 4), 1.0)
    after = validate(learner.averaged())
    assert after["val_level"] < before["val_level"] / 2
    assert sum(after.values()) < sum(before.values()) / 2


def test_calibration_calls_most_faces_clean(drawn: torch.Tensor) -> None:
    network = made().eval()
    network.shift(level=0, noisy=5, impulses=5)
    calibrate(network, drawn)
    measured = figures(network, drawn)
    assert measured["clean"]["faces"] == pytest.approx(CLEAN, abs=0.04)
    ratios = sorted(measured["ratio"].values())
    assert ratios[len(ratios) // 2] == pytest.approx(1, rel=0.05)


def test_the_stage_writes_what_the_package_brings(
    drawn: torch.Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = stages.estimator
    monkeypatch.chdir(Path(stage.__file__).parents[1])
    for name, value in {
        "ESTIMATOR": tmp_path / "estimator.safetensors",
        "SETTINGS": SETTINGS,
        "PLAN": Plan(epochs=1, warmup=0.05, scores=("val_level",)),
        "read_tensors": lambda _: {"images": drawn},
        "sha256_of_source": lambda _: "hash",
        "commit": lambda: "commit",
    }.items():
        monkeypatch.setattr(stage, name, value)
    stage.main()
    weights, description = read_weights(tmp_path / "estimator.safetensors")
    assert {value.dtype for value in weights.values()} == {torch.float16}
    assert description["noise_estimator"] == SETTINGS
    assert (description["commit"], description["data_sha256"]) == ("commit", "hash")
    assert [NOISY, IMPULSES] == [3, 4]
