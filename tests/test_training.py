"""The trainings: they learn, the adversarial gradient arrives, and a resumed run is the same run."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from facedenoise.data.tensors import to_float
from facedenoise.errors import InputError
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.patchgan import PatchGAN
from facedenoise.noise import corrupt
from facedenoise.params import GaussianNoise
from facedenoise.training.adversarial import Adversarial
from facedenoise.training.batches import Batches, FreshNoise, Pairs
from facedenoise.training.checkpoints import Checkpoints
from facedenoise.training.loop import Learner, Plan, Progress, Training, seed_everything
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.schedule import WeightAverage, rate_factor
from facedenoise.training.validation import validator

NOISE = GaussianNoise("gaussian", 0.4, 0.3)
FRESH = FreshNoise(NOISE, seed=0, task="high_gaussian")
Weights = dict[str, Tensor]


@pytest.fixture(scope="module")
def pairs(drawn: Tensor) -> Pairs:
    rows = torch.arange(len(drawn)) * 3
    noisy = corrupt(drawn.numpy(), rows.numpy(), NOISE, seed=0, task="high_gaussian", draw=0)
    return Pairs(drawn, torch.from_numpy(noisy), rows)


def reconstruction(lr: float = 0.003, clip: float = 1.0) -> Reconstruction:
    seed_everything(0)
    network, average = (AttentionUNet((4, 8), (1, 1)) for _ in range(2))
    return Reconstruction(network, average, lr=lr, weight_decay=0.0, clip=clip, ema=0.9)


def adversarial(weight: float = 1.0, clip: float = 1.0) -> Adversarial:
    generator = reconstruction(clip=clip)
    return Adversarial(generator, PatchGAN((4, 4, 4)), weight=weight, smoothing=0.1, lr=0.001)


def train(learner: Learner, pairs: Pairs, folder: Path, plan: Plan) -> Progress:
    batches = Batches(pairs, batch_size=16, seed=0, fresh=FRESH)
    with Checkpoints(folder) as checkpoints:
        validate = validator(pairs, torch.device("cpu"))
        return Training(learner, batches, validate, plan, checkpoints, "test").run()


class TestBatches:
    def test_each_image_comes_once_an_epoch(self, pairs: Pairs) -> None:
        numbers = torch.arange(64, dtype=torch.uint8).view(64, 1, 1, 1)
        batches = Batches(Pairs(numbers, numbers, pairs.rows), batch_size=16, seed=0, fresh=None)
        for epoch in (0, 1):
            seen = torch.cat([batches.batch(epoch, step)[1] for step in range(len(batches))])
            assert sorted((255 * seen).round().flatten().tolist()) == list(range(64))

    def test_the_order_changes_with_epoch_and_seed_alone(self, pairs: Pairs) -> None:
        one, same, other = (Batches(pairs, 16, seed, FRESH) for seed in (0, 0, 1))
        for epoch in (0, 1):
            for a, b in zip(one.batch(epoch, 2), same.batch(epoch, 2), strict=True):
                assert torch.equal(a, b)
        assert not torch.equal(one.batch(0, 0)[1], one.batch(1, 0)[1])
        assert not torch.equal(one.batch(0, 0)[1], other.batch(0, 0)[1])

    def test_the_first_epoch_takes_the_noise_on_disk(self, pairs: Pairs) -> None:
        batches = Batches(pairs, 64, seed=0, fresh=FRESH)
        on_disk = {image.numpy().tobytes() for image in to_float(pairs.noisy)}
        flipped = {image.numpy().tobytes() for image in to_float(pairs.noisy.flip(-1))}
        assert {image.numpy().tobytes() for image in batches.batch(0, 0)[0]} <= on_disk | flipped
        assert not {image.numpy().tobytes() for image in batches.batch(1, 0)[0]} & (on_disk | flipped)

    def test_without_fresh_noise_every_epoch_takes_that_on_disk(self, pairs: Pairs) -> None:
        batches = Batches(pairs, 64, seed=0, fresh=None)
        both = to_float(torch.cat([pairs.noisy, pairs.noisy.flip(-1)]))
        on_disk = {image.numpy().tobytes() for image in both}
        assert {image.numpy().tobytes() for image in batches.batch(5, 0)[0]} <= on_disk

    def test_noisy_and_clean_belong_together(self, pairs: Pairs) -> None:
        for epoch in (0, 3):
            noisy, clean = Batches(pairs, 64, seed=0, fresh=FRESH).batch(epoch, 0)
            errors = (noisy - clean).square().mean((1, 2, 3)).sqrt()
            assert errors.max() < 2 * NOISE.sigma
            assert errors.min() > 0

    def test_some_faces_are_flipped_and_some_are_not(self, pairs: Pairs) -> None:
        _, clean = Batches(pairs, 64, seed=0, fresh=None).batch(0, 0)
        originals = {image.numpy().tobytes() for image in to_float(pairs.clean)}
        unflipped = sum(image.numpy().tobytes() in originals for image in clean)
        assert 16 < unflipped < 48


class TestSchedule:
    def test_it_rises_to_one_and_falls_to_zero(self) -> None:
        factors = np.array([rate_factor(step, 1000, 0.1) for step in range(1000)])
        assert factors.argmax() in (99, 100)
        assert factors.max() == 1
        assert (np.diff(factors[:100]) > 0).all()
        assert (np.diff(factors[101:]) < 0).all()
        assert 0 < factors[-1] < 1e-4

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
    def test_it_learns_to_denoise(self, pairs: Pairs, tmp_path: Path) -> None:
        progress = train(reconstruction(lr=0.01), pairs, tmp_path, Plan(epochs=25, warmup=0.1, patience=25))
        identity = validator(pairs, torch.device("cpu"))(nn.Identity())
        assert progress.kept_score > identity["val_psnr"] + 1

    def test_the_kept_weights_are_the_best_not_the_last(self, pairs: Pairs, tmp_path: Path) -> None:
        progress = train(reconstruction(), pairs, tmp_path, Plan(epochs=4, warmup=0.1, patience=4))
        network = AttentionUNet((4, 8), (1, 1))
        network.load_state_dict(progress.kept)
        best = max(entry["val_psnr"] for entry in progress.history)
        assert validator(pairs, torch.device("cpu"))(network)["val_psnr"] == pytest.approx(best, abs=1e-3)

    def test_it_stops_when_it_no_longer_improves(self, pairs: Pairs, tmp_path: Path) -> None:
        scores = iter([{"val_psnr": psnr} for psnr in (20.0, 22.0, 21.0, 21.5, 23.0)])
        with Checkpoints(tmp_path) as checkpoints:
            progress = Training(
                reconstruction(),
                Batches(pairs, 16, 0, None),
                lambda _: next(scores),
                Plan(epochs=5, warmup=0.1, patience=2),
                checkpoints,
                "test",
            ).run()
        assert [entry["val_psnr"] for entry in progress.history] == [20.0, 22.0, 21.0, 21.5]
        assert progress.kept_score == 22.0

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

    def test_the_history_has_a_row_an_epoch(self, pairs: Pairs, tmp_path: Path) -> None:
        history = train(reconstruction(), pairs, tmp_path, Plan(epochs=3, warmup=0.1, patience=3)).history
        assert [entry["epoch"] for entry in history] == [1, 2, 3]
        assert all(set(entry) == {"epoch", "loss", "val_psnr", "val_ssim", "lr"} for entry in history)

    def test_in_a_file_the_bar_is_written_once_an_epoch_not_once_a_batch(
        self, pairs: Pairs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        train(reconstruction(), pairs, tmp_path, Plan(2, 0.1))
        assert capsys.readouterr().err.count("test 1/2:") == 1


class TestAdversarial:
    def test_the_adversarial_gradient_reaches_the_generator(self, pairs: Pairs) -> None:
        noisy, clean = Batches(pairs, 16, 0, None).batch(0, 0)
        # Without clipping: its common factor would change every gradient.
        without, with_it = (
            _gradients(awake(adversarial(weight, clip=1e9)), noisy, clean) for weight in (0.0, 1.0)
        )
        for name, gradient in with_it.items():
            assert (gradient - without[name]).abs().sum() > 0, name

    def test_the_generators_step_leaves_the_discriminator_alone_and_the_other_way_round(
        self, pairs: Pairs
    ) -> None:
        learner = adversarial()
        noisy, clean = Batches(pairs, 16, 0, None).batch(0, 0)
        denoised = learner.generator.network(noisy)
        before = _parameters(learner.generator.network)
        learner._learn_to_judge(noisy, clean, denoised.detach(), 1.0)
        assert _equal(_parameters(learner.generator.network), before)
        before = _parameters(learner.discriminator)
        learner._learn_to_deceive(noisy, clean, denoised, 1.0)
        assert _equal(_parameters(learner.discriminator), before)

    def test_both_networks_are_trained(self, pairs: Pairs) -> None:
        learner = adversarial()
        before = [_parameters(network) for network in (learner.generator.network, learner.discriminator)]
        learner.step(*Batches(pairs, 16, 0, None).batch(0, 0), 1.0)
        after = [_parameters(network) for network in (learner.generator.network, learner.discriminator)]
        assert not _equal(before[0], after[0])
        assert not _equal(before[1], after[1])

    def test_the_discriminator_learns_to_tell_noisy_from_clean(self, pairs: Pairs) -> None:
        generator = reconstruction(lr=1e-12)  # stays the identity: its output is the noisy image
        learner = Adversarial(generator, PatchGAN((16, 16, 16)), weight=0.0, smoothing=0.1, lr=0.004)
        batches = Batches(pairs, 32, 0, None)
        accuracy = [learner.step(*batches.batch(0, 0), 1.0)["discriminator_accuracy"] for _ in range(150)]
        assert np.mean(accuracy[-10:]) > 0.65

    def test_the_history_logs_both_sides(self, pairs: Pairs, tmp_path: Path) -> None:
        history = train(adversarial(), pairs, tmp_path, Plan(epochs=1, warmup=0.1)).history
        losses = {f"{name}_loss" for name in ("generator", "reconstruction", "adversarial", "discriminator")}
        assert losses | {"discriminator_accuracy", "val_psnr", "val_ssim", "lr", "epoch"} == set(history[0])


class KilledError(Exception):
    pass


class DyingBatches(Batches):
    """Batches that stop the training at a given step."""

    def batch(self, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        if (epoch, step) == (1, 2):
            raise KilledError
        return super().batch(epoch, step)


class TestResuming:
    @pytest.mark.parametrize("make", [reconstruction, adversarial])
    def test_a_killed_training_ends_as_if_it_had_not_been(
        self, make: Any, pairs: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("facedenoise.training.checkpoints.EVERY_SECONDS", 0.0)
        plan = Plan(epochs=3, warmup=0.1, patience=3)
        whole = train(make(), pairs, tmp_path / "whole", plan)
        validate = validator(pairs, torch.device("cpu"))
        with pytest.raises(KilledError), Checkpoints(tmp_path / "killed") as checkpoints:
            Training(make(), DyingBatches(pairs, 16, 0, FRESH), validate, plan, checkpoints, "test").run()
        resumed = train(make(), pairs, tmp_path / "killed", plan)
        assert resumed.history == whole.history
        assert _equal(resumed.kept, whole.kept)

    def test_it_goes_on_from_where_it_was(
        self, pairs: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("facedenoise.training.checkpoints.EVERY_SECONDS", 0.0)
        plan = Plan(epochs=3, warmup=0.1)
        with pytest.raises(KilledError), Checkpoints(tmp_path) as checkpoints:
            dying = DyingBatches(pairs, 16, 0, FRESH)
            validate = validator(pairs, torch.device("cpu"))
            Training(reconstruction(), dying, validate, plan, checkpoints, "test").run()
        learner = reconstruction()
        train(learner, pairs, tmp_path, plan)
        assert learner.ema.updates == 3 * 4
        with Checkpoints(tmp_path) as checkpoints:
            saved = checkpoints.load()
        assert saved is not None
        assert saved["progress"]["epoch"] == 3

    def test_a_finished_training_trains_no_more(self, pairs: Pairs, tmp_path: Path) -> None:
        plan = Plan(epochs=1, warmup=0.1)
        first = train(reconstruction(), pairs, tmp_path, plan)
        learner = copy.copy(reconstruction())
        learner.step = None  # type: ignore[assignment, method-assign]
        again = train(learner, pairs, tmp_path, plan)
        assert again.history == first.history


class TestCheckpoints:
    def test_the_newest_state_is_read_and_two_are_kept(self, tmp_path: Path) -> None:
        with Checkpoints(tmp_path) as checkpoints:
            assert checkpoints.load() is None
            for number in range(4):
                checkpoints.save({"number": number})
            assert checkpoints.load() == {"number": 3}
        assert len(list(tmp_path.glob("*.state"))) == 2

    @pytest.mark.parametrize(
        "damage", [lambda content: content[:-5], lambda content: b"", lambda content: content[::-1]]
    )
    def test_a_damaged_state_is_noticed_and_the_one_before_it_used(self, tmp_path: Path, damage: Any) -> None:
        with Checkpoints(tmp_path) as checkpoints:
            checkpoints.save({"number": 0})
            checkpoints.save({"number": 1})
            newest = max(tmp_path.glob("*.state"))
            newest.write_bytes(damage(newest.read_bytes()))
            assert checkpoints.load() == {"number": 0}

    def test_a_second_trainer_is_refused(self, tmp_path: Path) -> None:
        with Checkpoints(tmp_path), pytest.raises(InputError, match="already running"), Checkpoints(tmp_path):
            pass
        with Checkpoints(tmp_path):
            pass


def awake(learner: Adversarial) -> Adversarial:
    """Move the generator off the zeros it starts with, behind which no gradient passes in the first step."""
    with torch.no_grad():
        for parameter in learner.generator.network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0)))
    return learner


def _gradients(learner: Adversarial, noisy: Tensor, clean: Tensor) -> Weights:
    learner.step(noisy, clean, 1.0)
    named = learner.generator.network.named_parameters()
    return {name: parameter.grad.clone() for name, parameter in named if parameter.grad is not None}


def _parameters(network: nn.Module) -> Weights:
    return {name: parameter.detach().clone() for name, parameter in network.named_parameters()}


def _equal(one: Weights, other: Weights) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
