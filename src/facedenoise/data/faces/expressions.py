"""The seven emotions as muscle movements, each a range from hardly visible to strong."""

from dataclasses import dataclass

import numpy as np

from facedenoise.data.faces.fields import drawn_between
from facedenoise.data.fer2013 import EMOTIONS


@dataclass(frozen=True, slots=True)
class Expression:
    """Where the muscles have moved brows, lids and mouth; lengths in half picture widths.

    `brow_slant` lowers the inner ends, below 0 it raises them. `brow_frown` pulls the brows together
    and folds the skin between them, `forehead` folds it above. `lid` opens the upper lid, `lower_lid`
    the lower one. `cheek` deepens the folds beside the mouth, `wrinkle` those of the nose. `width` is
    half the mouth's, `curve` raises its corners; `lift` and `drop` open it upwards and downwards, as a
    slit with pointed ends or, with `square` 1, a box; `sneer` lifts the lip beside the middle. `teeth`
    and `lower_teeth` are the bared shares of the opening, `tongue` shows the tongue. `pout` thickens
    the lips, below 0 it presses them thin. The defaults are a face at rest.
    """

    brow_lift: float = 0.0
    brow_slant: float = 0.0
    brow_frown: float = 0.0
    forehead: float = 0.0
    lid: float = 0.085
    lower_lid: float = 0.055
    gaze_down: float = 0.0
    cheek: float = 0.1
    wrinkle: float = 0.0
    width: float = 0.27
    curve: float = 0.0
    lift: float = 0.004
    drop: float = 0.004
    square: float = 0.0
    sneer: float = 0.0
    teeth: float = 0.0
    lower_teeth: float = 0.0
    pout: float = 0.0
    tongue: float = 0.0


_RANGES: dict[str, tuple[Expression, Expression]] = {
    "angry": (
        Expression(
            brow_lift=-0.03, brow_slant=0.06, brow_frown=0.4, lid=0.075, lower_lid=0.053, cheek=0.25,
            width=0.26, curve=-0.025, pout=-0.2,
        ),
        Expression(
            brow_lift=-0.09, brow_slant=0.19, brow_frown=1.2, lid=0.09, cheek=1.0, wrinkle=0.3, width=0.34,
            curve=-0.06, lift=0.12, drop=0.3, square=1.0, teeth=0.36, lower_teeth=0.28, pout=-0.2,
        ),
    ),
    "disgust": (
        Expression(
            brow_lift=-0.025, brow_slant=0.015, brow_frown=0.25, lid=0.065, lower_lid=0.037, cheek=0.5,
            wrinkle=0.5, width=0.245, curve=-0.04, lift=0.027, drop=0.012, square=0.1, sneer=0.015,
            teeth=0.15, pout=0.1,
        ),
        Expression(
            brow_lift=-0.08, brow_slant=0.07, brow_frown=0.8, lid=0.05, lower_lid=0.02, cheek=1.4,
            wrinkle=1.6, curve=-0.11, lift=0.1, drop=0.16, square=0.4, sneer=0.06, teeth=0.35, pout=0.5,
            tongue=1.0,
        ),
    ),
    "fear": (
        Expression(
            brow_lift=0.03, brow_slant=-0.04, brow_frown=0.15, forehead=0.3, lid=0.105, lower_lid=0.068,
            cheek=0.2, width=0.28, curve=-0.02, lift=0.012, drop=0.027, square=0.35, lower_teeth=0.175,
            pout=-0.2,
        ),
        Expression(
            brow_lift=0.11, brow_slant=-0.13, brow_frown=0.5, forehead=1.2, lid=0.16, lower_lid=0.1,
            cheek=0.7, width=0.38, curve=-0.09, lift=0.04, drop=0.16, square=1.0, teeth=0.25,
            lower_teeth=0.4, pout=-0.3,
        ),
    ),
    "happy": (
        Expression(
            lid=0.08, lower_lid=0.042, cheek=0.35, width=0.3, curve=0.04, drop=0.012, teeth=0.4,
        ),
        Expression(
            brow_lift=0.03, lid=0.06, lower_lid=0.015, cheek=1.0, width=0.4, curve=0.13, lift=0.01,
            drop=0.17, square=0.1, teeth=0.6, tongue=0.3,
        ),
    ),
    "sad": (
        Expression(
            brow_lift=-0.005, brow_slant=-0.05, brow_frown=0.15, lid=0.07, lower_lid=0.053, gaze_down=0.01,
            cheek=0.2, width=0.25, curve=-0.03, pout=0.1,
        ),
        Expression(
            brow_lift=0.03, brow_slant=-0.17, brow_frown=0.7, forehead=0.5, lid=0.035, gaze_down=0.05,
            cheek=0.6, curve=-0.12, pout=0.7,
        ),
    ),
    "surprise": (
        Expression(
            brow_lift=0.055, forehead=0.2, lid=0.105, lower_lid=0.065, cheek=0.05, width=0.21, lift=0.032,
            drop=0.052, square=0.175, pout=0.05,
        ),
        Expression(
            brow_lift=0.17, brow_slant=-0.02, forehead=1.0, lid=0.16, lower_lid=0.095, width=0.21, lift=0.1,
            drop=0.24, square=0.45, teeth=0.2, pout=0.2, tongue=0.4,
        ),
    ),
    "neutral": (
        Expression(
            brow_lift=-0.015, lid=0.075, width=0.25, curve=-0.01,
        ),
        Expression(
            brow_lift=0.02, lid=0.095, cheek=0.2, width=0.29, curve=0.015,
        ),
    ),
}  # fmt: skip


_TIE = 0.75  # how far brows, eyes and mouth agree on the strength


def draw_expression(emotion: int, generator: np.random.Generator) -> Expression:
    """Draw how one person shows an emotion: its parts mostly grow together with its strength."""
    mild, strong = _RANGES[EMOTIONS[emotion]]
    return drawn_between(mild, strong, generator, tie=_TIE)
