"""Networks on disk: the same bytes, rebuilt as they were, and nothing foreign is taken for one."""

import pickle
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers import awake, random_images
from safetensors.torch import save

from facedenoise.errors import InputError
from facedenoise.models import KIND
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.device import placed
from facedenoise.models.inference import denoise, load_denoiser
from facedenoise.models.patchgan import PatchGAN
from facedenoise.models.weights import load_weights, write_weights

SETTINGS: dict[str, Any] = {"widths": (4, 8), "blocks": (1, 1), "attention": True, "keep_unsaturated": True}


@pytest.fixture
def network() -> AttentionUNet:
    torch.manual_seed(0)
    return awake(AttentionUNet(**SETTINGS))


@pytest.fixture
def path(network: AttentionUNet, tmp_path: Path) -> Path:
    path = tmp_path / "unet.safetensors"
    write_weights(path, network.state_dict(), {KIND: SETTINGS, "task": "salt_pepper"})
    return path


def test_a_denoiser_is_rebuilt_from_its_file_alone(network: AttentionUNet, path: Path) -> None:
    noisy = random_images(3, 10, 12)
    noisy[:, :, ::3] = 1.0
    torch.testing.assert_close(denoise(load_denoiser(path), noisy), network(noisy).clamp(0, 1))


def test_the_same_weights_are_the_same_bytes(network: AttentionUNet, path: Path, tmp_path: Path) -> None:
    again, turned = tmp_path / "again.safetensors", placed(network, torch.device("cpu")).state_dict()
    write_weights(again, dict(reversed(turned.items())), {"task": "salt_pepper", KIND: SETTINGS})
    assert again.read_bytes() == path.read_bytes()


def test_batches_do_not_change_the_result_and_no_images_give_none(path: Path) -> None:
    noisy, network = random_images(7, 8, 8), load_denoiser(path)
    torch.testing.assert_close(denoise(network, noisy, batch_size=2), denoise(network, noisy))
    assert denoise(network, noisy[:0]).shape == (0, 1, 8, 8)


@pytest.mark.parametrize("level", [False, True])
def test_a_denoiser_of_colours_is_rebuilt_from_its_file_alone(level: bool, tmp_path: Path) -> None:
    settings: dict[str, Any] = {"widths": (4, 8), "blocks": (1, 1), "channels": 3, "level": level}
    network, path = awake(AttentionUNet(**settings)), tmp_path / "unet.safetensors"
    write_weights(path, network.state_dict(), {KIND: settings})
    inputs = random_images(3, 10, 12, channels=6 if level else 3)
    rebuilt = load_denoiser(path)
    assert rebuilt.channels == 3
    torch.testing.assert_close(denoise(rebuilt, inputs, batch_size=2), network(inputs).clamp(0, 1))
    assert denoise(rebuilt, inputs[:0]).shape == (0, 3, 10, 12)


WEIGHT, WIDER = {"weight": torch.zeros(3)}, AttentionUNet((4, 16), (1, 1))
DAMAGES: dict[str, Callable[[Path], object]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-10]),
    "pickled": lambda path: path.write_bytes(pickle.dumps({"weights": [1, 2, 3]})),
    "emptied": lambda path: path.write_bytes(b""),
    "missing": lambda path: path.unlink(),
    "foreign": lambda path: path.write_bytes(save(WEIGHT)),
    "misdescribed": lambda path: path.write_bytes(save(WEIGHT, metadata={"facedenoise": "{not json"})),
    "a discriminator": lambda path: write_weights(path, PatchGAN((4,)).state_dict(), {"patchgan": {}}),
    "of another shape": lambda path: write_weights(path, WIDER.state_dict(), {KIND: SETTINGS}),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_is_no_denoiser_is_refused_in_one_line(path: Path, damage: Callable[[Path], object]) -> None:
    damage(path)
    with pytest.raises(InputError) as caught:
        load_denoiser(path)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith(f"{path}: ")


def test_weights_of_another_network_name_what_does_not_fit(path: Path) -> None:
    with pytest.raises(InputError, match=r"weights of another network.*stem\.weight"):
        load_weights(AttentionUNet((8, 16), (1, 1)), path)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_that_is_told_starts_as_the_same_function_as_one_that_is_not(
    channels: int, tmp_path: Path
) -> None:
    untold, told = (AttentionUNet((4, 8), (1, 1), channels=channels, level=level) for level in (False, True))
    write_weights(tmp_path / "untold.safetensors", awake(untold).state_dict(), {})
    load_weights(told, tmp_path / "untold.safetensors")
    noisy, level = (random_images(seed=seed, channels=channels) for seed in range(2))
    torch.testing.assert_close(told(torch.cat([noisy, 0.01 + 0.9 * level], dim=1)), untold(noisy))


NETWORKS: dict[str, Callable[..., AttentionUNet | PatchGAN]] = {
    "untold": partial(AttentionUNet, (4, 8), (1, 1)),
    "told": partial(AttentionUNet, (4, 8), (1, 1), level=True),
    "judge": partial(PatchGAN, (4, 8)),
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("before", "after"), [*((name, name) for name in NETWORKS), ("untold", "told"), ("told", "untold")]
)
def test_grey_and_colour_share_no_weights(channels: int, before: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "before.safetensors"
    write_weights(path, NETWORKS[before](channels=channels).state_dict(), {})
    with pytest.raises(InputError) as caught:
        load_weights(NETWORKS[after](channels=4 - channels), path)
    assert re.match(
        rf"{path}: weights of another network than .*`data\.colour` ask for: .*\.weight", str(caught.value)
    )
    assert len(str(caught.value).splitlines()) == 1


def test_a_network_that_is_not_told_takes_no_weights_of_one_that_is(tmp_path: Path) -> None:
    told = AttentionUNet((4, 8), (1, 1), level=True)
    write_weights(tmp_path / "told.safetensors", told.state_dict(), {})
    with pytest.raises(InputError, match=r"weights of another network.*stem\.weight"):
        load_weights(AttentionUNet((4, 8), (1, 1)), tmp_path / "told.safetensors")
