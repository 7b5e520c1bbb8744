"""Use a trained classifier of labels: its answers on faces, and its features of them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facedenoise.classifier.network import LabelClassifier
from facedenoise.images.tensors import require_batch
from facedenoise.models.weights import load_network

BATCH_SIZE = 64  # small batches fit into the caches; the size changes results only by rounding
KIND = "label_classifier"
"""The key of a classifier's settings in the description of its weights."""


def load_classifier(path: Path) -> LabelClassifier:
    """Rebuild a classifier from a `classifier.safetensors`; see `load_network`."""
    return load_network(path, KIND, LabelClassifier)


def predict(classifier: nn.Module, faces: Tensor) -> NDArray[np.int64]:
    """Return the label of each face.

    Parameters
    ----------
    classifier : LabelClassifier
        Trained, in evaluation mode.
    faces : Tensor
        float32 in [0, 1], shape (N, C, H, W).

    Returns
    -------
    ndarray
        int64, shape (N,): codes from 0.
    """
    return _in_batches(lambda part: classifier(part).argmax(1), faces).numpy()


def embed(classifier: LabelClassifier, faces: Tensor) -> NDArray[np.float32]:
    """Return the classifier's features of each face, float32, shape (N, `FEATURES`); see `predict`."""
    return _in_batches(classifier.embed, faces).numpy()


@torch.inference_mode()
def _in_batches(describe: Callable[[Tensor], Tensor], faces: Tensor) -> Tensor:
    return torch.cat([describe(part).cpu() for part in require_batch(faces).split(BATCH_SIZE)])
