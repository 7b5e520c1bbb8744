"""The trainings: they learn, the adversarial gradient arrives, and a resumed run is the same run."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from helpers import awake, tinted
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

from facedenoise.errors import InputError
from facedenoise.images.tensors import to_float
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.inputs import TaskNoise
from facedenoise.models.patchgan import PatchGAN
from facedenoise.noise import Varying
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.salt_pepper import SaltPepper
from facedenoise.noise.sequence import Sequence
from facedenoise.training.adversarial import Adversarial
from facedenoise.training.ahead import TrainingData
from facedenoise.training.batches import Batches, Pairs
from facedenoise.training.checkpoints import Checkpoints
from facedenoise.training.loop import (
    Learner,
    Plan,
    Progress,
    Training,
    Validate,
    seed_everything,
)
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.schedule import WeightAverage, rate_factor
from facedenoise.training.validation import validator

NOISE = Gaussian(std=0.4, factor=0.3)
TASK_NOISE = TaskNoise(NOISE, seed=0, task="high_gaussian")
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pairs(drawn: Tensor) -> Pairs:
    rows = torch.arange(len(drawn)) * 3
    return Pairs(drawn, TASK_NOISE.corrupt(drawn, rows, 0), rows)


def batches_of(
    pairs: Pairs,
    size: int = 16,
    seed: int = 0,
    *,
    fresh: bool = True,
    told: bool = False,
    mosaic: float = 0.0,
) -> Batches:
    return Batches(pairs, size, seed, TASK_NOISE, fresh, told)


def validate_on(pairs: Pairs, *, told: bool = False) -> Validate:
    return validator(pairs, TASK_NOISE, CPU, told=told)


def reconstruction(
    lr: float = 0.003, clip: float = 1.0, muon: float = 0.0, **settings: Any
) -> Reconstruction:
    seed_everything(0)
    network, average = (AttentionUNet((4, 8), (1, 1), **settings) for _ in range(2))
    return Reconstruction(network, average, lr=lr, weight_decay=0.0, clip=clip, ema=0.9, muon=muon)


def adversarial(weight: float = 1.0, clip: float = 1.0, *, level: bool = False) -> Adversarial:
    generator = reconstruction(clip=clip, level=level)
    return Adversarial(generator, PatchGAN((4, 4, 4)), weight=weight, smoothing=0.1, lr=0.001)


def train(
    learner: Learner, pairs: Pairs, folder: Path, plan: Plan, batches: TrainingData | None = None
) -> Progress:
    with Checkpoints(folder) as checkpoints:
        batches = batches or batches_of(pairs)
        return Training(learner, batches, validate_on(pairs), plan, checkpoints, "test").run()


class KilledError(Exception):
    """The end of a training that is killed."""


class Dying(Batches):
    """Batches that kill the training in its second epoch."""

    def batch(self, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        if (epoch, step) == (1, 2):
            raise KilledError
        return super().batch(epoch, step)


def contents(images: Tensor) -> set[bytes]:
    return {image.numpy().tobytes() for image in images}


class TestBatches:
    def test_each_image_comes_once_an_epoch(self, pairs: Pairs) -> None:
        numbers = torch.arange(64, dtype=torch.uint8).view(64, 1, 1, 1)
        batches = batches_of(Pairs(numbers, numbers, pairs.rows), fresh=False)
        for epoch in (0, 1):
            seen = torch.cat([batches.batch(epoch, step)[1] for step in range(len(batches))])
            assert sorted((255 * seen).round().flatten().tolist()) == list(range(64))

    def test_the_order_changes_with_epoch_and_seed_alone(self, pairs: Pairs) -> None:
        one, same, other = (batches_of(pairs, seed=seed) for seed in (0, 0, 1))
        for epoch in (0, 1):
            for a, b in zip(one.batch(epoch, 2), same.batch(epoch, 2), strict=True):
                assert torch.equal(a, b)
        assert not torch.equal(one.batch(0, 0)[1], one.batch(1, 0)[1])
        assert not torch.equal(one.batch(0, 0)[1], other.batch(0, 0)[1])

    def test_only_fresh_noise_differs_from_that_on_disk_and_not_in_the_first_epoch(
        self, pairs: Pairs
    ) -> None:
        fresh, fixed = (batches_of(pairs, 64, fresh=fresh) for fresh in (True, False))
        on_disk = contents(to_float(torch.cat([pairs.noisy, pairs.noisy.flip(-1)])))
        assert contents(fresh.batch(0, 0)[0]) <= on_disk
        assert contents(fixed.batch(5, 0)[0]) <= on_disk
        assert not contents(fresh.batch(1, 0)[0]) & on_disk

    def test_noisy_and_clean_belong_together(self, pairs: Pairs) -> None:
        for epoch in (0, 3):
            noisy, clean = batches_of(pairs, 64).batch(epoch, 0)
            errors = (noisy - clean).square().mean((1, 2, 3)).sqrt()
            assert errors.max() < 2 * NOISE.sigma
            assert errors.min() > 0

    def test_some_faces_are_flipped_and_some_are_not(self, pairs: Pairs) -> None:
        _, clean = batches_of(pairs, 64, fresh=False).batch(0, 0)
        assert 16 < len(contents(clean) & contents(to_float(pairs.clean))) < 48

    @pytest.mark.parametrize("epoch", [0, 3])
    def test_an_image_and_the_level_of_its_noise_are_flipped_together(self, pairs: Pairs, epoch: int) -> None:
        noise = TaskNoise(Sequence((SaltPepper(factor=0.3), Gaussian(std=0.0, factor=0.0))), 0, "t")
        noisy = noise.corrupt(pairs.clean, pairs.rows, 0)
        batches = Batches(Pairs(pairs.clean, noisy, pairs.rows), 64, 0, noise, fresh=True, told=True)
        inputs, clean = batches.batch(epoch, 0)
        assert inputs.shape == (64, 2, 48, 48)
        image, level = inputs[:, :1], inputs[:, 1:]
        saturated = (image == 0) | (image == 1)
        assert torch.equal(level, saturated.float())
        assert torch.equal(image[~saturated], clean[~saturated])
        flipped = len(contents(clean) - contents(to_float(pairs.clean)))
        assert 16 < flipped < 48

    def test_the_level_is_that_of_the_noise_of_the_epoch(self, pairs: Pairs) -> None:
        noise = TaskNoise(Varying(Gaussian(0.1, 1.0), Gaussian(0.5, 1.0)), 0, "t")
        told = Pairs(pairs.clean, noise.corrupt(pairs.clean, pairs.rows, 0), pairs.rows)
        for epoch in (0, 3):
            inputs, clean = Batches(told, 64, 0, noise, fresh=True, told=True).batch(epoch, 0)
            errors = (inputs[:, :1] - clean).square().mean((1, 2, 3)).sqrt()  # less where clipped
            ratios = errors / inputs[:, 1].mean((1, 2))
            assert 0.6 < ratios.min() < ratios.max() < 1.1


@pytest.fixture(scope="module")
def coloured(drawn: Tensor) -> Pairs:
    faces, rows = tinted(drawn), torch.arange(len(drawn)) * 3
    return Pairs(faces, TASK_NOISE.corrupt(faces, rows, 0), rows)


class TestColour:
    @pytest.mark.parametrize("told", [False, True])
    def test_image_level_and_clean_image_are_flipped_together(self, coloured: Pairs, told: bool) -> None:
        noise = TaskNoise(SaltPepper(factor=0.3), 0, "t")
        noisy = noise.corrupt(coloured.clean, coloured.rows, 0)
        batches = Batches(Pairs(coloured.clean, noisy, coloured.rows), 64, 0, noise, fresh=True, told=told)
        inputs, clean = batches.batch(3, 0)
        assert inputs.shape == (64, 6 if told else 3, 48, 48)
        assert contents(clean) <= contents(to_float(torch.cat([coloured.clean, coloured.clean.flip(-1)])))
        assert 16 < len(contents(clean) - contents(to_float(coloured.clean))) < 48
        image = inputs[:, :3]
        saturated = (image == 0) | (image == 1)
        assert torch.equal(image[~saturated], clean[~saturated])
        assert not told or torch.equal(inputs[:, 3:], saturated.float())

    @pytest.mark.parametrize("told", [False, True])
    def test_a_network_that_sees_all_channels_learns_to_denoise(self, coloured: Pairs, told: bool) -> None:
        some = Pairs(coloured.clean[:16], coloured.noisy[:16], coloured.rows[:16])
        validate, batches = validate_on(some, told=told), batches_of(coloured, 4, told=told)
        learner, steps = reconstruction(lr=0.01, channels=3, level=told), 64
        before = validate(learner.averaged())["val_psnr"]
        for step in range(steps):
            learner.step(*batches.batch(*divmod(step, len(batches))), rate_factor(step, 2 * steps, 0.1))
        assert validate(learner.averaged())["val_psnr"] > before + 3

    def test_the_discriminator_sees_the_channels_of_the_image_alone(self, coloured: Pairs) -> None:
        judge = PatchGAN((4, 4, 4), channels=3)
        generator = reconstruction(channels=3, level=True)
        learner = Adversarial(generator, judge, weight=1.0, smoothing=0.1, lr=0.001)
        seen: list[tuple[Tensor, ...]] = []
        judge.register_forward_pre_hook(lambda _, given: seen.append(given))
        inputs, clean = batches_of(coloured, told=True).batch(1, 0)
        learner.step(inputs, clean, 1.0)
        assert all(torch.equal(noisy, inputs[:, :3]) for noisy, _ in seen)
        assert torch.equal(seen[0][1], clean)
        assert [candidate.shape for _, candidate in seen] == [clean.shape] * 3


class TestSchedule:
    def test_it_rises_to_one_and_falls_to_zero(self) -> None:
        factors = np.array([rate_factor(step, 1000, 0.1) for step in range(1000)])
        assert factors.argmax() in (99, 100)
        assert factors.max() == 1
        assert (np.diff(factors[:100]) > 0).all()
        assert (np.diff(factors[101:]) < 0).all()
        assert 0 < factors[-1] < 0.002
        assert np.allclose(np.diff(factors[101:], n=2), 0)

    @pytest.mark.parametrize("warmup", [0.0, 0.5, 1.0])
    @pytest.mark.parametrize("steps", [1, 2, 7])
    def test_no_step_is_without_a_rate(self, steps: int, warmup: float) -> None:
        assert all(0 < rate_factor(step, steps, warmup) <= 1 for step in range(steps))

    def test_the_average_is_that_of_the_formula(self) -> None:
        network, average = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
        ema = WeightAverage(network, average, decay=0.5)
        expected = network.weight.item()
        for update in range(10):
            nn.init.constant_(network.weight, float(update))
            decay = min(0.5, (1 + update) / (10 + update))
            expected = decay * expected + (1 - decay) * update
            ema.update(network)
        assert average.weight.item() == pytest.approx(expected, rel=1e-5)


class TestReconstruction:
    def test_it_learns_to_denoise_and_keeps_the_best_weights(self, pairs: Pairs, tmp_path: Path) -> None:
        plan, batches, validate = Plan(6, 0.1, patience=6), batches_of(pairs, 4), validate_on(pairs)
        progress = train(reconstruction(lr=0.01), pairs, tmp_path, plan, batches)
        best = max(entry["val_psnr"] for entry in progress.history)
        assert best > validate(nn.Identity())["val_psnr"] + 2
        network = AttentionUNet((4, 8), (1, 1))
        network.load_state_dict(progress.kept)
        assert validate(network)["val_psnr"] == pytest.approx(best, abs=1e-3)

    def test_it_stops_when_it_no_longer_improves_and_keeps_the_best_not_the_last(
        self, pairs: Pairs, tmp_path: Path
    ) -> None:
        scores = iter([{"val_psnr": psnr} for psnr in (20.0, 22.0, 21.0, 21.5, 23.0)])
        learner, batches, plan = reconstruction(), batches_of(pairs, fresh=False), Plan(5, 0.1, patience=2)
        with Checkpoints(tmp_path) as checkpoints:
            training = Training(learner, batches, lambda _: next(scores), plan, checkpoints, "test")
            progress = training.run()
        assert [entry["val_psnr"] for entry in progress.history] == [20.0, 22.0, 21.0, 21.5]
        assert progress.kept_score == 22.0
        assert not _equal(progress.kept, learner.averaged().state_dict())

    def test_a_loss_that_is_no_number_stops_with_one_line(self, pairs: Pairs, tmp_path: Path) -> None:
        learner = reconstruction()
        nn.init.constant_(next(learner.network.parameters()), float("nan"))
        with pytest.raises(InputError, match=r"^test: loss became nan in epoch 1; lower the learning rate$"):
            train(learner, pairs, tmp_path, Plan(epochs=1, warmup=0.1))

    @pytest.mark.parametrize("make", [reconstruction, adversarial])
    def test_weights_that_the_last_step_makes_no_numbers_stop_with_one_line(
        self, make: Any, pairs: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Its loss is from before the step, and still a number.
        monkeypatch.setattr(Batches, "__len__", lambda _: 1)
        learner = make()
        generator = getattr(learner, "generator", learner)
        first = next(generator.network.parameters())
        first.register_hook(lambda gradient: torch.full_like(gradient, torch.nan))
        words = r"^test: the norm of the weights became nan in epoch 1; lower the learning rate$"
        with pytest.raises(InputError, match=words):
            train(learner, pairs, tmp_path, Plan(epochs=1, warmup=0.1))


class TestAdversarial:
    def test_the_adversarial_gradient_reaches_the_generator(self, pairs: Pairs) -> None:
        # Without clipping: its common factor would change every gradient.
        without, with_it = (adversarial(weight, clip=1e9) for weight in (0.0, 100.0))
        for learner in (without, with_it):
            awake(learner.generator.network)
            learner.step(*batches_of(pairs, fresh=False).batch(0, 0), 1.0)
        untouched = dict(without.generator.network.named_parameters())
        for name, parameter in with_it.generator.network.named_parameters():
            assert not torch.equal(_gradient(parameter), _gradient(untouched[name])), name

    def test_each_network_learns_in_its_own_step_alone(self, pairs: Pairs) -> None:
        learner, (noisy, clean) = adversarial(), batches_of(pairs, fresh=False).batch(0, 0)
        generator, judge = learner.generator.network, learner.discriminator
        denoised = learner.generator.output(noisy)
        for learn, image, learning, resting in (
            (learner._learn_to_judge, denoised.detach(), judge, generator),
            (learner._learn_to_deceive, denoised, generator, judge),
        ):
            learning_before, resting_before = _weights(learning), _weights(resting)
            learn(noisy, clean, image, 1.0)
            assert not torch.equal(_weights(learning), learning_before)
            assert torch.equal(_weights(resting), resting_before)

    def test_the_discriminator_learns_to_tell_noisy_from_clean(self, pairs: Pairs) -> None:
        judge = PatchGAN((16, 16, 16))
        learner = Adversarial(reconstruction(), judge, weight=0.0, smoothing=0.1, lr=0.004)
        noisy, clean = batches_of(pairs, 32, fresh=False).batch(0, 0)
        judged = [learner._learn_to_judge(noisy, clean, noisy, 1.0) for _ in range(40)]
        assert np.mean([step["discriminator_accuracy"] for step in judged[-10:]]) > 0.8


@pytest.mark.parametrize("make", [reconstruction, adversarial])
def test_a_network_that_is_told_learns_from_what_it_is_told(make: Any, pairs: Pairs) -> None:
    learner = make(level=True)
    network = getattr(learner, "generator", learner).network
    awake(network)
    before = network.stem.weight.detach().clone()
    learner.step(*batches_of(pairs, told=True).batch(1, 0), 1.0)
    learned = (network.stem.weight != before).any((0, 2, 3)).tolist()
    assert learned == [True, True, True, False, False, True]  # no pixel is missing under Gaussian noise


def test_a_network_that_is_told_is_validated_so(pairs: Pairs) -> None:
    noisy = validate_on(pairs)(nn.Identity())
    assert validate_on(pairs, told=True)(AttentionUNet((4, 8), (1, 1), level=True)) == noisy


@pytest.mark.parametrize(
    ("make", "logged"),
    [
        (reconstruction, "loss"),
        (
            adversarial,
            "generator_loss reconstruction_loss adversarial_loss discriminator_loss discriminator_accuracy",
        ),
    ],
)
def test_the_history_has_a_row_an_epoch_and_the_log_file_a_bar(
    make: Callable[[], Learner], logged: str, pairs: Pairs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history = train(make(), pairs, tmp_path, Plan(epochs=2, warmup=0.1)).history
    assert [entry["epoch"] for entry in history] == [1, 2]
    assert all(set(entry) == {"epoch", *logged.split(), "val_psnr", "val_ssim", "lr"} for entry in history)
    assert capsys.readouterr().err.count("test 1/2:") == 1


@pytest.mark.parametrize("make", [reconstruction, partial(reconstruction, muon=3.0), adversarial])
def test_a_killed_training_goes_on_and_ends_as_if_it_had_not_been(
    make: Callable[[], Any], pairs: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facedenoise.training.checkpoints.EVERY_SECONDS", 0.0)
    plan = Plan(epochs=3, warmup=0.1, patience=3)
    whole = train(make(), pairs, tmp_path / "whole", plan)
    with pytest.raises(KilledError):
        train(
            make(), pairs, tmp_path / "killed", plan, Dying(pairs, 16, 0, TASK_NOISE, fresh=True, told=False)
        )
    learner = make()
    learner.step = Mock(wraps=learner.step)
    for _ in range(2):  # the second time there is nothing left to do
        resumed = train(learner, pairs, tmp_path / "killed", plan)
        assert resumed.history == whole.history
        assert _equal(resumed.kept, whole.kept)
        assert learner.step.call_count == 3 * 4 - 6


class TestCheckpoints:
    def test_two_states_are_kept_and_the_newest_undamaged_one_is_read(self, tmp_path: Path) -> None:
        with Checkpoints(tmp_path) as checkpoints:
            assert checkpoints.load() is None
            for number in range(4):
                checkpoints.save({"number": number})
            assert checkpoints.load() == {"number": 3}
            assert len(list(tmp_path.glob("*.state"))) == 2
            for part in (slice(-5), slice(0), slice(None, None, -1)):
                checkpoints.save({"number": 4})
                newest = max(tmp_path.glob("*.state"))
                newest.write_bytes(newest.read_bytes()[part])
                assert checkpoints.load() == {"number": 3}


def _gradient(parameter: nn.Parameter) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad


def _weights(network: nn.Module) -> Tensor:
    return parameters_to_vector(network.parameters())


def _equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
