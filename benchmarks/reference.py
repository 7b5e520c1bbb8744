"""The reference project's U-Net and its training, rebuilt from their description.

The project is "From Chaos to Clarity: Denoising Images with UNet and GANs" by M. Veisi (on GitHub). We keep
the network, float32 in the usual layout, two workers that parse text and draw noise item by item, Adam,
batches of 64, mean squared error, the plateau schedule, and the start of each task from the weights of the
task before. We mend four things in its favour: intensities are normalised once instead of twice, every task
is shuffled, salt and pepper are drawn as in the test noise, and training batches are not scored.
"""

import time
from collections.abc import Iterator
from itertools import pairwise

import common  # noqa: F401 - puts library and stages on the path
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from facedenoise.images.tensors import to_float
from facedenoise.noise import Noise
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.salt_pepper import SaltPepper
from facedenoise.training.batches import Pairs

PUBLISHED_PSNR = {"low_gaussian": 36.17, "high_gaussian": 29.97, "salt_pepper": 36.42}
"""dB on the test faces, corrected to the true data range."""
EPOCHS = 20
BATCH_SIZE = 64
WORKERS = 2
WIDTHS = (16, 32, 64, 128, 256)
RATES = {"low_gaussian": 1e-3, "high_gaussian": 1e-4, "salt_pepper": 1e-3}
PLATEAU_PATIENCE = 3  # epochs
PLATEAU_FACTOR = 0.5


class DoubleConvolution(nn.Sequential):
    """Two 3x3 convolutions with ReLU, batch norm behind the first."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.BatchNorm2d(channels_out),
            nn.Conv2d(channels_out, channels_out, 3, padding=1),
            nn.ReLU(inplace=True),
        )


class Gate(nn.Module):
    """Additive attention on a skip, with as many inner channels as outer ones."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.of_skip = nn.Conv2d(channels, channels, 1)
        self.of_gating = nn.Conv2d(channels, channels, 1)
        self.psi = nn.Conv2d(channels, 1, 1)

    def forward(self, skip: Tensor, gating: Tensor) -> Tensor:
        """Weigh `skip` (N, C, H, W) by what `gating`, of the same shape, says of each position."""
        return skip * torch.sigmoid(self.psi(functional.relu(self.of_skip(skip) + self.of_gating(gating))))


class Up(nn.Module):
    """Double the size, bring in the skip, convolve twice."""

    def __init__(self, channels_in: int, channels_out: int, *, attention: bool) -> None:
        super().__init__()
        self.grow = nn.ConvTranspose2d(channels_in, channels_out, 2, stride=2)
        self.gate = Gate(channels_out) if attention else None
        self.convolve = DoubleConvolution(2 * channels_out, channels_out)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Map x (N, C_in, H, W) and skip (N, C_out, 2H, 2W) to (N, C_out, 2H, 2W)."""
        x = self.grow(x)
        skip = skip if self.gate is None else self.gate(skip, x)
        convolved: Tensor = self.convolve(torch.cat([x, skip], dim=1))
        return convolved


class ReferenceUNet(nn.Module):
    """Map a noisy image directly to the clean one; all skips but the one at full size have gates."""

    def __init__(self) -> None:
        super().__init__()
        self.downs = nn.ModuleList(DoubleConvolution(*pair) for pair in pairwise((1, *WIDTHS)))
        steps = [(deep, wide) for wide, deep in pairwise(WIDTHS)]
        self.ups = nn.ModuleList(Up(deep, wide, attention=wide > WIDTHS[0]) for deep, wide in reversed(steps))
        self.head = nn.Conv2d(WIDTHS[0], 1, 1)

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoise float32 in [-1, 1], shape (N, 1, H, W), H and W multiples of 16; linear output."""
        skips = []
        x = self.downs[0](noisy)
        for down in self.downs[1:]:
            skips.append(x)
            x = down(functional.max_pool2d(x, 2))
        for up, skip in zip(self.ups, reversed(skips), strict=True):
            x = up(x, skip)
        clean: Tensor = self.head(x)
        return clean


class OnUnitRange(nn.Module):
    """A network for [-1, 1], applied to images in [0, 1]."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, noisy: Tensor) -> Tensor:
        """Map float32 in [0, 1], shape (N, 1, H, W), to the same shape, not clipped."""
        estimate: Tensor = self.network(2 * noisy - 1)
        return (estimate + 1) / 2


class TextFaces(Dataset[tuple[Tensor, Tensor]]):
    """Faces kept as text, from uint8 (N, 1, H, W); each access parses the pixels and draws new noise."""

    def __init__(self, images: Tensor, noise: Noise) -> None:
        words = [str(value) for value in range(256)]
        self.texts = [" ".join([words[value] for value in image.numpy().tobytes()]) for image in images]
        self.shape = images.shape[1:]
        self.noise = noise

    def __len__(self) -> int:
        """Return the number of faces."""
        return len(self.texts)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Return (noisy, clean): float32 in [-1, 1], shape (1, H, W) each."""
        pixels = np.array(self.texts[index].split(), dtype=np.float32)
        clean = torch.from_numpy(pixels / 127.5 - 1).reshape(self.shape)
        return self._corrupt(clean), clean

    def _corrupt(self, clean: Tensor) -> Tensor:
        if isinstance(self.noise, Gaussian):
            scale = self.noise.std * self.noise.factor
            return (clean + scale * torch.randn(clean.shape)).clamp(-1, 1)
        if not isinstance(self.noise, SaltPepper):
            raise TypeError(f"the reference has no {self.noise.kind} noise")
        chance = torch.rand(clean.shape)
        salt = chance < self.noise.factor * self.noise.salt_ratio
        extreme = torch.where(salt, 1.0, -1.0)
        return torch.where(chance < self.noise.factor, extreme, clean)


class ReferenceTraining:
    """The reference's training on Gaussian or salt-and-pepper noise, from `weights` or from scratch."""

    def __init__(
        self, task: str, train: Pairs, val: Pairs, noise: Noise, weights: dict[str, Tensor] | None = None
    ) -> None:
        torch.use_deterministic_algorithms(mode=False)  # the pipeline's promise and price, not its own
        torch.manual_seed(0)
        self.network = ReferenceUNet()
        if weights:
            self.network.load_state_dict(weights)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=RATES[task])
        self.schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimiser, patience=PLATEAU_PATIENCE, factor=PLATEAU_FACTOR
        )
        self.loader = DataLoader(TextFaces(train.clean, noise), BATCH_SIZE, shuffle=True, num_workers=WORKERS)
        self.val = val

    def trained_steps(self) -> Iterator[tuple[int, float]]:
        """Train for `EPOCHS`; yield like `recipe.trained_steps`. The seconds do not include validations."""
        taken, seconds = 0, 0.0
        for _ in range(EPOCHS):
            start = time.perf_counter()
            for noisy, clean in self.loader:
                self._step(noisy, clean)
                taken, seconds = taken + 1, seconds + time.perf_counter() - start
                yield taken, seconds
                start = time.perf_counter()
            self.schedule.step(self._validation_loss())

    def _step(self, noisy: Tensor, clean: Tensor) -> None:
        loss = functional.mse_loss(self.network.train()(noisy), clean)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

    @torch.inference_mode()
    def _validation_loss(self) -> float:
        noisy, clean = (2 * to_float(images) - 1 for images in (self.val.noisy, self.val.clean))
        self.network.eval()
        parts = zip(noisy.split(BATCH_SIZE), clean.split(BATCH_SIZE), strict=True)
        errors = [functional.mse_loss(self.network(images), truth) for images, truth in parts]
        return float(torch.stack(errors).mean())

    def denoiser(self) -> nn.Module:
        """Return the network as it is now, for images in [0, 1]."""
        return OnUnitRange(self.network).eval()
