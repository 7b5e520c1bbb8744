"""`facedenoise export`: a denoiser for ONNX Runtime, or for PyTorch without this package."""

import argparse
from pathlib import Path

from facedenoise.cli.choices import TASKS
from facedenoise.cli.messages import say, writing
from facedenoise.released import MODELS, find_weights

_DESCRIPTION = """\
Write a denoiser that runs without facedenoise. It takes noisy images, float32 in [0, 1], shape
(batch, 1, height, width) with any batch, height and width, and gives the clean ones alike."""
_EXAMPLE = """\
examples: facedenoise export high_gaussian denoiser.onnx
          facedenoise export salt_pepper denoiser.pt2 --model gan --format torch"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = commands.add_parser(
        "export",
        help="write a denoiser as ONNX, or for PyTorch alone",
        description=_DESCRIPTION,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("task", choices=TASKS, metavar="TASK", help=f"the noise: {', '.join(TASKS)}")
    parser.add_argument(
        "out", type=Path, metavar="OUT", help="the file to write; it ends in .onnx, for torch in .pt2"
    )
    parser.add_argument("--model", choices=MODELS, default="unet", help="which network (default: unet)")
    parser.add_argument(
        "--format", choices=("onnx", "torch"), default="onnx", help="ONNX (default), or torch.export's .pt2"
    )
    parser.add_argument("--weights", type=Path, metavar="DIR", help="where TASK/MODEL.safetensors are")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from facedenoise.export import export_onnx, export_torch  # noqa: PLC0415 - slow
    from facedenoise.inference import load_denoiser  # noqa: PLC0415 - slow

    weights = find_weights(options.task, options.model, options.weights)
    write = {"onnx": export_onnx, "torch": export_torch}[options.format]
    with writing(options.out):
        write(load_denoiser(weights), options.out)
    say(f"{options.out}: written from {weights}")
    return 0
