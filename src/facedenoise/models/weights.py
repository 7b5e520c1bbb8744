"""Networks on disk: safetensors, with all that is needed to rebuild them in the metadata."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from facedenoise.errors import InputError
from facedenoise.files import replacing
from facedenoise.images.tensors import read_with_metadata
from facedenoise.models.device import placed

Network = TypeVar("Network", bound=nn.Module)


def write_weights(path: Path, weights: dict[str, Tensor], description: dict[str, Any]) -> None:
    """Write weights with their description, as JSON in the metadata. Same content, same bytes.

    Parameters
    ----------
    path : Path
        The file to write.
    weights : dict of str to Tensor
        A network's state.
    description : dict
        JSON-serialisable: the network's settings by the name of its kind, its task.
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


def load_network(path: Path, kind: str, build: Callable[..., Network]) -> Network:
    """Rebuild a network from its weights.

    Parameters
    ----------
    path : Path
        A file of `write_weights`.
    kind : str
        The key of the network's settings in the description.
    build : callable
        Makes a network of these settings.

    Returns
    -------
    nn.Module
        In evaluation mode, on the CPU.

    Raises
    ------
    InputError
        If the file is missing, broken, or holds another kind of network.
    """
    weights, description = read_weights(path)
    try:
        network = build(**description[kind])
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path}: these weights are not those of a network of the kind {kind}") from None
    _fill(network, weights, path, "described")
    return placed(network.eval(), torch.device("cpu"))


def load_weights(network: nn.Module, path: Path) -> None:
    """Load weights into a network of the same shape, or of one that is told the level of the noise as well.

    The level comes last among the channels of the input. Its weights start at zero, so that the network is
    the same function at first.

    Parameters
    ----------
    network : nn.Module
        With the attribute `channels`, those of an image.
    path : Path
        A file of `write_weights`.

    Raises
    ------
    InputError
        If the file cannot be read or its tensors do not fit the network.
    """
    weights = read_weights(path)[0]
    own = network.state_dict()
    level: int = network.channels  # type: ignore[assignment]
    padded = {
        name: _padded(value, own[name], level) if name in own else value for name, value in weights.items()
    }
    _fill(network, padded, path, "`model`, `gan.widths` and `data.colour` ask for")


def _padded(weight: Tensor, own: Tensor, level: int) -> Tensor:
    """Add zeros for the channels of the level, if a convolution has just so many more than `weight`."""
    more = own.shape[1] - weight.shape[1] if own.ndim == weight.ndim == 4 else 0  # noqa: PLR2004
    return functional.pad(weight, (0, 0, 0, 0, 0, more)) if more == level else weight


def _fill(network: nn.Module, weights: dict[str, Tensor], path: Path, wanted: str) -> None:
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise InputError(f"{path}: weights of another network than {wanted}: {first}") from None
