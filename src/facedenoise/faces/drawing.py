"""Put a face together, from the wall behind it to the exposure."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from facedenoise.faces.eyes import paint_brows, paint_eyes
from facedenoise.faces.fields import ACROSS, DOWN, SIZE, Field, blob, clamp, cover, darken, over, texture
from facedenoise.faces.hair import back_hair, front_hair, hair_tones, paint_beard
from facedenoise.faces.mouth import mouth_relief, paint_mouth, shape_mouth
from facedenoise.faces.portrait import Backdrop, Exposure, Glasses, Portrait, draw_portrait
from facedenoise.faces.surface import Surface, locate, relief, shade
from facedenoise.images.fer2013 import EMOTIONS
from facedenoise.progress import progress_bar


def draw_faces(rows: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return faces whose emotions take turns.

    Row r depends on (`seed`, r) alone: more rows leave the first ones as they are.

    Returns
    -------
    images : array of uint8, shape (rows, 48, 48)
        Grey pictures of faces that fill the frame.
    emotion : array of int64, shape (rows,)
        FER2013 codes, each as frequent as the others.
    """
    images = np.empty((rows, SIZE // 2, SIZE // 2), dtype=np.uint8)
    emotion = np.empty(rows, dtype=np.int64)
    for row, (image, code) in enumerate(each_face(rows, seed)):
        images[row], emotion[row] = image, code
    return images, emotion


def each_face(rows: int, seed: int) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Yield the faces of `draw_faces` one by one, each with its code."""
    for row in progress_bar(range(rows), desc="drawing", unit=" faces"):
        code = row % len(EMOTIONS)
        generator = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, row, 0]))
        picture = _paint(draw_portrait(EMOTIONS[code], generator), generator)
        yield np.rint(255 * clamp(_halve(picture))).astype(np.uint8), code


def _halve(picture: Field) -> Field:
    """Average each 2 by 2 block; the sum is written out, so that its order is the same on every machine."""
    rows = picture[0::2] + picture[1::2]
    return (rows[:, 0::2] + rows[:, 1::2]) / 4


def _paint(portrait: Portrait, generator: np.random.Generator) -> Field:
    """Paint from back to front; values around [0, 1], shape (SIZE, SIZE)."""
    surface = locate(portrait)
    hair, strands = hair_tones(surface, portrait, generator)
    in_front = front_hair(surface, portrait, strands)

    canvas = _backdrop(portrait.backdrop, generator)
    canvas = over(canvas, 0.7 * hair, back_hair(surface, portrait, strands))
    canvas = _paint_neck_and_ears(canvas, surface, portrait)
    face = _face(surface, portrait, generator)
    face = darken(face, 0.7, 0.8 * cover(in_front + 0.04, 0.12))  # the shadow of the hair
    canvas = over(canvas, face, cover(surface.rim))
    canvas = over(canvas, hair, cover(in_front, 0.05))
    if portrait.glasses is not None:
        canvas = _paint_glasses(canvas, surface, portrait, portrait.glasses)
    return _expose(canvas, portrait.exposure)


def _backdrop(backdrop: Backdrop, generator: np.random.Generator) -> Field:
    """Return a blurred wall or scenery behind the head."""
    slope = backdrop.slope_x * ACROSS + backdrop.slope_y * DOWN
    return backdrop.tone + slope + backdrop.structure * texture(generator, 5)


def _paint_neck_and_ears(canvas: Field, surface: Surface, portrait: Portrait) -> Field:
    """Paint the neck in the shadow of the head, the clothes, and the ears half behind the outline."""
    head_width, tone, aside = portrait.anatomy.head_width, portrait.skin.tone, np.abs(surface.x)
    neck = np.minimum(0.62 * head_width - aside, surface.y - 0.4)
    canvas = over(canvas, 0.55 * tone, cover(neck))
    collar = surface.y - 1.2 + 0.5 * np.minimum(aside, 0.5)
    clothes = np.maximum(collar, surface.y - 1.25 + 0.45 * aside)
    canvas = over(canvas, portrait.backdrop.clothes, cover(clothes))
    beside, below = aside - head_width, surface.y - 0.02
    canvas = over(canvas, 0.75 * tone, cover(1 - (beside / 0.12) ** 2 - (below / 0.22) ** 2, 0.4))
    return over(canvas, 0.5 * tone, 0.7 * blob(beside - 0.02, below, 0.07, 0.15))


def _face(surface: Surface, portrait: Portrait, generator: np.random.Generator) -> Field:
    """Return skin and features, lit."""
    tones, mouth = portrait.skin, shape_mouth(surface, portrait)
    skin: Field = tones.tone * (1 + tones.grain * (texture(generator, 30) + texture(generator, 12)))
    skin = darken(skin, 0.6, tones.blush * blob(surface.mirror - 0.45, surface.v - 0.25, 0.3, 0.25))
    skin = _paint_nostrils(skin, surface, portrait)
    if portrait.beard is not None:
        skin = paint_beard(skin, surface, portrait, portrait.beard, generator)
    skin = paint_mouth(skin, mouth, portrait)
    skin = paint_eyes(skin, surface, portrait, gaze=float(generator.uniform(-0.04, 0.04)))
    skin = paint_brows(skin, surface, portrait, generator)

    height = relief(surface, portrait) + mouth_relief(mouth)
    diffuse, highlight = shade(height, portrait)
    return skin * diffuse + highlight


def _paint_nostrils(skin: Field, surface: Surface, portrait: Portrait) -> Field:
    """Paint the nostrils and the shadow under the nose."""
    width, below = portrait.anatomy.nose_width, surface.v - portrait.anatomy.nose_tip
    skin = darken(skin, 0.6, 0.7 * blob(surface.nose_u, below - 0.14, 1.3 * width, 0.08))
    return over(skin, 0.12, 0.85 * blob(np.abs(surface.nose_u) - 0.5 * width, below - 0.1, 0.075, 0.05))


def _paint_glasses(canvas: Field, surface: Surface, portrait: Portrait, glasses: Glasses) -> Field:
    """Paint two rounded rims, a bridge and side pieces; the lenses dim what is behind them."""
    aside = surface.mirror - portrait.anatomy.eye_distance - 0.01
    below = surface.v - portrait.anatomy.eye_height - 0.02
    out_x = np.maximum(np.abs(aside) - glasses.width + glasses.roundness, 0)
    out_y = np.maximum(np.abs(below) - glasses.height + glasses.roundness, 0)
    lens = glasses.roundness - np.sqrt(out_x * out_x + out_y * out_y)
    canvas = darken(canvas, 0.92, cover(lens))
    canvas = over(canvas, glasses.tone, cover(glasses.rim - np.abs(lens), 0.04))
    bar = glasses.rim - np.abs(below + 0.06)
    gap = np.minimum(bar, np.maximum(-aside - glasses.width, aside - glasses.width))
    return over(canvas, glasses.tone, cover(np.minimum(gap, surface.rim + 0.05), 0.04))


def _expose(canvas: Field, exposure: Exposure) -> Field:
    """Set contrast and brightness, and darken the corners."""
    canvas = 0.5 + exposure.contrast * (canvas - 0.5) + exposure.brightness
    canvas = canvas * (1 - 0.5 * exposure.vignette * (ACROSS * ACROSS + DOWN * DOWN))
    return canvas - 0.4 * np.maximum(canvas - 0.75, 0)  # highlights keep their detail
