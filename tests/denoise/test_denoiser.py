"""`Denoiser`: what it takes, what it gives, and where its weights come from."""

import doctest
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from dvc.repo import Repo
from helpers import awake
from stand_ins import (
    BRIGHTER,
    TASKS,
    denoised_by_stand_in,
    rgb_stand_in,
    stand_in,
    told_stand_in,
    write_stand_ins,
    write_told_stand_in,
)

import facedenoise.denoise.denoiser
from facedenoise import Denoiser
from facedenoise.errors import InputError
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.inference import denoise
from facedenoise.models.weights import write_weights
from facedenoise.noise.gaussian import Gaussian


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with stand-ins as the released weights."""
    write_stand_ins(tmp_path / "released")
    monkeypatch.setattr("facedenoise.denoise.networks.RELEASED", tmp_path / "released")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def noise_image(*shape: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 9), (5, 3), (48, 48), (600, 20), (3, 10, 12), (1, 5, 5), (9, 8, 1)]
)
@pytest.mark.parametrize("task", TASKS)
def test_shape_and_type_are_kept(shape: tuple[int, ...], task: str) -> None:
    image = noise_image(*shape)
    denoised = Denoiser(stand_in(task))(image)
    assert denoised.dtype == np.uint8
    np.testing.assert_array_equal(denoised, denoised_by_stand_in(task, image))


@pytest.mark.parametrize("dtype", ["f2", "<f4", ">f4", "f8"])
def test_floats_are_intensities_from_0_to_1_in_any_byte_order(dtype: str) -> None:
    denoised = Denoiser(stand_in("high_gaussian"))(np.array([[0.25, 0.5, 1.0]], dtype))
    assert denoised.dtype == np.dtype(dtype)
    np.testing.assert_allclose(denoised, [[0.25 + 20 / 255, 0.5 + 20 / 255, 1]], atol=1e-3)


@pytest.mark.parametrize("dtype", ["<u2", ">u2"])
def test_sixteen_bits_are_not_cut_to_eight_in_any_byte_order(dtype: str) -> None:
    image = (np.arange(1, 1001).reshape(20, 50) * 60).astype(dtype)
    denoised = Denoiser(stand_in("salt_pepper"))(image)
    assert denoised.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(denoised, image)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_each_colour_is_denoised_as_a_grey_image_and_alpha_is_kept(channels: int) -> None:
    torch.manual_seed(0)
    network = stand_in("low_gaussian")
    torch.nn.init.normal_(network.head.weight, std=0.05)
    denoiser = Denoiser(network)
    image = noise_image(12, 16, channels)
    denoised = denoiser(image)
    for channel in range(channels):
        is_alpha = channels in (2, 4) and channel == channels - 1
        plane = image[..., channel]
        np.testing.assert_array_equal(denoised[..., channel], plane if is_alpha else denoiser(plane))


def test_a_read_only_and_a_turned_image_are_taken_and_not_changed() -> None:
    image = noise_image(10, 12).T
    image.flags.writeable = False
    np.testing.assert_array_equal(
        Denoiser(stand_in("low_gaussian"))(image), denoised_by_stand_in("low_gaussian", image)
    )


def test_batches_do_not_change_the_result(drawn: torch.Tensor) -> None:
    faces = drawn[:7, 0].numpy()
    network = stand_in("low_gaussian")
    np.testing.assert_array_equal(Denoiser(network, batch_size=2)(faces), Denoiser(network)(faces))


@pytest.mark.parametrize("is_told", [True, False])
def test_the_mirror_image_of_a_picture_becomes_that_of_its_answer_if_the_level_is_told(
    drawn: torch.Tensor, is_told: bool
) -> None:
    torch.manual_seed(0)
    network = AttentionUNet((4, 4), (1, 1), level=is_told)
    torch.nn.init.normal_(network.head.weight, std=0.05)
    denoiser = Denoiser(network)
    faces = drawn[:4, 0].numpy()
    sigma = 0.1 if is_told else None
    mirrored = denoiser(faces[..., ::-1], sigma=sigma)[..., ::-1]
    assert np.array_equal(mirrored, denoiser(faces, sigma=sigma)) == is_told


def test_a_large_picture_upside_down_becomes_that_of_its_answer(drawn: torch.Tensor) -> None:
    torch.manual_seed(0)
    network = AttentionUNet((4, 4), (1, 1), level=True)
    torch.nn.init.normal_(network.head.weight, std=0.05)
    denoiser = Denoiser(network)
    face, large = drawn[0, 0].numpy(), np.tile(drawn[0, 0].numpy(), (3, 3))
    for picture in (face, large):
        turned = denoiser(picture[::-1], sigma=0.1)[::-1]
        assert np.array_equal(turned, denoiser(picture, sigma=0.1)) == (picture is large)


def test_faces_come_out_as_the_evaluation_denoises_them(drawn: torch.Tensor) -> None:
    torch.manual_seed(0)
    network = stand_in("low_gaussian")
    torch.nn.init.normal_(network.head.weight, std=0.05)
    expected = denoise(network, drawn[:4].float() / 255)[:, 0].numpy() * 255
    assert np.abs(Denoiser(network)(drawn[:4, 0].numpy()) - expected).max() <= 1


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        *(
            (np.zeros((1, 4, 4), dtype), TypeError, r"expected uint8.*by \.astype\(numpy\.uint8\)")
            for dtype in ("i8", "?", "c8", "u4")
        ),
        (np.array([[[0.0, 255.0]]]), ValueError, r"got 0\.0 to 255\.0; scale or clip them"),
        *(
            (np.array([[[0.5, value]]]), ValueError, r"expected values in \[0, 1\]")
            for value in (-0.01, 1.01, np.nan, np.inf)
        ),
        *(
            (np.zeros(shape, np.uint8), ValueError, "expected shape")
            for shape in ((), (4,), (0, 8, 8), (2, 0, 8), (2, 8, 0), (1, 2, 3, 5), (1, 1, 2, 3, 4))
        ),
    ],
)
def test_other_types_values_and_shapes_are_refused(
    image: np.ndarray[Any, Any], error: type[Exception], message: str
) -> None:
    denoiser = Denoiser(stand_in("low_gaussian"))
    for denoise_any in (denoiser, denoiser.denoise_stack):
        with pytest.raises(error, match=message):
            denoise_any(image)


def test_a_list_is_refused_with_what_to_do() -> None:
    denoiser = Denoiser(stand_in("low_gaussian"))
    rows: Any = [[0.5, 0.5], [0.5, 0.5]]
    for denoise_any in (denoiser, denoiser.denoise_stack):
        with pytest.raises(TypeError, match=r"got list; give numpy\.asarray"):
            denoise_any(rows)


def test_channels_at_the_wrong_place_are_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"numpy\.moveaxis\(images, 1, -1\) puts channels last"):
        Denoiser(stand_in("low_gaussian"))(noise_image(2, 3, 16, 20))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_stack_of_pictures_with_channels_is_denoised_as_each_alone(channels: int) -> None:
    denoiser = Denoiser(awake(stand_in("low_gaussian")))
    stack = noise_image(3, 12, 16, channels)
    denoised = denoiser(stack)
    assert (denoised != stack).any()
    np.testing.assert_array_equal(denoised, np.stack([denoiser(each) for each in stack]))


TENSORS = [torch.uint8, torch.uint16, torch.float16, torch.bfloat16, torch.float32, torch.float64]


@pytest.mark.parametrize("dtype", TENSORS)
@pytest.mark.parametrize("shape", [(12, 16), (3, 12, 16), (12, 16, 3), (2, 12, 16, 4)])
def test_a_tensor_is_taken_as_an_array_is_and_given_back_as_one(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    array = noise_image(*shape)
    tensor = torch.from_numpy(array).to(dtype) * (257 if dtype == torch.uint16 else 1)
    tensor = tensor / 255 if dtype.is_floating_point else tensor.to(dtype)
    denoised = Denoiser(stand_in("high_gaussian"))(tensor)
    assert (type(denoised), denoised.dtype, denoised.shape) == (torch.Tensor, dtype, shape)
    white = {torch.uint8: 255, torch.uint16: 65535}.get(dtype, 1)
    expected = np.minimum(array + 20.0, 255)
    if shape[-1] == 4:
        expected[..., 3] = array[..., 3]
    np.testing.assert_allclose(denoised.double() * (255 / white), expected, atol=1.2)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_batch_has_its_channels_where_torch_has_them(channels: int) -> None:
    denoiser = Denoiser(awake(rgb_stand_in()))
    batch = torch.from_numpy(noise_image(2, channels, 12, 16))
    denoised = denoiser(batch)
    assert denoised.is_contiguous()
    expected = np.stack([denoiser(np.moveaxis(each.numpy(), 0, -1)) for each in batch])
    np.testing.assert_array_equal(denoised, np.moveaxis(expected, -1, 1))
    one = denoiser((batch[:1] / 255).requires_grad_())
    assert not one.requires_grad
    np.testing.assert_allclose(one, denoised[:1] / 255, atol=0.003)


def test_a_network_for_rgb_sees_the_colours_of_a_picture_at_once(
    drawn: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facedenoise.denoise.denoiser, "has_bfloat16", lambda _: False)
    network = awake(rgb_stand_in())
    image = drawn[:3, 0].movedim(0, -1).contiguous()  # three faces as the colours of one picture
    expected = denoise(network, image.movedim(-1, 0)[None] / 255)[0].movedim(0, -1) * 255
    denoised = Denoiser(network)(image.numpy())
    assert np.abs(denoised - expected.numpy()).max() < 0.51  # it rounds to whole levels
    other = image.numpy().copy()
    other[..., 2] = 255 - other[..., 2]
    assert (Denoiser(network)(other)[..., 0] != denoised[..., 0]).any()
    with_alpha = np.dstack([image.numpy(), noise_image(48, 48)])
    np.testing.assert_array_equal(Denoiser(network)(with_alpha)[..., :3], denoised)
    np.testing.assert_array_equal(Denoiser(network)(with_alpha)[..., 3], with_alpha[..., 3])


def test_a_network_for_rgb_sees_a_grey_picture_three_times_and_the_mean_counts(drawn: torch.Tensor) -> None:
    network = awake(rgb_stand_in())
    faces = drawn[:2].repeat(1, 3, 1, 1)
    with torch.inference_mode():
        outputs = network(faces / 255)
    assert (outputs[:, 0] - outputs[:, 1]).abs().max() > 0.02
    mean = outputs.mean(1).clamp(0, 1).numpy() * 255
    for grey in (drawn[:2, 0].numpy(), drawn[:2, 0, ..., None].numpy()):
        difference = Denoiser(network)(grey).reshape(2, 48, 48) - mean
        assert np.abs(difference).max() <= 2


def test_a_told_network_for_rgb_is_told_the_level_of_each_colour(drawn: torch.Tensor) -> None:
    image = noise_image(16, 20, 3) // 2 + 1
    denoised = Denoiser(told_stand_in(channels=3))(image, sigma=0.01)
    np.testing.assert_array_equal(denoised, image + 26)  # 25.5, rounded
    grey = Denoiser(told_stand_in(channels=3))(image[..., 0], sigma=0.01)
    np.testing.assert_array_equal(grey, image[..., 0] + 26)


def test_large_pictures_in_colour_have_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facedenoise.denoise.denoiser, "has_bfloat16", lambda _: False)
    network = awake(rgb_stand_in())
    image = noise_image(600, 40, 3)
    tensor = torch.from_numpy(image).movedim(-1, 0)[None] / 255
    expected = denoise(network, tensor)[0].movedim(0, -1).numpy() * 255
    assert np.abs(Denoiser(network)(image) - expected).max() < 0.51


def test_the_range_of_twelve_bits_is_understood(drawn: torch.Tensor) -> None:
    denoiser = Denoiser(stand_in("high_gaussian"))
    deep = drawn[:2, 0].numpy().astype(np.uint16) * 16
    deep[1] *= 16  # this one has all 16 bits
    assert deep[1].max() > 4095
    twelve, sixteen = denoiser(deep)
    np.testing.assert_allclose(twelve, np.minimum(deep[0] + 20 / 255 * 4095, 4095), atol=17)
    np.testing.assert_allclose(sixteen, np.minimum(deep[1] + 20 / 255 * 65535, 65535), atol=257)


FORKED = """
import multiprocessing
import numpy as np
from facedenoise import Denoiser

denoiser = Denoiser.load("any", device="cpu")
faces = np.random.default_rng(0).integers(0, 256, (4, 48, 48), np.uint8)

def work(index):
    return denoiser(faces)[index]

expected = denoiser(faces)
with multiprocessing.get_context("fork").Pool(2) as pool:
    found = pool.map_async(work, range(4)).get(timeout=60)
assert np.abs(np.stack(found).astype(int) - expected).max() <= 1
"""


def test_a_forked_pool_shares_a_denoiser() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", FORKED], env=environment, check=True, timeout=120)


def test_the_pipelines_weights_come_before_the_released_ones(away: Path) -> None:
    (away / "here" / "models").mkdir()
    (away / "released" / "high_gaussian").rename(away / "here" / "models" / "low_gaussian")
    black = np.zeros((4, 4), np.uint8)
    assert Denoiser.load("low_gaussian")(black)[0, 0] == BRIGHTER["high_gaussian"]
    told = Denoiser.load("low_gaussian", weights=str(away / "released"))
    assert told(black)[0, 0] == BRIGHTER["low_gaussian"]


def test_missing_weights_are_named(away: Path) -> None:
    (away / "released/low_gaussian/gan.safetensors").unlink()
    with pytest.raises(InputError, match=r"released/low_gaussian/gan\.safetensors: no such file"):
        Denoiser.load("low_gaussian", "gan")


def test_the_examples_of_the_documentation(away: Path) -> None:
    write_told_stand_in(away / "released/any", Gaussian(std=0.1, factor=2))
    assert doctest.testmod(facedenoise.denoise.denoiser) == (0, 5)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@t")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a DVC repository whose revision v1 has weights that are gone from its working tree."""
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "-q")
    with Repo.init(str(folder)) as repo:
        write_stand_ins(folder / "models")
        shutil.rmtree(folder / "models" / "high_gaussian")
        odd = folder / "models" / "salt_pepper" / "unet.safetensors"
        write_weights(odd, {"a": torch.zeros(1)}, {"task": "salt_pepper"})
        for task in ("low_gaussian", "salt_pepper"):
            repo.add(str(folder / "models" / task / "unet.safetensors"))
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "weights")
    git(folder, "tag", "v1")
    git(folder, "rm", "-qr", "models")
    git(folder, "commit", "-qm", "none")
    shutil.rmtree(folder / "models", ignore_errors=True)
    return folder


@pytest.mark.parametrize("is_here", [False, True])
def test_weights_of_another_revision(
    repository: Path, away: Path, is_here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_here:
        monkeypatch.chdir(repository)
    denoiser = Denoiser.load("low_gaussian", rev="v1", repo=None if is_here else str(repository))
    assert denoiser(np.zeros((4, 4), np.uint8))[0, 0] == BRIGHTER["low_gaussian"]


@pytest.mark.parametrize(
    ("task", "rev", "repo", "said"),
    [
        ("low_gaussian", "v2", None, ": not found in {repository} at v2 ("),
        ("low_gaussian", "HEAD", None, ": not found in {repository} at HEAD ("),
        ("high_gaussian", "v1", None, ": not found in {repository} at v1 ("),
        ("low_gaussian", "v1", "no/such/folder", ": not found in no/such/folder at v1 ("),
        ("low_gaussian", "v1", ".", ": not found in . at v1 ("),
        (
            "salt_pepper",
            "v1",
            None,
            " in {repository} at v1: these weights are not those of a network of the",
        ),
    ],
)
@pytest.mark.usefixtures("away")
def test_what_a_revision_lacks_is_said_in_one_line(
    repository: Path, task: str, rev: str, repo: str | None, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        Denoiser.load(task, rev=rev, repo=repo or str(repository))
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"models/{task}/unet.safetensors{said.format(repository=repository)}")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"task": "poisson"}, "no task 'poisson'; give one of high_gaussian, low_gaussian, salt_pepper"),
        ({"task": "low_gaussian", "model": "vae"}, "no model 'vae'; give one of unet, gan"),
        ({"task": "low_gaussian", "weights": "models", "rev": "v1"}, "either a folder of weights or a rev"),
    ],
)
@pytest.mark.usefixtures("away")
def test_what_cannot_be_loaded_is_refused_with_the_choices(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Denoiser.load(**settings)


def test_the_package_has_no_other_lazy_name() -> None:
    with pytest.raises(ImportError):
        from facedenoise import Nothing  # noqa: F401, PLC0415


def test_a_told_network_is_told_sigma_or_what_is_found_in_each_image(drawn: torch.Tensor) -> None:
    clean = drawn[:2, 0].numpy()
    noise = 0.1 * 255 * np.random.default_rng(0).standard_normal(clean.shape)
    noisy = np.rint((clean + noise).clip(0, 255)).astype(np.uint8)
    denoiser = Denoiser(told_stand_in())
    told = denoiser(noisy[0], sigma=0.0625)
    np.testing.assert_array_equal(told, np.minimum(noisy[0] + 64.0, 255))  # 255 * sqrt(0.0625)
    stack = np.stack([noisy[0], clean[1]])
    found = denoiser(stack)
    np.testing.assert_array_equal(found[1], clean[1], "no noise: every pixel is exact")
    added = np.median((found[0] - 1.0 * noisy[0])[found[0] < 255]) / 255
    assert added**2 == pytest.approx(0.1, rel=0.2)
    np.testing.assert_array_equal(denoiser(noisy[0]), found[0])


def test_a_colour_picture_has_one_level_and_keeps_its_alpha() -> None:
    image = noise_image(16, 20, 4)
    image[..., :3] //= 2
    denoised = Denoiser(told_stand_in())(image, sigma=0.01)
    black = image[..., :3] == 0
    np.testing.assert_array_equal(denoised[..., :3][~black], image[..., :3][~black] + 26)  # 25.5, rounded
    np.testing.assert_array_equal(denoised[..., 3], image[..., 3])


@pytest.mark.parametrize("sigma", [0, -0.1, 25, float("nan"), float("inf")])
def test_a_sigma_must_be_above_0_and_at_most_white(sigma: float) -> None:
    with pytest.raises(ValueError, match=f"where white is 1, above 0; got {sigma}"):
        Denoiser(told_stand_in())(noise_image(8, 8), sigma=sigma)


def test_a_network_that_is_told_nothing_refuses_a_sigma() -> None:
    with pytest.raises(ValueError, match="leave sigma out"):
        Denoiser(stand_in("low_gaussian"))(noise_image(8, 8), sigma=0.1)
