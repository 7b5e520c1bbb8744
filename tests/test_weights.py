"""Networks on disk: the same bytes, rebuilt as they were, and nothing foreign is taken for one."""

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file

from facedenoise.data.tensors import read_tensors
from facedenoise.errors import InputError
from facedenoise.inference import denoise, load_denoiser
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.patchgan import PatchGAN
from facedenoise.models.weights import load_weights, write_weights

SETTINGS = {"widths": (4, 8), "blocks": (1, 1), "attention": True, "keep_unsaturated": True}


@pytest.fixture
def network() -> AttentionUNet:
    torch.manual_seed(0)
    network = AttentionUNet(**SETTINGS)  # type: ignore[arg-type]
    with torch.no_grad():
        network.head.weight.normal_()
    return network


@pytest.fixture
def path(network: AttentionUNet, tmp_path: Path) -> Path:
    path = tmp_path / "unet.safetensors"
    write_weights(path, network.state_dict(), {"attention_unet": SETTINGS, "task": "salt_pepper"})
    return path


def test_a_denoiser_is_rebuilt_from_its_file_alone(network: AttentionUNet, path: Path) -> None:
    noisy = torch.rand(3, 1, 10, 12)
    noisy[:, :, ::3] = 1.0
    torch.testing.assert_close(denoise(load_denoiser(path), noisy), network(noisy).clamp(0, 1))


def test_the_same_weights_are_the_same_bytes(network: AttentionUNet, path: Path, tmp_path: Path) -> None:
    turned = {
        name: value.to(memory_format=torch.contiguous_format) for name, value in network.state_dict().items()
    }
    again = tmp_path / "again.safetensors"
    write_weights(again, dict(reversed(turned.items())), {"task": "salt_pepper", "attention_unet": SETTINGS})
    assert again.read_bytes() == path.read_bytes()


def test_batches_do_not_change_the_result(path: Path) -> None:
    noisy = torch.rand(7, 1, 8, 8)
    network = load_denoiser(path)
    torch.testing.assert_close(denoise(network, noisy, batch_size=2), denoise(network, noisy))


def test_no_images_give_no_images(path: Path) -> None:
    assert denoise(load_denoiser(path), torch.empty(0, 1, 8, 8)).shape == (0, 1, 8, 8)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps({"weights": [1, 2, 3]}))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def missing(path: Path) -> None:
    path.unlink()


def foreign(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path)


def misdescribed(path: Path) -> None:
    path.write_bytes(save({"weight": torch.zeros(3)}, metadata={"facedenoise": "{not json"}))


def a_discriminator(path: Path) -> None:
    write_weights(path, PatchGAN((4,)).state_dict(), {"patchgan": {"widths": (4,)}})


def of_another_shape(path: Path) -> None:
    other = AttentionUNet((4, 16), (1, 1))
    write_weights(path, other.state_dict(), {"attention_unet": SETTINGS})


@pytest.mark.parametrize(
    "damage", [truncated, pickled, emptied, missing, foreign, misdescribed, a_discriminator, of_another_shape]
)
def test_what_is_no_denoiser_is_refused_in_one_line(path: Path, damage: Callable[[Path], None]) -> None:
    damage(path)
    with pytest.raises(InputError) as caught:
        load_denoiser(path)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("damage", [truncated, pickled, emptied, missing])
def test_tensors_that_cannot_be_read_are_refused_in_one_line(
    path: Path, damage: Callable[[Path], None]
) -> None:
    damage(path)
    with pytest.raises(InputError) as caught:
        read_tensors(path)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith(f"{path}: ")


def test_weights_of_another_network_name_what_does_not_fit(path: Path) -> None:
    with pytest.raises(InputError, match=r"weights of another network.*stem\.weight"):
        load_weights(AttentionUNet((8, 16), (1, 1)), path)
