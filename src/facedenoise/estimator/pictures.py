"""The pictures that the estimator learns on: faces as they are and restyled, text, drawings and patterns.

They are as clean as they come: what looks like noise in them is none.
"""

import io
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import PIL.Image
import PIL.ImageDraw
import PIL.ImageFont
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

Picture: TypeAlias = NDArray[np.floating[Any]]  # (H, W), intensities in [0, 1] once it is clipped
Generator: TypeAlias = np.random.Generator

_DRAWN = 0.15  # share of the pictures that are no faces
_CROWDED = 0.1  # share of the restyled faces that are several
_STYLED = 0.5  # share of the pictures that are restyled
_MORE = 0.35  # probability of each further style
_LETTERS = [chr(code) for code in range(33, 127)] + [" "] * 15


def picture(faces: NDArray[np.uint8], index: int, generator: Generator) -> NDArray[np.uint8]:
    """Return a clean picture: the face of this index, as it is or restyled, or something else of its size.

    Parameters
    ----------
    faces : ndarray of uint8, shape (N, H, H)
        Clean faces.
    index : int
        Of one of them.
    generator : numpy Generator
        Where the random numbers come from.
    """
    drawn, styled = generator.random() < _DRAWN, generator.random() < _STYLED
    if not drawn and not styled:
        return faces[index]
    made = _drawing(faces.shape[-1], generator) if drawn else _photograph(faces, index, generator)
    while styled:
        made = _one_of(_STYLES, generator)(made, generator).clip(0, 1)
        styled = generator.random() < _MORE
    return np.rint(255 * made).astype(np.uint8)


def _drawing(side: int, generator: Generator) -> Picture:
    return _one_of(_DRAWINGS, generator)(side, generator).clip(0, 1)


def _photograph(faces: NDArray[np.uint8], index: int, generator: Generator) -> Picture:
    return _crowd(faces, generator) if generator.random() < _CROWDED else faces[index] / np.float32(255)


def _one_of(functions: list[Callable[..., Picture]], generator: Generator) -> Callable[..., Picture]:
    return functions[generator.integers(len(functions))]


def _crowd(faces: NDArray[np.uint8], generator: Generator) -> Picture:
    """Reduce four faces to the size of one: sharper than that."""
    (a, b, c, d), side = faces[generator.integers(len(faces), size=4)], faces.shape[-1]
    crowd = np.block([[a, b], [c, d]]).reshape(side, 2, side, 2)
    return crowd.mean((1, 3), dtype=np.float32) / 255


def _jpeg(image: Picture, generator: Generator) -> Picture:
    file = io.BytesIO()
    pixels = np.rint(255 * image).astype(np.uint8)
    PIL.Image.fromarray(pixels).save(file, "JPEG", quality=int(generator.integers(10, 96)))
    return np.asarray(PIL.Image.open(file), np.float32) / 255


def _darkened(image: Picture, generator: Generator) -> Picture:
    return image ** generator.uniform(1, 2.5) * generator.uniform(0.1, 0.9)


def _over_exposed(image: Picture, generator: Generator) -> Picture:
    return image * generator.uniform(1.1, 2.5) + generator.uniform(-0.2, 0.3)


def _inverted(image: Picture, generator: Generator) -> Picture:
    return 1 - image


def _blurred(image: Picture, generator: Generator) -> Picture:
    return gaussian_filter(image, generator.uniform(0.4, 2))


def _enlarged(image: Picture, generator: Generator) -> Picture:
    side = len(image)
    part = int(side / generator.uniform(1.1, 4))
    top, left = generator.integers(0, side - part + 1, 2)
    order = int(generator.integers(0, 4))
    return zoom(image[top : top + part, left : left + part], side / part, order=order, mode="nearest")


def _posterised(image: Picture, generator: Generator) -> Picture:
    steps = generator.integers(1, 7)
    return np.rint(gaussian_filter(image, generator.uniform(0.3, 1.5)) * steps) / steps


def _textured(image: Picture, generator: Generator) -> Picture:
    """Amplify what is fine."""
    return image + generator.uniform(0.3, 4) * (image - gaussian_filter(image, generator.uniform(0.5, 2)))


def _framed(image: Picture, generator: Generator) -> Picture:
    """Put a part of it on a plain ground."""
    framed = np.full_like(image, generator.choice([0, 1, generator.random()]))
    top, left = generator.integers(0, len(image) // 2, 2)
    bottom, right = generator.integers(len(image) // 2, len(image), 2)
    framed[top:bottom, left:right] = image[top:bottom, left:right]
    return framed


def _grainy(image: Picture, generator: Generator) -> Picture:
    """Add grain of more than one pixel, as noise has that was enlarged or compressed."""
    grain = gaussian_filter(generator.standard_normal(image.shape, np.float32), generator.uniform(0.7, 1.5))
    return image + generator.uniform(0.005, 0.1) * grain


def _slope(side: int, generator: Generator) -> Picture:
    ends = generator.random((2, 2))
    return zoom(ends.astype(np.float32), side / 2, order=1, mode="nearest")


def _waves(side: int, generator: Generator) -> Picture:
    """Draw stripes, soft or hard, some so fine that only their beat is seen."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    across, down = generator.uniform(-np.pi, np.pi, 2) * generator.random()
    waves = np.sin(across * x + down * y + generator.uniform(0, 2 * np.pi))
    waves = np.sign(waves) if generator.random() < 1 / 2 else waves
    return _slope(side, generator) + generator.uniform(0.02, 0.5) * waves


def _fractal(side: int, generator: Generator) -> Picture:
    """Make a texture as of stone or grass: the finer, the weaker."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    spectrum = np.fft.rfft2(generator.standard_normal((side, side)))
    texture = np.fft.irfft2(
        spectrum / np.maximum(frequency, 1 / side) ** generator.uniform(0.9, 2), (side, side)
    )
    contrast = generator.uniform(0.03, 0.3) / texture.std()
    return (generator.uniform(0.2, 0.8) + contrast * (texture - texture.mean())).astype(np.float32)


def _text(side: int, generator: Generator) -> Picture:
    ground, ink = generator.choice(np.array([[255, 0], [0, 255], generator.integers(0, 256, 2)]))
    page = PIL.Image.new("L", (side, side), int(ground))
    size = int(generator.integers(7, 24))
    for top in range(int(generator.integers(-size, 3)), side, size + 2):
        words = "".join(generator.choice(_LETTERS, 2 * side // size + 2))
        PIL.ImageDraw.Draw(page).text((-2, top), words, fill=int(ink), font=_font(size))
    text = np.asarray(page, np.float32) / 255
    return np.rint(text) if generator.random() < 1 / 4 else text


@cache
def _font(size: int) -> PIL.ImageFont.FreeTypeFont | PIL.ImageFont.ImageFont:
    return PIL.ImageFont.load_default(size)


def _cartoon(side: int, generator: Generator) -> Picture:
    """Draw plain shapes and thin lines."""
    page = PIL.Image.fromarray(np.rint(255 * _slope(side, generator)).astype(np.uint8))
    pen = PIL.ImageDraw.Draw(page)
    for _ in range(generator.integers(2, 15)):
        box = [tuple(sorted(generator.integers(-5, side + 5, 2).tolist())) for _ in range(2)]
        corners = [(box[0][0], box[1][0]), (box[0][1], box[1][1])]
        grey = int(generator.choice([0, 255, int(generator.integers(256))]))
        draw = (pen.ellipse, pen.rectangle, pen.line)[generator.integers(3)]
        draw(corners, fill=grey)
    return np.asarray(page, np.float32) / 255


_STYLES = [
    _jpeg,
    _jpeg,
    _darkened,
    _over_exposed,
    _inverted,
    _blurred,
    _enlarged,
    _posterised,
    _textured,
    _framed,
    _grainy,
]
_DRAWINGS = [_slope, _waves, _fractal, _text, _text, _cartoon]
