"""All commands of `facedenoise`, their arguments and help; what is heavy is imported when a command runs.

Only then is it seen which tasks there are.
"""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from functools import partial
from importlib import import_module
from math import inf
from pathlib import Path
from typing import Any

from facedenoise.models import MODELS

_DENOISE = """\
Denoise a picture (png, jpg, bmp, webp, tiff with all its pages), the faces of a CSV in the layout of FER2013,
or the pictures in a Parquet file; or all pictures, or else all Parquet files, in a folder or below an s3://
prefix. The noise is estimated picture by picture and told to the network; a picture without noise is copied
as it is. The input is never written over; a file that cannot be read is reported, and the others are done.

examples: facedenoise denoise noisy.png clean.png
          facedenoise denoise photos/ cleaned/ --noise high_gaussian --model gan
          facedenoise denoise faces.csv cleaned.csv --json | jq .noise
          facedenoise denoise faces.parquet cleaned.parquet
          facedenoise denoise s3://bucket/faces s3://bucket/cleaned"""
_INFO = """\
Say which networks there are, trained on what, with which scores.

examples: facedenoise info
          facedenoise info --json | jq -c '.[] | {task, model, noise, test}'"""
_NOISE = """\
Write a noisy copy of a picture, of a folder of pictures, or of a CSV in the layout of FER2013, with the noise
of a task: that in params.yaml of the working directory, else that which the task's network was trained on.
The same seed and names give the same noise; each colour channel has noise of its own.

examples: facedenoise noise photo.png noisy.png --task high_gaussian --seed 1
          facedenoise noise photos/ noisy/ --task salt_pepper
          facedenoise noise fer2013.csv noisy.csv --task low_gaussian"""
_EXPORT = """\
Write a denoiser that runs without facedenoise. It takes noisy images, float32 in [0, 1], shape
(batch, channels, height, width) with any batch, height and width, and returns the clean ones alike. A grey
network has 1 channel, one for RGB 3. A network that is told the level of the noise, as `any` is, takes it
behind the image, in as many channels: the standard deviation at each pixel, and 1 where the pixel is missing.

examples: facedenoise export high_gaussian denoiser.onnx
          facedenoise export salt_pepper denoiser.pt2 --model gan --format torch"""
_DEMO = """\
Try it on a page in the browser: choose a drawn face or a picture, add noise, and see it cleaned. The page is
served to this machine alone, and asks nothing of any other.

examples: facedenoise demo
          facedenoise demo --port 8000"""
_TASK = "the noise, a task in `facedenoise info`"
_HERE = "file://"


def build_parser() -> ArgumentParser:
    """Return the parser; `run` of what it parses is the function of the command."""
    parser = ArgumentParser(prog="facedenoise", description="Denoise grey faces and other pictures.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (summary, text, add_arguments) in _COMMANDS.items():
        description, examples = text.rsplit("\n\n", 1)
        texts: dict[str, Any] = {"help": summary, "description": description, "epilog": examples}
        command = commands.add_parser(name, **texts, formatter_class=RawDescriptionHelpFormatter)
        add_arguments(command.add_argument)
        command.set_defaults(run=partial(_run, name))
    return parser


def _run(command: str, options: Namespace) -> int:
    return import_module(f"facedenoise.cli.{command}").run(options)


def _denoise(add: Callable[..., Any]) -> None:
    _files(add, _place)
    add("--noise", metavar="TASK", default="auto", help=f"{_TASK} (default: auto, judged picture by picture)")
    add(
        "--sigma",
        type=_sigma,
        metavar="S",
        help="standard deviation of the noise, white is 1 (default: judged)",
    )
    add(
        "--strength",
        type=_positive,
        default=1.0,
        metavar="F",
        help="take F times the noise found (default: 1)",
    )
    _network(add)
    add(
        "--batch",
        type=_whole_number(1, 65536),
        default=64,
        metavar="N",
        help="small pictures at once (default: 64)",
    )
    add("--threads", type=_whole_number(1, 65536), metavar="N", help="CPU threads (default: all cores)")
    add("--device", type=_device_name, help="cpu, cuda, cuda:1, ... (default: cuda where there is one)")
    add("--json", action="store_true", help="print one line of JSON a file or page")


def _info(add: Callable[..., Any]) -> None:
    _weights(add)
    add("--json", action="store_true", help="print all that is known, as a JSON array")


def _noise(add: Callable[..., Any]) -> None:
    _files(add)
    add("--task", required=True, help=_TASK)
    add("--seed", type=_SEED, default=0, metavar="N", help="of the noise (default: 0)")


def _export(add: Callable[..., Any]) -> None:
    add("task", metavar="TASK", help=_TASK)
    add("out", type=Path, metavar="OUT", help="the file to write; it ends in .onnx, for torch in .pt2")
    add("--format", choices=("onnx", "torch"), default="onnx", help="ONNX (default), or torch.export's .pt2")
    _network(add)


def _demo(add: Callable[..., Any]) -> None:
    add("--port", type=_whole_number(1, 65535), metavar="N", help="default: the first free one from 7860 on")


def _files(add: Callable[..., Any], place: Callable[[str], Path | str] = Path) -> None:
    add("source", type=place, metavar="IN", help="what to read")
    add("target", type=place, metavar="OUT", help="what to write, of the same kind")


def _network(add: Callable[..., Any]) -> None:
    add("--model", choices=MODELS, default="unet", help="unet (default) is truer, gan keeps more texture")
    _weights(add)


def _weights(add: Callable[..., Any]) -> None:
    add("--weights", type=Path, metavar="DIR", help="has TASK/MODEL.safetensors (default: models/, package)")


def _place(text: str) -> Path | str:
    """Return a path, also of a URL of this machine, or the URL of a prefix as it is."""
    return text if "://" in text and not text.startswith(_HERE) else Path(text.removeprefix(_HERE))


def _positive(text: str) -> float:
    """Read a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < inf:
        raise ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def _sigma(text: str) -> float:
    """Read a standard deviation where white is 1; many give it in levels of 8 bits."""
    sigma = _positive(text)
    if sigma > 1:
        raise ArgumentTypeError(f"{text!r} is above 1, which is white; {text} of 255 is {sigma / 255:.3g}")
    return sigma


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return what reads a number from `least` to `most`."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return parse


def _device_name(text: str) -> str:
    """Check the form of a device's name; whether there is such a device is checked later."""
    if not re.fullmatch(r"cpu|cuda(:[0-9]{1,3})?", text):
        raise ArgumentTypeError(f"{text!r} is neither cpu nor cuda nor cuda:N")
    return text


_SEED = _whole_number(0, 2**63 - 1)
_COMMANDS = {
    "denoise": ("clean a picture, a folder of pictures, or a CSV or Parquet of faces", _DENOISE, _denoise),
    "info": ("say which networks there are, trained on what, with which scores", _INFO, _info),
    "noise": ("make noisy pictures to try", _NOISE, _noise),
    "export": ("write a denoiser as ONNX, or for PyTorch alone", _EXPORT, _export),
    "demo": ("try it on a page in the browser", _DEMO, _demo),
}
