"""The classifier of emotions: it learns, and is rebuilt from its file."""

from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import TINY_CLASSIFIER, random_images, tiny_classifier
from torch import Tensor, nn

from facedenoise.emotion.learner import (
    AugmentedBatches,
    Classification,
    LabelledFaces,
    accuracy_validator,
    augmented,
    labelled,
)
from facedenoise.emotion.network import FEATURES, EmotionClassifier
from facedenoise.emotion.prediction import KIND, embed, load_classifier, predict
from facedenoise.errors import InputError
from facedenoise.faces import draw_faces
from facedenoise.images.fer2013 import EMOTIONS
from facedenoise.images.tensors import to_float
from facedenoise.models.weights import write_weights
from facedenoise.training.checkpoints import Checkpoints
from facedenoise.training.loop import Plan, Training, seed_everything
from facedenoise.training.schedule import WeightAverage
from stages.settings import load_params

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def faces() -> LabelledFaces:
    images, emotion = draw_faces(70, seed=3)
    return labelled(torch.from_numpy(images[:, np.newaxis]), torch.from_numpy(emotion).long())


def classification(smoothing: float = 0.1) -> Classification:
    seed_everything(0)
    network, average = (EmotionClassifier(**TINY_CLASSIFIER) for _ in range(2))
    return Classification(network, average, lr=0.02, weight_decay=0.0, clip=1.0, ema=0.9, smoothing=smoothing)


class TestNetwork:
    def test_the_classifier_of_the_pipeline_has_at_most_a_million_parameters(self) -> None:
        settings = load_params().emotion
        network = EmotionClassifier(settings.widths, settings.blocks)
        assert sum(parameter.numel() for parameter in network.parameters()) <= 1_000_000

    @pytest.mark.parametrize("size", [(8, 8), (16, 16), (17, 31), (48, 48)])
    def test_any_size_gives_a_logit_for_each_emotion(self, size: tuple[int, int]) -> None:
        assert tiny_classifier()(random_images(3, *size)).shape == (3, len(EMOTIONS))

    def test_the_features_alone_decide_the_logits(self) -> None:
        classifier, faces = tiny_classifier(), random_images(3, 16, 16)
        features = classifier.embed(faces)
        assert features.shape == (3, FEATURES)
        torch.testing.assert_close(classifier.logits(features), classifier(faces))


class TestUse:
    def test_answers_are_the_largest_logits_and_features_come_in_order(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        classifier, faces = tiny_classifier(), random_images(7, 16, 16)
        monkeypatch.setattr("facedenoise.emotion.prediction.BATCH_SIZE", 3)
        with torch.no_grad():
            logits, features = classifier(faces), classifier.embed(faces)
        assert predict(classifier, faces).tolist() == logits.argmax(1).tolist()
        np.testing.assert_allclose(embed(classifier, faces), features.numpy(), rtol=1e-5, atol=1e-6)

    def test_no_face_gives_no_answer_and_pixels_out_of_range_are_refused(self) -> None:
        classifier, none = tiny_classifier(), torch.empty(0, 1, 16, 16)
        assert predict(classifier, none).shape == (0,)
        assert embed(classifier, none).shape == (0, FEATURES)
        with pytest.raises(ValueError, match=r"\[0, 1\]"):
            predict(classifier, 255 * random_images())


class TestFile:
    def test_a_classifier_is_rebuilt_from_its_own_file_alone(self, tmp_path: Path) -> None:
        classifier, path = tiny_classifier(), tmp_path / "emotion.safetensors"
        write_weights(path, classifier.state_dict(), {KIND: TINY_CLASSIFIER})
        rebuilt = load_classifier(path)
        assert not rebuilt.training
        faces = random_images(3, 16, 16)
        torch.testing.assert_close(rebuilt(faces), classifier(faces))  # another memory layout
        write_weights(path, classifier.state_dict(), {"patchgan": TINY_CLASSIFIER})
        with pytest.raises(InputError, match=rf"^{path}: .* not those of a network of the kind {KIND}$"):
            load_classifier(path)


class TestBatches:
    def test_faces_without_a_label_are_left_out(self) -> None:
        images = torch.arange(4, dtype=torch.uint8).view(4, 1, 1, 1)
        known = labelled(images, torch.tensor([-1, 6, -1, 0]))
        assert known.images.flatten().tolist() == [1, 3]
        assert known.emotion.tolist() == [6, 0]

    def test_each_face_comes_once_an_epoch_with_its_own_label(self) -> None:
        numbers = torch.arange(70, dtype=torch.uint8)
        faces = LabelledFaces(numbers.view(70, 1, 1, 1).expand(-1, 1, 12, 12), numbers.long() % 7)
        batches = AugmentedBatches(faces, batch_size=10, seed=0)
        parts = [batches.batch(2, step) for step in range(len(batches))]
        seen = torch.cat([(255 * images[:, 0, 0, 0]).round().long() for images, _ in parts])
        assert sorted(seen.tolist()) == list(range(70))
        assert torch.equal(torch.cat([emotion for _, emotion in parts]), seen % 7)

    def test_the_batch_changes_with_seed_epoch_and_step_alone(self, faces: LabelledFaces) -> None:
        one, same, other = (AugmentedBatches(faces, 16, seed) for seed in (0, 0, 1))
        assert torch.equal(one.batch(1, 2)[0], same.batch(1, 2)[0])
        for different in (other.batch(1, 2), one.batch(0, 2), one.batch(1, 1)):
            assert not torch.equal(one.batch(1, 2)[0], different[0])

    def test_a_window_is_cut_out_of_the_face_and_sometimes_mirrored(self, faces: LabelledFaces) -> None:
        face = faces.images[0, 0]
        windows = augmented(face.expand(64, 1, -1, -1), np.random.default_rng(0))
        straight, mirrored = cut_out(face), cut_out(face.flip(-1))
        found = [window.numpy().tobytes() for window in windows]
        assert windows.shape == (64, 1, 40, 40)
        assert set(found) <= straight.keys() | mirrored.keys()
        assert 16 < sum(window in mirrored for window in found) < 48
        corners = {(straight | mirrored)[window] for window in found}
        assert {top for top, _ in corners} == {left for _, left in corners} == set(range(9))


def cut_out(face: Tensor) -> dict[bytes, tuple[int, int]]:
    """Return every window of 40 x 40 pixels of a face with its upper left corner."""
    return {
        face[top : top + 40, left : left + 40].numpy().tobytes(): (top, left)
        for top in range(9)
        for left in range(9)
    }


class TestLearning:
    def test_it_learns_drawn_emotions_and_keeps_the_weights_of_the_best_accuracy(
        self, faces: LabelledFaces, tmp_path: Path
    ) -> None:
        validate, plan = accuracy_validator(faces, CPU), Plan(30, 0.2, patience=30, scores=("val_accuracy",))
        batches = AugmentedBatches(faces, 10, seed=0)
        with Checkpoints(tmp_path) as checkpoints:
            progress = Training(classification(), batches, validate, plan, checkpoints, "emotion").run()
        network = EmotionClassifier(**TINY_CLASSIFIER)
        network.load_state_dict(progress.kept)
        best = max(entry["val_accuracy"] for entry in progress.history)
        assert validate(network.eval())["val_accuracy"] == best == progress.kept_score
        assert best > 0.5

    def test_the_accuracy_is_the_share_of_right_answers(self, faces: LabelledFaces) -> None:
        class AlwaysHappy(nn.Module):
            def forward(self, images: Tensor) -> Tensor:
                return torch.eye(7)[3].expand(len(images), 7)

        expected = float((faces.emotion == 3).float().mean())
        assert accuracy_validator(faces, CPU)(AlwaysHappy())["val_accuracy"] == pytest.approx(expected)

    def test_the_loss_is_the_smoothed_cross_entropy(self, faces: LabelledFaces) -> None:
        learner = classification(smoothing=0.2)
        nn.init.zeros_(learner.network.logits.weight)  # type: ignore[union-attr, arg-type]
        bias = torch.tensor([2.0, 0, 0, 0, 0, 0, 0])
        learner.network.logits.bias.data = bias.clone()  # type: ignore[union-attr]
        images = to_float(faces.images[:8])
        logged = learner.step(images, torch.zeros(8, dtype=torch.int64), 1.0)
        negative_log = bias.exp().sum().log() - bias
        assert logged["loss"] == pytest.approx(
            float(0.8 * negative_log[0] + 0.2 * negative_log.mean()), rel=1e-2
        )

    def test_the_statistics_of_batch_norms_are_averaged_like_weights(self) -> None:
        network, average = nn.BatchNorm2d(1), nn.BatchNorm2d(1)
        ema = WeightAverage(network, average, decay=0.0)
        network.train()(3 + torch.rand(8, 1, 4, 4))
        ema.update(network)
        assert network.running_mean is not None
        assert average.running_mean is not None
        assert average.running_mean.item() == pytest.approx(network.running_mean.item())
        assert average.running_mean.item() > 0.3
