"""Put a face together, from the wall behind it to the exposure."""

import numpy as np
from numpy.typing import NDArray

from facedenoise.data.faces.expressions import Expression, draw_expression
from facedenoise.data.faces.eyes import paint_brows, paint_eyes
from facedenoise.data.faces.fields import Field, blob, clamp, cover, over, texture
from facedenoise.data.faces.hair import back_hair, front_hair, hair_tones, paint_beard
from facedenoise.data.faces.mouth import mouth_relief, paint_mouth, shape_mouth
from facedenoise.data.faces.scene import Backdrop, Exposure, Scene, draw_scene
from facedenoise.data.faces.subject import Anatomy, Glasses, Skin, Subject, draw_subject
from facedenoise.data.faces.surface import Surface, locate, picture_grid, relief, shade
from facedenoise.data.fer2013 import EMOTIONS

_OVERSAMPLING = 2


def draw_face(emotion: int, generator: np.random.Generator, size: int = 48) -> NDArray[np.uint8]:
    """Draw a random person with the given emotion.

    Parameters
    ----------
    emotion : int
        FER2013 code, a place in `EMOTIONS`.
    generator : np.random.Generator
        Source of randomness: the same state gives the same face.
    size : int
        Height and width in pixels.

    Returns
    -------
    array of uint8, shape (size, size)
        Grey picture of a face that fills the frame.

    Raises
    ------
    ValueError
        If `emotion` is no code of an emotion.
    """
    if not 0 <= emotion < len(EMOTIONS):
        raise ValueError(f"expected an emotion from 0 to {len(EMOTIONS) - 1}, got {emotion}")
    expression = draw_expression(emotion, generator)
    subject = draw_subject(generator)
    scene = draw_scene(generator)
    picture = _compose(subject, expression, scene, generator, size * _OVERSAMPLING)
    return np.rint(255 * clamp(_halve(picture))).astype(np.uint8)


def draw_faces(rows: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw a table of faces whose emotions take turns.

    Parameters
    ----------
    rows : int
        How many faces.
    seed : int
        Not negative. Row r depends on (seed, r) alone: more rows leave the first ones as they are.

    Returns
    -------
    images : array of uint8, shape (rows, 48, 48)
    emotion : array of int64, shape (rows,)
        FER2013 codes, each as frequent as the others.
    """
    emotion = np.arange(rows, dtype=np.int64) % len(EMOTIONS)
    images = np.empty((rows, 48, 48), dtype=np.uint8)
    for row in range(rows):
        generator = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, row, 0]))
        images[row] = draw_face(int(emotion[row]), generator)
    return images, emotion


def _compose(
    subject: Subject, expression: Expression, scene: Scene, generator: np.random.Generator, size: int
) -> Field:
    """Paint from back to front; values around [0, 1], shape (size, size)."""
    surface = locate(scene.pose, subject.anatomy, expression, size)
    hair, strands = hair_tones(surface, subject.hair, subject.hair_tone, scene.light, generator)
    in_front = front_hair(surface, subject.hair, subject.anatomy, strands)

    canvas = _backdrop(scene.backdrop, generator, size)
    canvas = over(canvas, 0.7 * hair, back_hair(surface, subject.hair, subject.anatomy, strands))
    canvas = _paint_neck_and_ears(canvas, surface, subject.anatomy, subject.skin, scene.backdrop)
    face = _face(surface, subject, expression, scene, generator)
    face = over(face, 0.7 * face, 0.8 * cover(in_front + 0.04, 0.12))
    canvas = over(canvas, face, cover(surface.rim))
    canvas = over(canvas, hair, cover(in_front, 0.05))
    if subject.glasses is not None:
        canvas = _paint_glasses(canvas, surface, subject.anatomy, subject.glasses)
    return _expose(canvas, scene.exposure)


def _backdrop(backdrop: Backdrop, generator: np.random.Generator, size: int) -> Field:
    """Blurred wall or scenery behind the head."""
    x, y = picture_grid(size)
    slope = backdrop.slope_x * x + backdrop.slope_y * y
    wall: Field = backdrop.tone + slope + backdrop.structure * texture(generator, 5, size)
    return wall


def _paint_neck_and_ears(
    canvas: Field, surface: Surface, anatomy: Anatomy, skin: Skin, backdrop: Backdrop
) -> Field:
    """Paint what the head stands on, in its shadow, and ears half behind its outline."""
    aside = np.abs(surface.x)
    neck = np.minimum(0.62 * anatomy.head_width - aside, surface.y - 0.4)
    canvas = over(canvas, 0.55 * skin.tone, cover(neck))
    collar = surface.y - 1.2 + 0.5 * np.minimum(aside, 0.5)
    canvas = over(canvas, backdrop.clothes, cover(np.maximum(collar, surface.y - 1.25 + 0.45 * aside)))
    beside, below = aside - anatomy.head_width, surface.y - 0.02
    canvas = over(canvas, 0.75 * skin.tone, cover(1 - (beside / 0.12) ** 2 - (below / 0.22) ** 2, 0.4))
    return over(canvas, 0.5 * skin.tone, 0.7 * blob(beside - 0.02, below, 0.07, 0.15))


def _face(
    surface: Surface, subject: Subject, expression: Expression, scene: Scene, generator: np.random.Generator
) -> Field:
    """Skin and features, lit."""
    anatomy, tones = subject.anatomy, subject.skin
    size = len(surface.x)
    mouth = shape_mouth(surface, anatomy, expression)
    grain = texture(generator, 30, size) + texture(generator, 12, size)
    skin: Field = tones.tone * (1 + tones.grain * grain)
    skin = over(skin, 0.6 * skin, tones.blush * blob(surface.mirror - 0.45, surface.v - 0.25, 0.3, 0.25))
    skin = _paint_nostrils(skin, surface, anatomy)
    if subject.beard is not None:
        skin = paint_beard(skin, surface, subject, subject.beard, generator)
    skin = paint_mouth(skin, mouth, expression, tones)
    gaze = float(generator.uniform(-0.04, 0.04))
    skin = paint_eyes(skin, surface, subject, expression, light=scene.light, gaze=gaze)
    skin = paint_brows(skin, surface, subject, expression, generator)

    height = relief(surface, anatomy, expression, tones.age) + mouth_relief(mouth)
    diffuse, highlight = shade(height, scene.light, tones.gloss, 2 / (size * scene.pose.scale))
    return skin * diffuse + highlight


def _paint_nostrils(skin: Field, surface: Surface, anatomy: Anatomy) -> Field:
    """Paint the nostrils and the shadow under the nose."""
    below = surface.v - anatomy.nose_tip
    skin = over(skin, 0.6 * skin, 0.7 * blob(surface.nose_u, below - 0.14, 1.3 * anatomy.nose_width, 0.08))
    return over(
        skin, 0.12, 0.85 * blob(np.abs(surface.nose_u) - 0.5 * anatomy.nose_width, below - 0.1, 0.075, 0.05)
    )


def _paint_glasses(canvas: Field, surface: Surface, anatomy: Anatomy, glasses: Glasses) -> Field:
    """Paint two rounded rims, a bridge and side pieces; the lenses dim what is behind them."""
    aside, below = surface.mirror - anatomy.eye_distance - 0.01, surface.v - anatomy.eye_height - 0.02
    out_x = np.maximum(np.abs(aside) - glasses.width + glasses.roundness, 0)
    out_y = np.maximum(np.abs(below) - glasses.height + glasses.roundness, 0)
    lens = glasses.roundness - np.sqrt(out_x * out_x + out_y * out_y)
    canvas = over(canvas, 0.92 * canvas, cover(lens))
    canvas = over(canvas, glasses.tone, cover(glasses.rim - np.abs(lens), 0.04))
    bar = glasses.rim - np.abs(below + 0.06)
    gap = np.minimum(bar, np.maximum(-aside - glasses.width, aside - glasses.width))
    return over(canvas, glasses.tone, cover(np.minimum(gap, surface.rim + 0.05), 0.04))


def _expose(canvas: Field, exposure: Exposure) -> Field:
    """Set contrast and brightness, and darken the corners."""
    x, y = picture_grid(len(canvas))
    canvas = 0.5 + exposure.contrast * (canvas - 0.5) + exposure.brightness
    canvas = canvas * (1 - 0.5 * exposure.vignette * (x * x + y * y))
    return canvas - 0.4 * np.maximum(canvas - 0.75, 0)  # highlights keep their detail


def _halve(picture: Field) -> Field:
    """Average each 2 by 2 block; written out, since a sum's order would differ between machines."""
    rows = picture[0::2] + picture[1::2]
    return (rows[:, 0::2] + rows[:, 1::2]) / 4
