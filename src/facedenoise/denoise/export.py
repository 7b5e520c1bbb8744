"""Write a denoiser for use without this package: as ONNX, or as a program of `torch.export`.

Both take noisy images, float32 in [0, 1], shape (batch, channels, height, width) with 1 channel for grey or 3
for RGB, and any batch, height and width, and return the clean ones alike. A network that is told the level of
the noise takes it behind the image, in as many channels.
The networks are in evaluation mode, on the CPU. Same network, same bytes.
"""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from torch.fx.experimental import _config as tracing
from torch.nn import functional

from facedenoise.errors import InputError
from facedenoise.files import replacing
from facedenoise.models.attention_unet import AttentionUNet

_EXAMPLE_SIZE = (46, 54)  # px; to trace with; neither is a multiple of the stride
_FREE_AXES = {0: "batch", 2: "height", 3: "width"}


def export_onnx(network: AttentionUNet, path: Path) -> None:
    """Write a denoiser for ONNX Runtime and others; input `noisy`, output `clean`.

    Raises
    ------
    InputError
        If the name does not end in `.onnx`, or the packages for ONNX are not installed.
    """
    if path.suffix != ".onnx":
        raise InputError(f"{path}: an ONNX file; choose a name that ends in .onnx")
    try:
        import onnxscript  # noqa: F401, PLC0415 - an optional package
    except ImportError:
        raise InputError("ONNX needs some more packages; `pip install 'facedenoise[onnx]'`") from None
    axes = {"noisy": _FREE_AXES}
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of the exporter about its own parts
        program = torch.onnx.export(
            _trace(network), output_names=["clean"], dynamic_shapes=axes, dynamo=True, verbose=False
        )
        assert program is not None  # noqa: S101 - only the old exporter gives none
        program.save(temporary)


def export_torch(network: AttentionUNet, path: Path) -> None:
    """Write a denoiser as a program that `torch.export.load(path).module()` returns.

    Raises
    ------
    InputError
        If the name does not end in `.pt2`: torch reads no other.
    """
    if path.suffix != ".pt2":
        raise InputError(f"{path}: torch reads such a file only if its name ends in .pt2; choose such a name")
    with replacing(path) as temporary, temporary.open("wb") as file:
        # Given a path, torch would write the temporary name into the file.
        torch.export.save(_trace(network), file)


class _AnySize(nn.Module):
    """A denoiser that pads before its network would.

    The network pads only where a size is no multiple of its stride, and a trace would fix that choice.
    """

    def __init__(self, network: AttentionUNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, noisy: Tensor) -> Tensor:
        """Map float32 in [0, 1], shape (N, C or 2C, H, W), to (N, C, H, W)."""
        height, width = noisy.shape[-2:]
        below = _next_multiple(height, self.network.stride) - height
        right = _next_multiple(width, self.network.stride) - width
        padded = functional.pad(noisy, (0, right, 0, below), mode="replicate")
        return self.network(padded)[..., :height, :width].clamp(0, 1)


def _next_multiple(size: int, stride: int) -> int:
    """Round up; in a form by which the tracer sees that the network needs no padding of its own."""
    return (size + stride - 1) // stride * stride


def _trace(network: AttentionUNet) -> ExportedProgram:
    axes = {"noisy": dict.fromkeys(_FREE_AXES, Dim.AUTO)}
    # Weights laid out channels-last would make a special case of a batch of one.
    any_size = _AnySize(network).to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    example = torch.zeros(2, network.channels * (1 + network.level), *_EXAMPLE_SIZE)
    # By default the tracer makes a special case of sizes of 1: of the batch, of the deepest feature map.
    with tracing.patch(backed_size_oblivious=True):  # type: ignore[attr-defined]
        program = torch.export.export(any_size, (example,), dynamic_shapes=axes)
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # names folders of this machine
    return program
