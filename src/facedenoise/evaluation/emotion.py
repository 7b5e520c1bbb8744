"""Use a trained classifier of emotions: what it sees in faces, and how it describes them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facedenoise.data.tensors import require_batch
from facedenoise.errors import InputError
from facedenoise.models.emotion import EmotionClassifier
from facedenoise.models.weights import fill, read_weights
from facedenoise.training.device import placed

BATCH_SIZE = 64  # few fit the caches; changes no result beyond rounding


def load_emotion(path: Path) -> EmotionClassifier:
    """Rebuild a classifier of emotions from its weights.

    Parameters
    ----------
    path : Path
        The `emotion.safetensors` of the pipeline.

    Returns
    -------
    EmotionClassifier
        In evaluation mode, on the CPU.

    Raises
    ------
    InputError
        If the file is missing, broken, or holds another kind of network.
    """
    weights, description = read_weights(path)
    try:
        network = EmotionClassifier(**description["emotion_classifier"])
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path}: these weights are not those of a classifier of emotions") from None
    fill(network, weights, path)
    return placed(network.eval(), torch.device("cpu"))


def predict(classifier: nn.Module, faces: Tensor) -> NDArray[np.int64]:
    """Tell the emotion of each face.

    Parameters
    ----------
    classifier : EmotionClassifier
        In evaluation mode.
    faces : Tensor
        float32 in [0, 1], shape (N, 1, H, W).

    Returns
    -------
    ndarray
        int64, shape (N,), 0 to 6.
    """
    return _in_batches(lambda part: classifier(part).argmax(1), faces).numpy()


def embed(classifier: EmotionClassifier, faces: Tensor) -> NDArray[np.float32]:
    """Describe each face by the classifier's features.

    Parameters
    ----------
    classifier : EmotionClassifier
        In evaluation mode.
    faces : Tensor
        float32 in [0, 1], shape (N, 1, H, W).

    Returns
    -------
    ndarray
        float32, shape (N, `FEATURES`).
    """
    return _in_batches(classifier.embed, faces).numpy()


@torch.inference_mode()
def _in_batches(describe: Callable[[Tensor], Tensor], faces: Tensor) -> Tensor:
    return torch.cat([describe(part).cpu() for part in require_batch(faces).split(BATCH_SIZE)])
