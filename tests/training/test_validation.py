"""The validation goes through its split piece by piece, and scores what it would score at once."""

from unittest.mock import Mock

import pytest
import torch
from torch import Tensor, nn

from facedenoise.images.fidelity import psnr, ssim
from facedenoise.images.tensors import to_float
from facedenoise.models.inference import denoise
from facedenoise.training import validation
from facedenoise.training.batches import Pairs
from facedenoise.training.validation import validator

CPU = torch.device("cpu")


def counts(watched: Mock) -> list[int]:
    """Return how many images came at a time."""
    return [len(call.args[0]) for call in watched.call_args_list]


def noise_pairs(count: int, side: int) -> Pairs:
    generator = torch.Generator().manual_seed(0)
    clean, noisy = torch.randint(0, 256, (2, count, 1, side, side), generator=generator, dtype=torch.uint8)
    return Pairs(clean, noisy, torch.arange(count))


@pytest.mark.parametrize("piece", [1, 10, 64, 100])
def test_the_scores_do_not_depend_on_the_pieces(
    drawn: Tensor, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "PIECE", piece)
    noisy = drawn.flip(0)
    clean, denoised = to_float(drawn), to_float(noisy)
    scores = validator(Pairs(drawn, noisy, torch.arange(64)), CPU)(nn.Identity())
    assert scores == {"val_psnr": psnr(clean, denoised).mean(), "val_ssim": ssim(clean, denoised).mean()}


def test_the_network_sees_the_batches_of_the_whole_split() -> None:
    pairs = noise_pairs(2 * validation.PIECE + 70, 3)
    whole, in_pieces = (Mock(wraps=nn.Identity()) for _ in range(2))
    denoise(whole, to_float(pairs.noisy))
    validator(pairs, CPU)(in_pieces)
    assert counts(in_pieces) == counts(whole)


def test_no_more_than_a_piece_is_made_float_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Mock(wraps=to_float)
    monkeypatch.setattr(validation, "to_float", watched)
    monkeypatch.setattr(validation, "PIECE", 10)
    validator(noise_pairs(25, 3), CPU)(nn.Identity())
    assert sorted(counts(watched)) == [5, 5, 10, 10, 10, 10]
