"""Cut patches of texture out of photographs of scikit-image; the network `any` is trained on them, too.

This is no stage of dvc.yaml. `python -m stages.textures` writes `data/raw/textures.csv`; docs/any-noise.md
says what it is for. The photographs of `benchmarks/levels.py` are not among them.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage import data
from skimage.color import rgb2gray
from skimage.io import imread
from skimage.transform import rescale

from facedenoise.faces.fer_writer import write_fer_csv
from facedenoise.images.fer2013 import NO_EMOTION, USAGES
from stages import run

TEXTURES = Path("data/raw/textures.csv")
SIDE = 48  # pixels
FINE, COARSE = (
    {1: 0.4, 0.7: 0.3, 0.5: 0.3},
    {0.5: 0.5, 0.4: 0.5},
)  # scale: share; a smaller JPEG shows no blocks
PHOTOGRAPHS = {
    "grass.png": 3500, "gravel.png": 2000, "brick.png": 1000, "motorcycle_left.png": 2500, "moon.png": 500,
    "ihc.png": 1000, "rocket.jpg": 1000, "retina.jpg": 250, "hubble_deep_field.jpg": 250,
}  # fmt: skip
AS_THEY_ARE = 0.6  # share of the textures of which brightness and contrast do not change


def main() -> None:
    """Write them all, without labels, as rows of the split Training."""
    generator = np.random.default_rng(0)
    textures = np.stack([each for name, count in PHOTOGRAPHS.items() for each in cut(name, count, generator)])
    labels = np.full(len(textures), NO_EMOTION)
    write_fer_csv(TEXTURES, textures, labels, [USAGES[0]] * len(textures))
    print(f"{TEXTURES}: {len(textures):,} textures")


def cut(name: str, count: int, generator: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    """Yield so many patches of a photograph, uint8 (48, 48), at several scales and in all directions."""
    pixels = imread(Path(data.__file__).parent / name)
    grey = rgb2gray(pixels) if pixels.ndim > 2 else pixels / 255  # noqa: PLR2004
    for scale, share in (COARSE if name.endswith(".jpg") else FINE).items():
        photograph = rescale(grey, scale, anti_aliasing=scale < 1).clip(0, 1)
        for _ in range(round(count * share)):
            top, left = (generator.integers(length - SIDE + 1) for length in photograph.shape)
            part = np.rot90(photograph[top : top + SIDE, left : left + SIDE], int(generator.integers(4)))
            part = part[:, ::-1] if generator.random() < 1 / 2 else part
            yield np.rint(255 * varied(part, generator)).astype(np.uint8)


def varied(part: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    """Return a texture as it is, or with another brightness and contrast."""
    if generator.random() < AS_THEY_ARE:
        return part
    contrast, brightness = generator.uniform(0.5, 1.3), generator.uniform(0.25, 0.75)
    return (contrast * (part - part.mean()) + brightness).clip(0, 1)


if __name__ == "__main__":
    run(main)
