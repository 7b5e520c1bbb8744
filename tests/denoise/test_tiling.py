"""Tiles: their cores cover a picture once, and no seam shows between them."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st

import facedenoise.denoise.denoiser
from facedenoise.denoise.denoiser import Denoiser
from facedenoise.denoise.tiling import CORE, tiles
from facedenoise.models.attention_unet import AttentionUNet

PARAMS = Path(__file__).resolve().parents[2] / "params.yaml"


@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from([1, 2, 4, 8]))
def test_cores_cover_each_pixel_once_and_tiles_begin_at_multiples_and_are_bounded(
    height: int, width: int, multiple: int
) -> None:
    picture, covered = np.arange(height * width).reshape(height, width), np.zeros((height, width), int)
    for tile in tiles(height, width, multiple=multiple, core=32, margin=16):
        covered[tile.inner] += 1
        np.testing.assert_array_equal(picture[tile.outer][tile.core], picture[tile.inner])
        for outer, inner, length in zip(tile.outer, tile.inner, picture.shape, strict=True):
            assert outer.start % multiple == 0
            assert inner.stop - inner.start <= 32
            assert (outer.start, outer.stop) == (max(inner.start - 16, 0), min(inner.stop + 16, length))
    assert (covered == 1).all()


def test_what_fits_is_one_tile_and_the_largest_picture_is_cut_into_tiles_of_one_size() -> None:
    (tile,) = tiles(CORE, CORE, multiple=4, margin=64)
    assert tile.outer == tile.inner == tile.core == (slice(0, CORE), slice(0, CORE))
    cut = tiles(8000, 8000, multiple=4, margin=64)
    rows = sorted({(tile.inner[0].start, tile.inner[0].stop) for tile in cut})
    assert rows == [(start, start + 500) for start in range(0, 8000, 500)]


def default_blocks() -> tuple[int, ...]:
    return tuple(yaml.safe_load(PARAMS.read_text())["model"]["blocks"])


def far_seeing_network(blocks: tuple[int, ...], *, keep_unsaturated: bool = False) -> AttentionUNet:
    """Return a narrow network without weights that are zero: far pixels count more than if trained."""
    torch.manual_seed(0)
    network = AttentionUNet((4,) + (8,) * (len(blocks) - 1), blocks, keep_unsaturated=keep_unsaturated)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_((parameter == 0) * torch.randn(parameter.shape), alpha=0.1)
    return network


@pytest.mark.parametrize("keep_unsaturated", [False, True])
@pytest.mark.parametrize("blocks", [default_blocks(), (1, 1), (2, 1, 1), (0, 1), (1, 3, 2, 2)])
def test_the_radius_is_how_far_a_network_sees(blocks: tuple[int, ...], keep_unsaturated: bool) -> None:
    network = far_seeing_network(blocks, keep_unsaturated=keep_unsaturated)
    network.double()  # what is far counts little, and would be rounded away
    middle, seen = 128, []
    for place in range(middle, middle + network.stride):
        picture = torch.rand(1, 1, 16, 2 * middle, dtype=torch.float64)
        if keep_unsaturated:  # then others are filled, from one pixel further
            picture[torch.rand(picture.shape) < 1 / 3] = 1
            picture[..., place] = 1
        network(picture.requires_grad_())[0, 0, 8, place].backward()
        assert picture.grad is not None
        seen.append(int((picture.grad[0, 0].nonzero()[:, 1] - place).abs().max()))
    assert max(seen) == network.radius


@pytest.mark.parametrize("shape", [(203, 150), (64, 301)])
@pytest.mark.parametrize("blocks", [default_blocks(), (1, 1, 2, 1)])
@pytest.mark.parametrize("keep_unsaturated", [False, True])
def test_no_seam(
    shape: tuple[int, int], blocks: tuple[int, ...], keep_unsaturated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facedenoise.denoise.denoiser, "has_bfloat16", lambda _: False)
    denoiser = Denoiser(far_seeing_network(blocks, keep_unsaturated=keep_unsaturated), "cpu")
    picture = np.random.default_rng(0).random(shape, np.float32)
    picture[picture < 1 / 4] = 0
    whole = denoiser(picture)
    monkeypatch.setattr(facedenoise.denoise.denoiser, "tiles", partial(tiles, core=64))
    np.testing.assert_allclose(denoiser(picture), whole, atol=1e-5)
    untrained = AttentionUNet((4, 8), (1, 1), keep_unsaturated=keep_unsaturated)  # its residual is zero
    idle = Denoiser(untrained, "cpu")(picture)
    assert np.abs(whole - idle).max() > 0.1, "a network that does nothing would have no seams either"


def test_no_seam_of_more_than_rounding_in_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facedenoise.denoise.denoiser, "has_bfloat16", lambda _: True)
    denoiser = Denoiser(far_seeing_network(default_blocks()), "cpu")
    picture = np.random.default_rng(0).integers(0, 256, (150, 203), dtype=np.uint8)
    whole = denoiser(picture).astype(int)
    monkeypatch.setattr(facedenoise.denoise.denoiser, "tiles", partial(tiles, core=64))
    assert np.abs(denoiser(picture) - whole).max() <= 1
