"""Who is in the picture, with which expression, and how it is taken: drawn at random."""

from dataclasses import dataclass

import numpy as np

from facedenoise.faces.expressions import MOVEMENTS, Expression
from facedenoise.faces.measures import Measures, between


@dataclass(frozen=True, slots=True)
class Anatomy(Measures):
    """Sizes and places of a face at rest, in half picture widths; the eyes are above v = 0."""

    head_width: float = between(0.69, 0.8)
    chin: float = between(1.0, 1.1)
    jaw: float = between(0.2, 0.42)
    eye_distance: float = between(0.315, 0.36)
    eye_height: float = between(-0.16, -0.1)
    eye_width: float = between(0.17, 0.2)
    eye_slant: float = between(-0.02, 0.03)
    iris: float = between(0.082, 0.096)
    brow_height: float = between(0.19, 0.24)
    brow_thickness: float = between(0.028, 0.055)
    brow_arch: float = between(0.02, 0.05)
    nose_tip: float = between(0.23, 0.3)
    nose_width: float = between(0.13, 0.19)
    mouth_height: float = between(0.57, 0.63)
    lip_thickness: float = between(0.04, 0.075)
    cheekbone: float = between(0.4, 1.0)


@dataclass(frozen=True, slots=True)
class Skin(Measures):
    """Tones are shares of white. `age` deepens the folds, `grain` roughens the skin."""

    tone: float = between(0.36, 0.82)
    lips: float = between(0.62, 0.86)
    iris: float = between(0.1, 0.45)
    gloss: float = between(0.05, 0.25)
    grain: float = between(0.01, 0.035)
    blush: float = between(0.0, 0.08)
    age: float = between(0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Hair(Measures):
    """Hairline (height in the middle, fall towards the temples, parting) and what is behind it.

    `volume` is the thickness over the skull, `length` the height at which the hair ends beside the
    face, `veil` how far it covers the cheeks, `fringe` and `curl` the raggedness of its edges.
    """

    hairline: float
    fall: float
    parting: float
    volume: float
    length: float
    veil: float = 0.0
    fringe: float = 0.0
    curl: float = 0.0


@dataclass(frozen=True, slots=True)
class Beard(Measures):
    """Density of the hair on chin and lip, from 0 to 1, and how high it climbs the cheeks."""

    chin: float = between(0.25, 1.0)
    lip: float = between(0.2, 0.95)
    line: float = between(0.3, 0.6)


@dataclass(frozen=True, slots=True)
class Glasses(Measures):
    """Half sizes of a lens, its roundness, the width and tone of the rim."""

    width: float = between(0.23, 0.29)
    height: float = between(0.15, 0.22)
    roundness: float = between(0.06, 0.15)
    rim: float = between(0.015, 0.032)
    tone: float = between(0.04, 0.3)


@dataclass(frozen=True, slots=True)
class Pose(Measures):
    """Turns in radians (`roll` in the picture's plane, `yaw` about the neck), the rest in half widths."""

    roll: float = between(-0.16, 0.16)
    yaw: float = between(-0.26, 0.26)
    nod: float = between(-0.05, 0.05)
    shift_x: float = between(-0.06, 0.06)
    shift_y: float = between(-0.1, 0.02)
    scale: float = between(0.96, 1.12)


@dataclass(frozen=True, slots=True)
class Light(Measures):
    """Direction that the light comes from, right and down positive, and the share without a direction."""

    towards_x: float = between(-0.65, 0.65)
    towards_y: float = between(-0.7, -0.15)
    ambient: float = between(0.35, 0.65)


@dataclass(frozen=True, slots=True)
class Backdrop(Measures):
    """Tone behind the head, its slopes and its blurred structure; tone of the clothes."""

    tone: float = between(0.03, 1.0)
    slope_x: float = between(-0.15, 0.15)
    slope_y: float = between(-0.15, 0.15)
    structure: float = between(0.0, 0.2)
    clothes: float = between(0.05, 0.9)


@dataclass(frozen=True, slots=True)
class Exposure(Measures):
    """Contrast about mid grey, added brightness, darkening of the corners."""

    contrast: float = between(0.85, 1.3)
    brightness: float = between(-0.04, 0.15)
    vignette: float = between(0.0, 0.15)


@dataclass(frozen=True, slots=True)
class Portrait:
    """One picture of one person; brows and beard have the `hair_tone`, too."""

    expression: Expression
    skin: Skin
    anatomy: Anatomy
    hair: Hair
    hair_tone: float
    beard: Beard | None
    glasses: Glasses | None
    pose: Pose
    light: Light
    backdrop: Backdrop
    exposure: Exposure


_HAIR_STYLES = {
    "bald": {
        "hairline": (-1.6, -1.4), "fall": (0.0, 0.2), "parting": (-0.2, 0.2), "volume": (0.0, 0.02),
        "length": (-0.6, -0.3),
    },
    "cropped": {
        "hairline": (-0.95, -0.76), "fall": (0.3, 0.8), "parting": (-0.3, 0.3), "volume": (0.03, 0.1),
        "length": (-0.3, 0.1), "veil": (0.0, 0.02), "fringe": (0.0, 0.025), "curl": (0.0, 0.1),
    },
    "swept": {
        "hairline": (-0.92, -0.74), "fall": (0.3, 0.9), "parting": (-0.7, 0.7), "volume": (0.1, 0.2),
        "length": (0.0, 0.2), "veil": (0.0, 0.06), "fringe": (0.01, 0.04), "curl": (0.0, 0.2),
    },
    "fringe": {
        "hairline": (-0.7, -0.55), "fall": (0.0, 0.2), "parting": (-0.2, 0.2), "volume": (0.08, 0.16),
        "length": (0.1, 0.9), "veil": (0.04, 0.12), "fringe": (0.02, 0.06), "curl": (0.0, 0.1),
    },
    "long": {
        "hairline": (-0.95, -0.78), "fall": (0.9, 1.6), "parting": (-0.35, 0.35), "volume": (0.1, 0.22),
        "length": (1.2, 1.6), "veil": (0.08, 0.2), "fringe": (0.02, 0.06), "curl": (0.0, 0.5),
    },
    "curly": {
        "hairline": (-0.92, -0.74), "fall": (0.4, 0.8), "parting": (-0.2, 0.2), "volume": (0.15, 0.3),
        "length": (0.0, 0.9), "veil": (0.03, 0.12), "fringe": (0.06, 0.12), "curl": (0.8, 1.0),
    },
}  # fmt: skip
_STYLE_SHARES = (0.08, 0.26, 0.2, 0.13, 0.2, 0.13)


def draw_portrait(emotion: str, generator: np.random.Generator) -> Portrait:
    """Return a portrait; of faces with short or no hair, 2 in 5 have a beard; of all, 1 in 6 has glasses."""
    # Brows, eyes and mouth mostly agree on the strength of the emotion.
    expression = Expression.draw(generator, MOVEMENTS[emotion], tie=0.75)
    style = generator.choice(list(_HAIR_STYLES), p=_STYLE_SHARES)
    bearded = style in ("bald", "cropped", "swept") and generator.random() < 2 / 5
    return Portrait(
        expression=expression,
        skin=(skin := Skin.draw(generator)),
        anatomy=Anatomy.draw(generator),
        hair=Hair.draw(generator, _HAIR_STYLES[style]),
        hair_tone=_draw_hair_tone(skin.tone, generator),
        beard=Beard.draw(generator, tie=0.5) if bearded else None,
        glasses=Glasses.draw(generator) if generator.random() < 1 / 6 else None,
        pose=Pose.draw(generator),
        light=Light.draw(generator),
        backdrop=Backdrop.draw(generator),
        exposure=Exposure.draw(generator),
    )


def _draw_hair_tone(skin_tone: float, generator: np.random.Generator) -> float:
    """Return a mostly dark tone; fair and grey hair only on lighter skin."""
    lightest = 0.1 + 0.65 * max(skin_tone - 0.4, 0) / 0.42
    return 0.06 + lightest * generator.random() ** 2
