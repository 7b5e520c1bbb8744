"""Who is in the picture: bones, skin, hair and glasses, drawn at random."""

from dataclasses import dataclass

import numpy as np

from facedenoise.data.faces.fields import drawn_between


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Sizes and places of a face at rest, in half picture widths; the eyes are above v = 0."""

    head_width: float
    chin: float
    jaw: float
    eye_distance: float
    eye_height: float
    eye_width: float
    eye_slant: float
    iris: float
    brow_height: float
    brow_thickness: float
    brow_arch: float
    nose_tip: float
    nose_width: float
    mouth_height: float
    lip_thickness: float
    cheekbone: float


@dataclass(frozen=True, slots=True)
class Skin:
    """Tones are shares of white. `age` deepens the folds, `grain` roughens the skin."""

    tone: float
    lips: float
    iris: float
    gloss: float
    grain: float
    blush: float
    age: float


@dataclass(frozen=True, slots=True)
class Hair:
    """Hairline (height in the middle, fall towards the temples, parting) and what is behind it.

    `volume` is the thickness over the skull, `length` the height at which the hair ends beside the
    face, `veil` how far it covers the cheeks, `fringe` and `curl` the raggedness of its edges.
    """

    hairline: float
    fall: float
    parting: float
    volume: float
    length: float
    veil: float
    fringe: float
    curl: float


@dataclass(frozen=True, slots=True)
class Beard:
    """Density of the hair on chin and lip, from 0 to 1, and how high it climbs the cheeks."""

    chin: float
    lip: float
    line: float


@dataclass(frozen=True, slots=True)
class Glasses:
    """Half sizes of a lens, its roundness, the width and tone of the rim."""

    width: float
    height: float
    roundness: float
    rim: float
    tone: float


@dataclass(frozen=True, slots=True)
class Subject:
    """One person; `hair_tone` is that of brows and beard as well."""

    anatomy: Anatomy
    skin: Skin
    hair: Hair
    hair_tone: float
    beard: Beard | None
    glasses: Glasses | None


_ANATOMY = (
    Anatomy(
        head_width=0.69, chin=1.0, jaw=0.2, eye_distance=0.315, eye_height=-0.16, eye_width=0.17,
        eye_slant=-0.02, iris=0.082, brow_height=0.19, brow_thickness=0.028, brow_arch=0.02, nose_tip=0.23,
        nose_width=0.13, mouth_height=0.57, lip_thickness=0.04, cheekbone=0.4,
    ),
    Anatomy(
        head_width=0.8, chin=1.1, jaw=0.42, eye_distance=0.36, eye_height=-0.1, eye_width=0.2,
        eye_slant=0.03, iris=0.096, brow_height=0.24, brow_thickness=0.055, brow_arch=0.05, nose_tip=0.3,
        nose_width=0.19, mouth_height=0.63, lip_thickness=0.075, cheekbone=1.0,
    ),
)  # fmt: skip

_SKIN = (
    Skin(tone=0.36, lips=0.62, iris=0.1, gloss=0.05, grain=0.01, blush=0.0, age=0.5),
    Skin(tone=0.82, lips=0.86, iris=0.45, gloss=0.25, grain=0.035, blush=0.08, age=1.0),
)

_BALD = (
    Hair(hairline=-1.6, fall=0.0, parting=-0.2, volume=0.0, length=-0.6, veil=0.0, fringe=0.0, curl=0.0),
    Hair(hairline=-1.4, fall=0.2, parting=0.2, volume=0.02, length=-0.3, veil=0.0, fringe=0.0, curl=0.0),
)
_CROPPED = (
    Hair(hairline=-0.95, fall=0.3, parting=-0.3, volume=0.03, length=-0.3, veil=0.0, fringe=0.0, curl=0.0),
    Hair(hairline=-0.76, fall=0.8, parting=0.3, volume=0.1, length=0.1, veil=0.02, fringe=0.025, curl=0.1),
)
_SWEPT = (
    Hair(hairline=-0.92, fall=0.3, parting=-0.7, volume=0.1, length=0.0, veil=0.0, fringe=0.01, curl=0.0),
    Hair(hairline=-0.74, fall=0.9, parting=0.7, volume=0.2, length=0.2, veil=0.06, fringe=0.04, curl=0.2),
)
_FRINGE = (
    Hair(hairline=-0.7, fall=0.0, parting=-0.2, volume=0.08, length=0.1, veil=0.04, fringe=0.02, curl=0.0),
    Hair(hairline=-0.55, fall=0.2, parting=0.2, volume=0.16, length=0.9, veil=0.12, fringe=0.06, curl=0.1),
)
_LONG = (
    Hair(hairline=-0.95, fall=0.9, parting=-0.35, volume=0.1, length=1.2, veil=0.08, fringe=0.02, curl=0.0),
    Hair(hairline=-0.78, fall=1.6, parting=0.35, volume=0.22, length=1.6, veil=0.2, fringe=0.06, curl=0.5),
)
_CURLY = (
    Hair(hairline=-0.92, fall=0.4, parting=-0.2, volume=0.15, length=0.0, veil=0.03, fringe=0.06, curl=0.8),
    Hair(hairline=-0.74, fall=0.8, parting=0.2, volume=0.3, length=0.9, veil=0.12, fringe=0.12, curl=1.0),
)
_HAIR_STYLES = (_BALD, _CROPPED, _SWEPT, _FRINGE, _LONG, _CURLY)
_STYLE_SHARES = (0.08, 0.26, 0.2, 0.13, 0.2, 0.13)
_BEARDED_STYLES = (_BALD, _CROPPED, _SWEPT)
_BEARD_SHARE = 2 / 5
_GLASSES_SHARE = 1 / 6

_BEARD = (Beard(chin=0.25, lip=0.2, line=0.3), Beard(chin=1.0, lip=0.95, line=0.6))
_GLASSES = (
    Glasses(width=0.23, height=0.15, roundness=0.06, rim=0.015, tone=0.04),
    Glasses(width=0.29, height=0.22, roundness=0.15, rim=0.032, tone=0.3),
)


def draw_subject(generator: np.random.Generator) -> Subject:
    """Draw a person: two in five of those with short or no hair have a beard, one in six glasses."""
    style = _HAIR_STYLES[int(generator.choice(len(_HAIR_STYLES), p=_STYLE_SHARES))]
    bearded = style in _BEARDED_STYLES and generator.random() < _BEARD_SHARE
    skin = drawn_between(*_SKIN, generator)
    return Subject(
        anatomy=drawn_between(*_ANATOMY, generator),
        skin=skin,
        hair=drawn_between(*style, generator),
        hair_tone=_draw_hair_tone(skin.tone, generator),
        beard=drawn_between(*_BEARD, generator, tie=0.5) if bearded else None,
        glasses=drawn_between(*_GLASSES, generator) if generator.random() < _GLASSES_SHARE else None,
    )


def _draw_hair_tone(skin_tone: float, generator: np.random.Generator) -> float:
    """Mostly dark; fair and grey hair only on lighter skin."""
    lightest = 0.1 + 0.65 * max(skin_tone - 0.4, 0) / 0.42
    return 0.06 + lightest * generator.random() ** 2
