"""The validation goes through its split piece by piece, and scores what it would score at once."""

from unittest.mock import Mock

import pytest
import torch
from torch import Tensor, nn

from facedenoise.images.fidelity import psnr, ssim
from facedenoise.images.tensors import to_float
from facedenoise.models import inputs
from facedenoise.models.inputs import TaskNoise
from facedenoise.noise.gaussian import Gaussian
from facedenoise.training import validation
from facedenoise.training.batches import Pairs
from facedenoise.training.validation import validator

CPU = torch.device("cpu")
NOISE = TaskNoise(Gaussian(std=0.4, factor=0.3), seed=0, task="high_gaussian")


@pytest.mark.parametrize("piece", [1, 10, 64, 100])
def test_the_scores_do_not_depend_on_the_pieces(
    drawn: Tensor, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "PIECE", piece)
    noisy = drawn.flip(0)
    clean, denoised = to_float(drawn), to_float(noisy)
    scores = validator(Pairs(drawn, noisy, torch.arange(64)), NOISE, CPU, told=False)(nn.Identity())
    assert scores == {"val_psnr": psnr(clean, denoised).mean(), "val_ssim": ssim(clean, denoised).mean()}


def test_no_more_than_a_piece_is_made_float_at_a_time(drawn: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Mock(wraps=to_float)
    for module in (validation, inputs):
        monkeypatch.setattr(module, "to_float", watched)
    monkeypatch.setattr(validation, "PIECE", 10)
    validator(Pairs(drawn[:25], drawn[:25], torch.arange(25)), NOISE, CPU, told=False)(nn.Identity())
    assert sorted(len(call.args[0]) for call in watched.call_args_list) == [5, 5, 10, 10, 10, 10]
