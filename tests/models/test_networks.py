"""The networks: shapes, gradients, where they start, and that the gates really gate."""

import pytest
import torch
from helpers import awake, random_images
from torch import Tensor, nn

from facedenoise.models.attention_unet import AttentionGate, AttentionUNet, Up, filled
from facedenoise.models.patchgan import PatchGAN

WIDTHS, BLOCKS = (4, 8, 8), (1, 1, 1)


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize(("height", "width"), [(48, 48), (1, 1), (5, 7), (33, 64), (100, 41)])
def test_any_size_comes_back_as_it_went_in(height: int, width: int) -> None:
    network = awake(AttentionUNet(WIDTHS, BLOCKS))
    assert network(random_images(2, height, width)).shape == (2, 1, height, width)


@pytest.mark.parametrize("attention", [True, False])
@pytest.mark.parametrize("bfloat16", [True, False])
def test_an_untrained_network_is_the_identity_also_in_bfloat16(attention: bool, bfloat16: bool) -> None:
    noisy = random_images()
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        denoised = AttentionUNet(WIDTHS, BLOCKS, attention=attention)(noisy)
    torch.testing.assert_close(denoised, noisy, rtol=0, atol=0)


@pytest.mark.parametrize("level", [False, True])
def test_each_convolution_starts_at_zero_or_as_an_orthogonal_map_without_overlap(level: bool) -> None:
    network = AttentionUNet(WIDTHS, BLOCKS, level=level)
    for name, layer in network.named_modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            weight = layer.weight.detach()
            rows = weight[..., 1, 1] if layer.kernel_size == (3, 3) else weight.flatten(1)
            rows = rows if len(rows) <= rows.shape[1] else rows.T
            at_zero = name.endswith(("second", "psi", "head"))
            squared_gain = 0 if at_zero else 2 if name.endswith("first") else 1
            torch.testing.assert_close(rows @ rows.T, squared_gain * torch.eye(len(rows)), rtol=0, atol=1e-5)
            torch.testing.assert_close(weight.norm(), rows.norm())
            if layer.bias is not None and not name.endswith("psi"):
                assert not layer.bias.any()


def test_without_attention_there_are_no_gates() -> None:
    plain, gated = (AttentionUNet(WIDTHS, BLOCKS, attention=attention) for attention in (False, True))
    assert not any(isinstance(module, AttentionGate) for module in plain.modules())
    assert sum(isinstance(module, AttentionGate) for module in gated.modules()) == len(WIDTHS) - 1


@pytest.mark.parametrize("attention", [True, False])
def test_every_parameter_gets_a_gradient(attention: bool) -> None:
    network = awake(AttentionUNet(WIDTHS, BLOCKS, attention=attention))
    network(random_images()).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_a_closed_gate_stops_its_skip() -> None:
    network = awake(AttentionUNet(WIDTHS, BLOCKS))
    skip, deep = torch.randn(1, WIDTHS[0], 8, 8), torch.randn(1, WIDTHS[1], 4, 4)
    up = network.ups[-1]
    assert isinstance(up, Up)
    assert up.gate is not None
    open_difference = up(deep, skip) - up(deep, torch.zeros_like(skip))
    nn.init.constant_(up.gate.psi.bias, -100.0)  # type: ignore[arg-type]
    closed_difference = up(deep, skip) - up(deep, torch.zeros_like(skip))
    assert open_difference.abs().max() > 1e-3
    assert closed_difference.abs().max() < 1e-6


def test_the_gate_is_the_papers_formula() -> None:
    gate = awake(AttentionGate(4))
    skip, gating = torch.randn(4), torch.randn(4)
    of_skip, of_gating, psi = (layer.weight[:, :, 0, 0] for layer in (gate.of_skip, gate.of_gating, gate.psi))
    biases = dict(gate.named_parameters())
    inner = of_skip @ skip + of_gating @ gating + biases["of_gating.bias"]
    alpha = torch.sigmoid(psi @ inner.relu() + biases["psi.bias"])
    given = gate(skip.view(1, 4, 1, 1), gating.view(1, 4, 1, 1)).flatten()
    torch.testing.assert_close(given, alpha * skip)


def test_unsaturated_pixels_are_kept_where_asked() -> None:
    noisy = random_images().clamp(0.01, 0.99)
    noisy[:, :, ::5, ::3] = 1.0
    noisy[:, :, ::7, ::4] = 0.0
    saturated = (noisy == 0) | (noisy == 1)
    network = awake(AttentionUNet(WIDTHS, BLOCKS, keep_unsaturated=True))
    changed = network(noisy) != noisy
    assert not (changed & ~saturated).any()
    assert changed[saturated].float().mean() > 0.9


def test_a_missing_pixel_is_filled_but_the_network_sees_whether_it_was_black_or_white() -> None:
    noisy = random_images().clamp(0.01, 0.99)
    black, white = (noisy.index_fill(3, torch.tensor([5]), value) for value in (0.0, 1.0))
    untrained = AttentionUNet(WIDTHS, BLOCKS, keep_unsaturated=True)
    torch.testing.assert_close(untrained(black), untrained(white))
    trained = awake(untrained)
    assert (trained(black) - trained(white)).abs().max() > 1e-3


@pytest.mark.parametrize("keep_unsaturated", [False, True])
def test_missing_pixels_have_masks_of_their_own(keep_unsaturated: bool) -> None:
    noisy = torch.tensor([0.0, 0.5, 1.0, 1.0]).expand(1, 1, 4, 4)
    network = AttentionUNet(WIDTHS, BLOCKS, keep_unsaturated=keep_unsaturated)
    seen: list[Tensor] = []
    network.stem.register_forward_pre_hook(lambda _, inputs: seen.extend(inputs))
    network(noisy)
    none, black, white = torch.zeros(4, 4), (noisy == 0)[0, 0].float(), (noisy == 1)[0, 0].float()
    expected = [none, none, black, white] if keep_unsaturated else [black, white, none, none]
    assert torch.equal(seen[0][0, 1:], torch.stack(expected))


def test_missing_pixels_get_the_mean_of_known_neighbours() -> None:
    image = torch.arange(25.0).view(1, 1, 5, 5) / 25
    missing = torch.zeros_like(image)
    missing[..., [1, 1, 0, 4], [1, 2, 0, 4]] = 1
    given = filled(image, missing)
    expected = image.clone()
    known_neighbours = {
        (0, 0): [1, 5],
        (1, 1): [1, 2, 5, 10, 11, 12],
        (1, 2): [1, 2, 3, 8, 11, 12, 13],
        (4, 4): [18, 19, 23],
    }
    for (row, column), values in known_neighbours.items():
        expected[..., row, column] = sum(values) / len(values) / 25
    torch.testing.assert_close(given, expected)


def test_a_pixel_with_no_known_neighbour_stays() -> None:
    image = torch.rand(1, 1, 7, 7)
    missing = torch.zeros_like(image)
    missing[..., 1:6, 1:6] = 1
    inside = (..., slice(2, 5), slice(2, 5))
    torch.testing.assert_close(filled(image, missing)[inside], image[inside], rtol=0, atol=0)


def test_the_network_sees_which_pixels_are_saturated() -> None:
    network = awake(AttentionUNet(WIDTHS, BLOCKS))
    almost, fully = torch.full((1, 1, 8, 8), 1 - 1e-6), torch.ones(1, 1, 8, 8)
    assert (network(almost) - network(fully)).abs().max() > 1e-3


def told(noisy: Tensor, level: Tensor | float) -> Tensor:
    """Return the inputs of a network that is told this level everywhere, or that of each pixel."""
    return torch.cat([noisy, torch.as_tensor(level).expand_as(noisy)], dim=1)


class TestTold:
    """A network that is told the level of the noise."""

    @pytest.mark.parametrize(("height", "width"), [(48, 48), (1, 1), (5, 7)])
    def test_any_size_comes_back_as_one_channel(self, height: int, width: int) -> None:
        network = awake(AttentionUNet(WIDTHS, BLOCKS, level=True))
        assert network(told(random_images(2, height, width), 0.1)).shape == (2, 1, height, width)

    def test_it_copies_what_is_exact_and_corrects_what_is_not(self) -> None:
        noisy, network = random_images(), awake(AttentionUNet(WIDTHS, BLOCKS, level=True))
        level = torch.where(random_images(seed=1) < 0.5, 0.0, 0.1)
        changed = network(told(noisy, level)) != noisy
        assert not changed[level == 0].any()
        assert changed[level > 0].float().mean() > 0.9

    def test_it_does_not_see_the_value_of_a_missing_pixel_but_fills_it(self) -> None:
        noisy, network = 0.5 + random_images() / 4, awake(AttentionUNet(WIDTHS, BLOCKS, level=True))
        missing = torch.zeros_like(noisy)
        missing[..., ::4, ::4] = 1
        black, white = (torch.where(missing > 0, value, noisy) for value in (0.25, 0.75))
        assert torch.equal(network(told(black, missing)), network(told(white, missing)))
        untrained = AttentionUNet(WIDTHS, BLOCKS, level=True)
        torch.testing.assert_close(untrained(told(black, missing)), filled(black, missing))

    def test_what_it_is_told_matters(self) -> None:
        noisy, network = random_images(), awake(AttentionUNet(WIDTHS, BLOCKS, level=True))
        assert (network(told(noisy, 0.1)) - network(told(noisy, 0.2))).abs().max() > 1e-3

    def test_it_sees_as_far_as_its_radius(self) -> None:
        network = awake(AttentionUNet(WIDTHS, BLOCKS, level=True)).double()
        place, seen = 96, []
        for column in range(place, place + network.stride):
            inputs = told(random_images(1, 16, 2 * place), 0.1).double()
            # Missing pixels are filled, from one pixel further.
            inputs[:, 1][random_images(1, 16, 2 * place, seed=column)[0] < 1 / 3] = 1
            network(inputs.requires_grad_())[0, 0, 8, column].backward()
            assert inputs.grad is not None
            seen.append(int((inputs.grad[0].nonzero()[:, 2] - column).abs().max()))
        assert max(seen) == network.radius


class TestColour:
    """A network for RGB."""

    @pytest.mark.parametrize("level", [False, True])
    def test_every_parameter_gets_a_gradient(self, level: bool) -> None:
        network, noisy = (
            awake(AttentionUNet(WIDTHS, BLOCKS, channels=3, level=level)),
            random_images(channels=3),
        )
        denoised = network(told(noisy, 0.1) if level else noisy)
        assert denoised.shape == noisy.shape
        denoised.square().mean().backward()
        assert network.stem.weight.shape == (WIDTHS[0], 18 if level else 15, 3, 3)
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name

    def test_each_channel_of_the_answer_depends_on_all_of_the_image(self) -> None:
        network, noisy = awake(AttentionUNet(WIDTHS, BLOCKS, channels=3)), random_images(channels=3)
        answer = network(noisy)
        for channel in range(3):
            changed = noisy.clone()
            changed[:, channel] = noisy[:, channel].flip(-1)
            differences = (network(changed) - answer).abs().amax((0, 2, 3))
            assert (differences > 1e-3).all()

    @pytest.mark.parametrize("settings", [{"keep_unsaturated": True}, {"level": True}])
    def test_a_pixel_is_missing_or_kept_in_its_channel_alone(self, settings: dict[str, bool]) -> None:
        noisy = random_images(channels=3).clamp(0.01, 0.99)
        noisy[:, 1, ::4, ::4] = 1.0
        missing = (noisy == 1).float()
        inputs = told(noisy, missing) if "level" in settings else noisy
        untrained = AttentionUNet(WIDTHS, BLOCKS, channels=3, **settings)
        assert torch.equal(untrained(inputs)[:, 1:2], filled(noisy[:, 1:2], missing[:, 1:2]))
        changed = awake(untrained)(inputs) != noisy
        assert not changed[missing == 0].any()
        assert changed[missing == 1].float().mean() > 0.9

    def test_the_patchgan_judges_all_channels_of_both(self) -> None:
        judge = PatchGAN((8, 8, 8), channels=3).eval()
        pair = [random_images(channels=3, seed=seed).requires_grad_() for seed in range(2)]
        scores = judge(*pair)
        assert scores.shape == (2, 1, 11, 11)
        scores.square().sum().backward()
        for image in pair:
            assert image.grad is not None
            assert (image.grad.abs().amax((2, 3)) > 0).all()


def test_a_patch_is_24_pixels_wide() -> None:
    candidate = random_images().requires_grad_()
    scores = awake(PatchGAN((8, 8, 8)))(random_images(), candidate)
    assert scores.shape == (2, 1, 11, 11)
    scores[0, 0, 5, 5].backward()
    assert candidate.grad is not None
    touched = candidate.grad[0, 0].nonzero()
    assert (touched.max(0).values - touched.min(0).values + 1).tolist() == [24, 24]


def test_the_patchgan_judges_pairs() -> None:
    judge = PatchGAN((8, 8, 8)).eval()
    noisy, candidate = random_images(), random_images().flip(-1)
    score = judge(noisy, candidate)
    assert (judge(noisy.flip(-2), candidate) - score).abs().max() > 1e-4
    assert (judge(noisy, candidate.flip(-2)) - score).abs().max() > 1e-4
