"""Networks on disk: safetensors with the facts needed to rebuild them in the file's metadata."""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor, nn

from facedenoise.data.tensors import read_with_metadata
from facedenoise.errors import InputError
from facedenoise.files import replacing


def write_weights(path: Path, weights: dict[str, Tensor], description: dict[str, Any]) -> None:
    """Write weights and, as JSON in the metadata, what they are. Same content, same bytes.

    Parameters
    ----------
    path : Path
        The file to write.
    weights : dict of str to Tensor
        A network's state.
    description : dict
        JSON-serialisable: the network's settings, its task.
    """
    contiguous = {name: value.contiguous() for name, value in weights.items()}
    metadata = {"facedenoise": json.dumps(description, sort_keys=True)}
    with replacing(path) as temporary:
        temporary.write_bytes(save(contiguous, metadata=metadata))


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read weights and their description.

    Raises
    ------
    InputError
        If the file is missing, truncated, no safetensors file, or was not written by `write_weights`.
    """
    weights, metadata = read_with_metadata(path)
    try:
        return weights, json.loads(metadata["facedenoise"])
    except (KeyError, ValueError):
        raise InputError(f"{path}: these weights are not of this project (no description in them)") from None


def load_weights(network: nn.Module, path: Path) -> None:
    """Load weights into a network of the same shape.

    Raises
    ------
    InputError
        If the file cannot be read or its tensors do not fit the network.
    """
    fill(network, read_weights(path)[0], path)


def fill(network: nn.Module, weights: dict[str, Tensor], path: Path) -> None:
    """Load weights that were read from `path`; errors as for `load_weights`."""
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise InputError(f"{path}: weights of another network than described: {first}") from None
