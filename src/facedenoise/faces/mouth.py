"""The mouth: its contours, what they do to the relief, and its colours."""

from dataclasses import dataclass

import numpy as np

from facedenoise.faces.fields import Field, blob, cover, darken, line, over
from facedenoise.faces.portrait import Portrait
from facedenoise.faces.surface import Surface


@dataclass(frozen=True, slots=True)
class Mouth:
    """Contours of a mouth over the picture.

    `along` runs from -1 to 1 between the corners; `below_upper` and `above_lower` are the distances
    from the lips' inner edges into the opening; `upper_lip` and `lower_lip` are the lips' thicknesses.
    """

    along: Field
    below_upper: Field
    above_lower: Field
    upper_lip: Field
    lower_lip: Field


def shape_mouth(surface: Surface, portrait: Portrait) -> Mouth:
    """Return the mouth that the expression bends and opens."""
    anatomy, expression = portrait.anatomy, portrait.expression
    along = surface.u / expression.width
    squared = np.minimum(along * along, 1.5)
    arch = np.maximum(1 - squared, 0)
    box = np.maximum(1 - squared * squared * squared, 0)
    opening = arch + expression.square * (box - arch)
    middle = anatomy.mouth_height + 0.35 * expression.drop + expression.curve * (0.45 - squared)
    raised = expression.lift * opening + expression.sneer * blob(along - 0.35, 0 * along, 0.8, 1)
    full = 1 + 0.6 * expression.pout
    bow = arch * (1 - 0.35 * line(along, 0.25))
    return Mouth(
        along=along,
        below_upper=surface.v - middle + raised,
        above_lower=middle + expression.drop * opening - surface.v,
        upper_lip=anatomy.lip_thickness * full * (0.15 + 0.85 * bow),
        lower_lip=1.35 * anatomy.lip_thickness * full * (0.1 + 0.9 * arch),
    )


def mouth_relief(mouth: Mouth) -> Field:
    """Return the height that the lips and the hollow below them add to the skin."""
    within = np.maximum(1 - mouth.along * mouth.along, 0)
    upper = line(mouth.below_upper + 0.5 * mouth.upper_lip, 0.08)
    lower = line(mouth.above_lower + 0.5 * mouth.lower_lip, 0.1)
    hollow = line(mouth.above_lower + mouth.lower_lip + 0.06, 0.09)
    return within * (0.025 * upper + 0.045 * lower - 0.03 * hollow)


def paint_mouth(skin: Field, mouth: Mouth, portrait: Portrait) -> Field:
    """Paint lips, then the dark of the mouth with tongue and teeth in it."""
    ends = (1 - np.abs(mouth.along)) * portrait.expression.width
    lips = np.minimum(mouth.below_upper + mouth.upper_lip, mouth.above_lower + mouth.lower_lip)
    skin = darken(skin, portrait.skin.lips, cover(np.minimum(lips, ends + 0.03), 0.06))
    corners = blob(np.abs(mouth.along) - 1.02, mouth.below_upper, 0.25, 0.06)
    skin = darken(skin, 0.5, 0.6 * corners)
    opening = np.minimum(np.minimum(mouth.below_upper, mouth.above_lower) + 0.012, ends + 0.01)
    return over(skin, _inside(mouth, portrait), cover(opening))


def _inside(mouth: Mouth, portrait: Portrait) -> Field:
    """Return the tone of the opening: dark, tongue below, teeth with faint gaps in front."""
    expression, tone = portrait.expression, portrait.skin.tone
    depth = mouth.below_upper + mouth.above_lower
    inside: Field = np.full_like(depth, 0.06)
    tongue = blob(mouth.along, mouth.above_lower / np.maximum(depth, 0.05) - 0.1, 0.75, 0.6)
    inside = over(inside, 0.55 * tone + 0.1, expression.tongue * tongue)
    place = 4.5 * mouth.along * (expression.width / 0.3)
    gaps = 1 - 0.22 * line(place - np.floor(place) - 0.5, 0.3)
    rounded = 1 - 0.35 * mouth.along * mouth.along
    teeth = (0.75 + 0.4 * tone) * gaps * rounded
    shown = cover(expression.teeth * depth - mouth.below_upper) * (expression.teeth > 0)
    inside = over(inside, teeth, shown * cover(0.92 - np.abs(mouth.along), 0.1))
    shown = cover(expression.lower_teeth * depth - mouth.above_lower) * (expression.lower_teeth > 0)
    return over(inside, 0.9 * teeth, shown * cover(0.85 - np.abs(mouth.along), 0.1))
