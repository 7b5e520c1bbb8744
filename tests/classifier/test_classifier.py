"""The classifier of labels: it learns, and is rebuilt from its file."""

from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import TINY_CLASSIFIER, random_images, tiny_classifier
from torch import Tensor, nn

from facedenoise.classifier.learner import (
    AugmentedBatches,
    Classification,
    LabelledFaces,
    accuracy_validator,
    augmented,
    balancing_weights,
)
from facedenoise.classifier.network import FEATURES, LabelClassifier
from facedenoise.classifier.prediction import KIND, embed, load_classifier, predict
from facedenoise.classifier.scores import accuracies
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
    images, label = draw_faces(70, seed=3)
    return LabelledFaces(torch.from_numpy(images[:, np.newaxis]), torch.from_numpy(label).long())


def classification(smoothing: float = 0.1, weights: Tensor | None = None) -> Classification:
    seed_everything(0)
    network, average = (LabelClassifier(**TINY_CLASSIFIER) for _ in range(2))
    settings = {"lr": 0.02, "weight_decay": 0.0, "clip": 1.0, "ema": 0.9, "smoothing": smoothing}
    return Classification(network, average, weights=weights, **settings)


class TestNetwork:
    def test_the_classifier_of_the_pipeline_has_at_most_a_million_parameters(self) -> None:
        settings = load_params().classifier
        network = LabelClassifier(settings.widths, settings.blocks, EMOTIONS)
        assert sum(parameter.numel() for parameter in network.parameters()) <= 1_000_000

    @pytest.mark.parametrize("size", [(8, 8), (16, 16), (17, 31), (48, 48)])
    @pytest.mark.parametrize("count", [2, 3, 20])
    def test_any_size_gives_a_logit_for_each_label(self, size: tuple[int, int], count: int) -> None:
        classifier = tiny_classifier(labels=[str(number) for number in range(count)])
        assert classifier(random_images(3, *size)).shape == (3, count)

    def test_the_labels_change_no_feature(self) -> None:
        faces = random_images(3, 16, 16)
        features = [tiny_classifier(labels=labels).embed(faces) for labels in ((), ("a", "b"), EMOTIONS)]
        assert torch.equal(features[0], features[1])
        assert torch.equal(features[0], features[2])

    def test_each_channel_of_a_colour_counts_for_itself(self) -> None:
        faces = torch.cat([random_images(3, 16, 16, seed) for seed in range(3)], dim=1)
        classifier = tiny_classifier(channels=3)
        features = classifier.embed(faces)
        assert features.shape == (3, FEATURES)
        for order in ([1, 0, 2], [0, 2, 1]):
            assert not torch.allclose(classifier.embed(faces[:, order]), features)

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
        monkeypatch.setattr("facedenoise.classifier.prediction.BATCH_SIZE", 3)
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
        classifier, path = tiny_classifier(), tmp_path / "classifier.safetensors"
        write_weights(path, classifier.state_dict(), {KIND: TINY_CLASSIFIER})
        rebuilt = load_classifier(path)
        assert not rebuilt.training
        assert rebuilt.labels == EMOTIONS
        faces = random_images(3, 16, 16)
        torch.testing.assert_close(rebuilt(faces), classifier(faces))  # another memory layout
        coloured = {**TINY_CLASSIFIER, "channels": 3}
        write_weights(path, tiny_classifier(channels=3).state_dict(), {KIND: coloured})
        assert load_classifier(path)(faces.expand(-1, 3, -1, -1)).shape == (3, len(EMOTIONS))
        write_weights(path, classifier.state_dict(), {"patchgan": TINY_CLASSIFIER})
        with pytest.raises(InputError, match=rf"^{path}: .* not those of a network of the kind {KIND}$"):
            load_classifier(path)


class TestBatches:
    def test_faces_without_a_label_are_left_out(self) -> None:
        images = torch.arange(4, dtype=torch.uint8).view(4, 1, 1, 1)
        faces = LabelledFaces(images, torch.tensor([-1, 6, -1, 0]))
        assert len(faces) == 2
        assert faces.known.tolist() == [1, 3]
        assert faces.known_label.tolist() == [6, 0]
        seen, label = AugmentedBatches(faces, batch_size=2, seed=0).batch(0, 0)
        assert sorted(zip((255 * seen).flatten().tolist(), label.tolist(), strict=True)) == [(1, 6), (3, 0)]

    def test_each_face_comes_once_an_epoch_with_its_own_label(self) -> None:
        numbers = torch.arange(70, dtype=torch.uint8)
        faces = LabelledFaces(numbers.view(70, 1, 1, 1).expand(-1, 1, 12, 12), numbers.long() % 7)
        batches = AugmentedBatches(faces, batch_size=10, seed=0)
        parts = [batches.batch(2, step) for step in range(len(batches))]
        seen = torch.cat([(255 * images[:, 0, 0, 0]).round().long() for images, _ in parts])
        assert sorted(seen.tolist()) == list(range(70))
        assert torch.equal(torch.cat([label for _, label in parts]), seen % 7)

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

    def test_the_window_is_the_same_in_all_channels_of_a_face(self, faces: LabelledFaces) -> None:
        colours = torch.cat([faces.images, 255 - faces.images, faces.images // 2], dim=1)
        windows, grey = (augmented(images, np.random.default_rng(0)) for images in (colours, faces.images))
        assert torch.equal(windows, torch.cat([grey, 255 - grey, grey // 2], dim=1))


def cut_out(face: Tensor) -> dict[bytes, tuple[int, int]]:
    """Return every window of 40 x 40 pixels of a face with its upper left corner."""
    return {
        face[top : top + 40, left : left + 40].numpy().tobytes(): (top, left)
        for top in range(9)
        for left in range(9)
    }


class TestLearning:
    def test_it_learns_drawn_labels_and_keeps_the_weights_of_the_best_accuracy(
        self, faces: LabelledFaces, tmp_path: Path
    ) -> None:
        validate, plan = accuracy_validator(faces, CPU), Plan(30, 0.2, 30, scores=("val_accuracy",))
        batches = AugmentedBatches(faces, 10, seed=0)
        with Checkpoints(tmp_path) as checkpoints:
            progress = Training(classification(), batches, validate, plan, checkpoints, "classifier").run()
        network = LabelClassifier(**TINY_CLASSIFIER)
        network.load_state_dict(progress.kept)
        best = max(entry["val_accuracy"] for entry in progress.history)
        assert validate(network.eval())["val_accuracy"] == best == progress.kept_score
        assert best > 0.5

    def test_who_always_says_the_same_is_right_by_its_share_but_on_one_label_of_seven(
        self, faces: LabelledFaces
    ) -> None:
        class AlwaysHappy(nn.Module):
            def forward(self, images: Tensor) -> Tensor:
                return torch.eye(7)[3].expand(len(images), 7)

        label = torch.cat([torch.full((30,), 3), torch.arange(7).repeat(6)[:40]])
        scores = accuracy_validator(LabelledFaces(faces.images, label), CPU)(AlwaysHappy())
        assert scores == pytest.approx({"val_accuracy": 36 / 70, "val_balanced_accuracy": 1 / 7})

    def test_balanced_accuracy_is_the_mean_over_the_labels_that_occur(self) -> None:
        label = np.array([0] * 8 + [2] * 2)
        answer = np.array([0] * 8 + [1, 2])
        assert accuracies(answer, label) == pytest.approx({"accuracy": 0.9, "balanced_accuracy": 0.75})

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

    def test_balanced_each_label_weighs_the_same_and_the_mean_weight_of_the_faces_is_1(self) -> None:
        label = torch.tensor([0] * 6 + [1] * 2 + [3])
        weights = balancing_weights(label, 4)
        assert weights.dtype == torch.float32
        assert [float(weights[label[label == code]].sum()) for code in (0, 1, 3)] == pytest.approx([3] * 3)
        assert float(weights[label].mean()) == pytest.approx(1)

    def test_a_face_counts_by_the_weight_of_its_label_and_not_by_that_of_its_batch(self) -> None:
        logits, labels = torch.randn(6, 7), torch.tensor([0, 0, 0, 0, 5, 5])
        weights = torch.tensor([0.5, 1, 1, 1, 1, 2, 1])
        plain = [float(classification().loss(logits[i : i + 1], labels[i : i + 1])) for i in range(6)]
        expected = (0.5 * sum(plain[:4]) + 2 * sum(plain[4:])) / 6
        assert float(classification(weights=weights).loss(logits, labels)) == pytest.approx(expected)
        assert float(classification(weights=torch.ones(7)).loss(logits, labels)) == pytest.approx(
            float(classification().loss(logits, labels))
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
