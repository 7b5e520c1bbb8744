"""Eyes and brows."""

import numpy as np

from facedenoise.faces.fields import Field, blob, cover, darken, disc, line, over, streaks
from facedenoise.faces.portrait import Portrait
from facedenoise.faces.surface import Surface


def paint_eyes(skin: Field, surface: Surface, portrait: Portrait, *, gaze: float) -> Field:
    """Paint both eyes on the skin; `gaze` moves the irises to the right."""
    anatomy, expression, light = portrait.anatomy, portrait.expression, portrait.light
    aside = surface.mirror - anatomy.eye_distance
    along = aside / anatomy.eye_width
    below = surface.v - anatomy.eye_height + anatomy.eye_slant * along
    arch = np.maximum(1 - along * along, 0)
    arch = 0.5 * (arch + np.sqrt(arch))
    under_lid, over_lid = below + expression.lid * arch, expression.lower_lid * arch - below
    within = cover(1.05 - np.abs(along), 0.25)

    aside, below = aside - gaze * surface.side, below - expression.gaze_down
    eyeball = _eyeball(aside, below, portrait) * (0.6 + 0.4 * cover(under_lid - 0.05, 0.1))
    glint_x, glint_y = aside * surface.side - 0.03 * light.towards_x, below - 0.05 * light.towards_y
    eyeball = over(eyeball, 1.0, 0.9 * blob(glint_x, glint_y, 0.04, 0.04))

    skin = darken(skin, 0.55, 0.6 * line(under_lid + 0.06, 0.045) * within)
    skin = darken(skin, 0.6, 0.5 * line(over_lid + 0.025, 0.05) * within)
    skin = over(skin, eyeball, cover(np.minimum(under_lid, over_lid) - 0.005) * within)
    return over(skin, 0.12 * portrait.skin.tone, 0.9 * line(under_lid, 0.042) * within)


def _eyeball(aside: Field, below: Field, portrait: Portrait) -> Field:
    """Return the tone of white, iris and pupil, around the origin."""
    tones, iris = portrait.skin, portrait.anatomy.iris
    white = np.full_like(aside, 0.55 + 0.4 * tones.tone)
    ring = over(white, tones.iris * tones.tone, disc(aside, below, iris))
    return over(ring, 0.02, disc(aside, below, 0.5 * iris))


def paint_brows(skin: Field, surface: Surface, portrait: Portrait, generator: np.random.Generator) -> Field:
    """Paint both brows, thinner towards the outer end; the fairest still stand out from the skin."""
    anatomy, expression = portrait.anatomy, portrait.expression
    half_length = 1.3 * anatomy.eye_width
    along = (surface.mirror - anatomy.eye_distance - 0.02 + 0.05 * expression.brow_frown) / half_length
    height = anatomy.eye_height - anatomy.brow_height - expression.brow_lift
    bent = height - expression.brow_slant * along - anatomy.brow_arch * (1 - along * along)
    thickness = anatomy.brow_thickness * (1.1 - 0.4 * along)
    inside = np.minimum(thickness - np.abs(surface.v - bent), (1 - np.abs(along)) * half_length)
    hairs = streaks(generator, 14 * along + 12 * (surface.v - bent))
    tone = min(0.9 * portrait.hair_tone, 0.55 * portrait.skin.tone)
    return over(skin, tone * (1 + 0.3 * hairs), (0.88 + 0.12 * hairs) * cover(inside, 0.05))
