"""Where each pixel is on the head, and how the relief of the head reflects the light."""

import math
from dataclasses import dataclass

import numpy as np

from facedenoise.faces.expressions import Expression
from facedenoise.faces.fields import ACROSS, DOWN, SIZE, Field, blob, clamp, line, step
from facedenoise.faces.portrait import Anatomy, Portrait

_WIDEST = -0.05  # height at which the head is widest
_CROWN = 1.35  # from there up to the top of the skull


@dataclass(frozen=True, slots=True)
class Surface:
    """Coordinates of each pixel, all of shape (SIZE, SIZE), right and down positive.

    `x` and `y` are in the plane of the head's outline. `u` and `v` are on the skin and turn with the head;
    the middle of the face is at u = 0. `nose_u` is `u` on the nose, which is nearer to the camera and
    therefore turns further. `mirror` is |u| and `side` the sign of u. `rim` is the distance to the outline,
    positive inside, and `radius` grows from 0 in the middle to 1 at the outline.
    """

    x: Field
    y: Field
    u: Field
    v: Field
    nose_u: Field
    mirror: Field
    side: Field
    rim: Field
    radius: Field


def locate(portrait: Portrait) -> Surface:
    """Return the head's coordinates over the picture."""
    pose, head_width = portrait.pose, portrait.anatomy.head_width
    across, down = ACROSS - pose.shift_x, DOWN - pose.shift_y
    cosine, sine = math.cos(pose.roll) / pose.scale, math.sin(pose.roll) / pose.scale
    x, y = cosine * across + sine * down, cosine * down - sine * across

    radius = _radius(x, y, portrait)
    depth = np.sqrt(np.maximum(head_width**2 - x * x, 0))
    u = math.cos(pose.yaw) * x - math.sin(pose.yaw) * depth
    v = y - pose.nod
    rim = (1 - radius) * (0.9 * head_width)
    side = np.where(u < 0, np.float32(-1), np.float32(1))
    return Surface(x, y, u, v, u - 0.3 * math.sin(pose.yaw), np.abs(u), side, rim, radius)


def _radius(x: Field, y: Field, portrait: Portrait) -> Field:
    """Return the egg-shaped distance from the middle of the head; an open mouth lowers the chin."""
    anatomy, expression = portrait.anatomy, portrait.expression
    chin = anatomy.chin + 0.4 * expression.drop - _WIDEST
    below = np.maximum(y - _WIDEST, 0) / chin
    above = np.maximum(_WIDEST - y, 0) / _CROWN
    below = below * below
    width = anatomy.head_width * (1 - anatomy.jaw * below)
    return np.sqrt((x / width) ** 2 + below * (0.75 + 0.25 * below) + above * above)


def relief(surface: Surface, portrait: Portrait) -> Field:
    """Return the height of the skin towards the camera, without the mouth."""
    anatomy, expression = portrait.anatomy, portrait.expression
    skull = 0.62 * np.sqrt(np.maximum(1 - 0.92 * surface.radius * surface.radius, 0.05))
    return (
        skull
        + _brow_and_sockets(surface, anatomy)
        + _nose(surface, anatomy)
        + _cheeks_and_chin(surface, anatomy, expression)
        - portrait.skin.age * _folds(surface, anatomy, expression)
    )


def _brow_and_sockets(surface: Surface, anatomy: Anatomy) -> Field:
    aside, below = surface.mirror - anatomy.eye_distance, surface.v - anatomy.eye_height
    ridge = blob(aside + 0.04, below + 0.17, 0.4, 0.14)
    socket = blob(aside + 0.04, below + 0.02, 0.3, 0.19)
    eyeball = blob(aside, below, 0.2, 0.13)
    return 0.05 * ridge - 0.07 * socket + 0.04 * eyeball


def _nose(surface: Surface, anatomy: Anatomy) -> Field:
    u, v, width = surface.nose_u, surface.v, anatomy.nose_width
    growth = step((v - anatomy.eye_height + 0.06) / (anatomy.nose_tip - anatomy.eye_height + 0.06))
    end = step((anatomy.nose_tip + 0.13 - v) / 0.12)
    root = step((v - anatomy.eye_height + 0.13) / 0.2)
    bridge = line(u, 0.75 * width + 0.04) * (0.035 * root + 0.065 * growth) * end
    tip = blob(u, v - anatomy.nose_tip, 0.8 * width, 0.13)
    wings = blob(np.abs(u) - 0.75 * width, v - anatomy.nose_tip - 0.03, 0.45 * width, 0.09)
    return bridge + 0.08 * tip + 0.05 * wings


def _cheeks_and_chin(surface: Surface, anatomy: Anatomy, expression: Expression) -> Field:
    raised = 0.06 * expression.cheek
    bone = blob(surface.mirror - 0.46, surface.v - 0.16 + raised, 0.32, 0.28)
    muzzle = blob(surface.u, surface.v - anatomy.mouth_height, 0.42, 0.3)
    chin = blob(surface.u, surface.v - anatomy.chin - 0.3 * expression.drop + 0.16, 0.26, 0.17)
    bone = (0.05 * anatomy.cheekbone + 0.04 * expression.cheek) * bone
    return bone + 0.05 * muzzle + 0.06 * chin


def _folds(surface: Surface, anatomy: Anatomy, expression: Expression) -> Field:
    """Return the depth of the creases on the brow, on the nose and beside the mouth."""
    below_brow = surface.v - anatomy.eye_height + anatomy.brow_height + expression.brow_lift
    below_eyes = surface.v - anatomy.eye_height
    frown = line(surface.mirror - 0.055, 0.045) * blob(surface.u, below_brow - 0.06, 0.2, 0.17)
    forehead = _waves(below_brow, 0.1) * blob(surface.u, below_brow + 0.2, 0.55, 0.19)
    wrinkle = _waves(below_eyes, 0.08) * blob(surface.nose_u, below_eyes - 0.06, 0.2, 0.16)
    return (
        0.03 * expression.brow_frown * frown
        + 0.012 * expression.forehead * forehead
        + 0.014 * expression.wrinkle * wrinkle
        + 0.03 * expression.cheek * _smile_fold(surface, anatomy)
    )


def _waves(distance: Field, period: float) -> Field:
    """Return parallel creases, 1 in the middle of each."""
    place = distance * (1 / period)
    return np.abs(place - np.floor(place) - 0.5) * 2


def _smile_fold(surface: Surface, anatomy: Anatomy) -> Field:
    """Return the crease from the wing of the nose around the corner of the mouth."""
    start, end = anatomy.nose_tip - 0.02, anatomy.mouth_height + 0.08
    along = (surface.v - start) / (end - start)
    inside = clamp(along)
    aside = anatomy.nose_width + 0.05 + 0.24 * inside * (1.5 - 0.7 * inside)
    return line(surface.mirror - aside, 0.07) * line(along - 0.5, 0.75)


def shade(height: Field, portrait: Portrait) -> tuple[Field, Field]:
    """Return the light that a relief gives back.

    Returns
    -------
    diffuse, highlight : arrays
        A factor for the tone of the skin, 1 where the skin faces the camera; and light to add to the tone.
    """
    light, spacing = portrait.light, 2 / (SIZE * portrait.pose.scale)
    level_at_edges = np.pad(height, 1, mode="reflect")
    slope_y, slope_x = np.array(np.gradient(level_at_edges, spacing))[:, 1:-1, 1:-1]
    length = np.sqrt(1 + slope_x * slope_x + slope_y * slope_y)

    facing = np.maximum(1 - light.towards_x * slope_x - light.towards_y * slope_y, 0) / length
    mirrored = np.maximum(1 - 0.5 * (light.towards_x * slope_x + light.towards_y * slope_y), 0) / length
    strength = math.sqrt(1 + 0.25 * (light.towards_x**2 + light.towards_y**2))
    peak = np.minimum(mirrored / strength, 1) ** 2
    peak = (peak * peak * peak) ** 2
    return light.ambient + (1 - light.ambient) * facing, portrait.skin.gloss * peak * peak
