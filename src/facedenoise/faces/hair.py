"""Hair behind and in front of the head, and beards."""

import numpy as np

from facedenoise.faces.fields import Field, cover, line, over, step, streaks, texture
from facedenoise.faces.portrait import Beard, Hair, Portrait
from facedenoise.faces.surface import Surface


def hair_tones(surface: Surface, portrait: Portrait, generator: np.random.Generator) -> tuple[Field, Field]:
    """Return the tone of hair anywhere in the picture, and its strands in [-1, 1]; these fray its edges."""
    hair, tone = portrait.hair, portrait.hair_tone
    swirl = texture(generator, 8)
    fan = (surface.x - hair.parting) / (surface.y + 2.2)
    strands = streaks(generator, 30 * fan + (0.5 + 2 * hair.curl) * swirl)
    strands = strands + hair.curl * (texture(generator, 16) - 0.6 * strands)
    sheen = line(surface.y + 0.85 + 0.3 * surface.x * surface.x, 0.35) + 0.4 * line(surface.y - 0.3, 0.5)
    lit = 1 + 0.3 * portrait.light.towards_x * surface.x + 0.35 * strands
    return tone * lit + (0.04 + 0.25 * tone) * sheen * (0.7 + 0.5 * strands), strands


def back_hair(surface: Surface, portrait: Portrait, strands: Field) -> Field:
    """Return the coverage of the hair behind the head: around the skull, then straight down."""
    hair = portrait.hair
    fray = hair.curl * 0.06 * strands
    around = surface.rim + _volume(surface, hair)
    hanging = portrait.anatomy.head_width + 0.8 * hair.volume - np.abs(surface.x)
    hanging = np.minimum(np.minimum(hanging, hair.length - surface.y), surface.y)
    return cover(np.maximum(around, hanging) + fray - 0.01, 0.06)


def front_hair(surface: Surface, portrait: Portrait, strands: Field) -> Field:
    """Return the distance into the hair over forehead and temples, positive inside."""
    hair = portrait.hair
    aside = surface.u - 0.4 * hair.parting
    above = hair.hairline + hair.fall * aside * aside + hair.fringe * strands - surface.v
    beside = np.abs(surface.x) - portrait.anatomy.head_width + hair.veil + 0.05 * strands * hair.veil
    beside = np.minimum(beside + 0.15 * np.maximum(-surface.y - 0.2, 0), hair.length - surface.y)
    edge = surface.rim + _volume(surface, hair) + hair.curl * 0.06 * strands
    return np.minimum(np.maximum(above, beside), edge)


def _volume(surface: Surface, hair: Hair) -> Field:
    """Return the thickness of the hair over the skull, thinning out where it ends."""
    return hair.volume * step((hair.length - surface.y) / 0.6)


def paint_beard(
    skin: Field, surface: Surface, portrait: Portrait, beard: Beard, generator: np.random.Generator
) -> Field:
    """Darken chin, jaw and upper lip, hair by hair."""
    anatomy, mirror = portrait.anatomy, surface.mirror
    tangle = texture(generator, 12)
    hairs = streaks(generator, 22 * surface.u * (1.3 - 0.4 * surface.v) + tangle)
    top = anatomy.mouth_height + 0.12 - 1.1 * beard.line * mirror * mirror
    chin = beard.chin * step((surface.v - top) / 0.16 + 0.5)
    between = 0.5 * (anatomy.mouth_height + anatomy.nose_tip) + 0.05
    lip = beard.lip * line(surface.v - between - 0.25 * mirror, 0.13) * cover(0.34 - mirror, 0.2)
    return over(skin, portrait.hair_tone * (1 + 0.4 * hairs), (0.8 + 0.1 * hairs) * np.maximum(chin, lip))
