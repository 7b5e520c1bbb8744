"""`facedenoise export`: a denoiser for ONNX Runtime, or for PyTorch without this package."""

from argparse import Namespace

from facedenoise.cli.messages import say, writing
from facedenoise.denoise.export import export_onnx, export_torch
from facedenoise.denoise.networks import find_weights
from facedenoise.models.inference import load_denoiser


def run(options: Namespace) -> int:
    """Write the file; return the exit status."""
    weights = find_weights(options.task, options.model, options.weights)
    write = {"onnx": export_onnx, "torch": export_torch}[options.format]
    with writing(options.out):
        write(load_denoiser(weights), options.out)
    say(f"{options.out}: written from {weights}")
    return 0
