"""The classifier of labels: a small residual network.

He et al., "Deep residual learning for image recognition", 2016. Shortcuts that halve the size average before
their 1x1 convolution: He et al., "Bag of tricks for image classification with convolutional neural
networks", 2019.
"""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

FEATURES = 16  # fewer than a tenth of the 200 drawn test faces


class Normalised(nn.Sequential):
    """A convolution without bias, then batch norm."""

    def __init__(self, channels_in: int, channels_out: int, size: int, stride: int = 1) -> None:
        convolution = nn.Conv2d(channels_in, channels_out, size, stride=stride, padding=size // 2, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(channels_out))


class Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut; with stride 2 both halve the size."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.first = Normalised(channels_in, channels_out, 3, stride)
        self.second = Normalised(channels_out, channels_out, 3)
        nn.init.zeros_(self.second[1].weight)  # type: ignore[arg-type]  # the block starts as its shortcut
        self.shortcut = shortcut(channels_in, channels_out, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C_in, H, W) to (N, C_out, H / stride, W / stride), odd sizes rounded up."""
        return functional.relu(self.shortcut(x) + self.second(functional.relu(self.first(x))))


class LabelClassifier(nn.Module):
    """Tell the label of a face; the `FEATURES` numbers before the logits describe the face.

    Parameters
    ----------
    widths : sequence of int
        Channels at half size, quarter size, ...
    blocks : sequence of int
        Residual blocks at each of these sizes.
    labels : sequence of str
        The names of the labels, by code from 0; none if the network is to stay untrained.
    channels : int, default 1
        Channels of a face: 1 for grey, 3 for RGB.
    """

    def __init__(
        self, widths: Sequence[int], blocks: Sequence[int], labels: Sequence[str], *, channels: int = 1
    ) -> None:
        super().__init__()
        self.labels = tuple(labels)
        layers: list[nn.Module] = [Normalised(channels, widths[0], 5, stride=2), nn.ReLU()]
        before = widths[0]
        for index, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            for number in range(count):
                layers.append(Block(before, width, stride=2 if index and not number else 1))
                before = width
        self.layers = nn.Sequential(*layers)
        self.features = nn.Linear(before, FEATURES)
        self.logits = nn.Linear(FEATURES, max(1, len(labels)))  # PyTorch warns of a layer without outputs

    def forward(self, faces: Tensor) -> Tensor:
        """Return a logit for each label.

        Parameters
        ----------
        faces : Tensor
            float32 in [0, 1], shape (N, C, H, W), any height and width.

        Returns
        -------
        Tensor
            float32, shape (N, L), in the order of `labels`.
        """
        logits: Tensor = self.logits(self.embed(faces))
        return logits.float()

    def embed(self, faces: Tensor) -> Tensor:
        """Return the features of faces, shape (N, `FEATURES`)."""
        maps: Tensor = self.layers(2 * faces - 1)
        features: Tensor = self.features(maps.mean((2, 3)))
        return features


def shortcut(channels_in: int, channels_out: int, stride: int) -> nn.Module:
    """Return the identity where the shape stays, else a projection to the new shape."""
    if stride == 1 and channels_in == channels_out:
        return nn.Identity()
    return nn.Sequential(nn.AvgPool2d(stride, ceil_mode=True), Normalised(channels_in, channels_out, 1))
