"""What `evaluate` does with a shard of the test faces."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from torch import Tensor

from facedenoise.classifier.network import LabelClassifier
from facedenoise.classifier.prediction import load_classifier
from facedenoise.evaluation.classical import Tuned, apply
from facedenoise.evaluation.scored import write_scored
from facedenoise.images.tensors import read_tensors, to_float
from facedenoise.models import MODELS
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.inference import denoise, load_denoiser
from facedenoise.models.inputs import TaskNoise
from facedenoise.shards.rows import Rows, finish
from stages.paths import CLASSIFIER, noisy_file, split_file, weights_file


@dataclass(frozen=True)
class Scoring:
    """Scores shards of the test faces; it keeps the networks that it has loaded."""

    noise: TaskNoise
    tuned: Mapping[str, Tuned]
    folder: Path

    def __call__(self, rows: Rows) -> Path:
        """Score a shard; return its file, which `Scored` reads."""
        return finish(self.folder / rows.file, partial(self._write, rows=rows))

    def _write(self, path: Path, rows: Rows) -> None:
        test = {name: tensor[rows.slice] for name, tensor in read_tensors(split_file("test")).items()}
        noisy = read_tensors(noisy_file(self.noise.task, "test"))["images"][rows.slice]
        images = {"noisy": to_float(noisy), **self._classical(to_float(noisy))}
        for model, network in self._networks.items():
            images[model] = denoise(network, self.noise.inputs(noisy, test["row"], told=network.level))
        write_scored(path, self._classifier, to_float(test["images"]), test, images)

    def _classical(self, noisy: Tensor) -> dict[str, Tensor]:
        return {method: apply(method, noisy, tuned.strength) for method, tuned in self.tuned.items()}

    @cached_property
    def _networks(self) -> dict[str, AttentionUNet]:
        return {model: load_denoiser(weights_file(self.noise.task, model)) for model in MODELS}

    @cached_property
    def _classifier(self) -> LabelClassifier:
        return load_classifier(CLASSIFIER)
