"""The seven emotions as muscle movements, each a range from hardly visible to strong."""

from dataclasses import dataclass

import numpy as np

from facedenoise.data.faces.fields import drawn_between

EMOTIONS: tuple[str, ...] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""FER2013's emotions; the place is the code."""


@dataclass(frozen=True, slots=True)
class Expression:
    """Where the muscles have moved brows, lids and mouth; lengths in half picture widths.

    `brow_slant` lowers the inner ends, below 0 it raises them. `brow_frown` pulls the brows together
    and folds the skin between them, `forehead` folds it above. `lid` opens the upper lid, `lower_lid`
    the lower one. `cheek` deepens the folds beside the mouth, `wrinkle` those of the nose. `curve`
    raises the corners of the mouth; `lift` and `drop` open it upwards and downwards, from a pointed
    slit to a box with `square`; `sneer` lifts the lip beside the middle. `teeth` and `lower_teeth`
    are the bared shares of the opening, `pout` thickens and `press` thins the lips.
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
            brow_lift=-0.06, brow_slant=0.12, brow_frown=0.8, lid=0.065, lower_lid=0.05, cheek=0.4,
            width=0.25, curve=-0.05, pout=-0.4,
        ),
        Expression(
            brow_lift=-0.09, brow_slant=0.19, brow_frown=1.2, lid=0.09, lower_lid=0.055, cheek=1.0,
            wrinkle=0.3, width=0.34, curve=-0.06, lift=0.12, drop=0.3, square=1.0, teeth=0.36,
            lower_teeth=0.28, pout=-0.2,
        ),
    ),
    "disgust": (
        Expression(
            brow_lift=-0.05, brow_slant=0.03, brow_frown=0.5, lid=0.045, lower_lid=0.02, cheek=0.9,
            wrinkle=1.0, width=0.22, curve=-0.08, lift=0.05, drop=0.02, square=0.2, sneer=0.03,
            teeth=0.3, pout=0.2,
        ),
        Expression(
            brow_lift=-0.08, brow_slant=0.07, brow_frown=0.8, lid=0.05, lower_lid=0.02, cheek=1.4,
            wrinkle=1.6, width=0.27, curve=-0.11, lift=0.1, drop=0.16, square=0.4, sneer=0.06, teeth=0.35,
            tongue=1.0, pout=0.5,
        ),
    ),
    "fear": (
        Expression(
            brow_lift=0.06, brow_slant=-0.08, brow_frown=0.3, forehead=0.6, lid=0.125, lower_lid=0.08,
            cheek=0.3, width=0.29, curve=-0.04, lift=0.02, drop=0.05, square=0.7, lower_teeth=0.35, pout=-0.4,
        ),
        Expression(
            brow_lift=0.11, brow_slant=-0.13, brow_frown=0.5, forehead=1.2, lid=0.16, lower_lid=0.1,
            cheek=0.7, width=0.38, curve=-0.09, lift=0.04, drop=0.16, square=1.0, lower_teeth=0.4,
            teeth=0.25, pout=-0.3,
        ),
    ),
    "happy": (
        Expression(lid=0.075, lower_lid=0.03, cheek=0.6, width=0.33, curve=0.08, drop=0.02, teeth=0.8),
        Expression(
            brow_lift=0.03, lid=0.06, lower_lid=0.015, cheek=1.0, width=0.4, curve=0.13, lift=0.01,
            drop=0.17, square=0.1, teeth=0.6, tongue=0.3,
        ),
    ),
    "sad": (
        Expression(
            brow_lift=-0.01, brow_slant=-0.1, brow_frown=0.3, lid=0.055, lower_lid=0.05, gaze_down=0.02,
            cheek=0.3, width=0.23, curve=-0.06, pout=0.2,
        ),
        Expression(
            brow_lift=0.03, brow_slant=-0.17, brow_frown=0.7, forehead=0.5, lid=0.035, lower_lid=0.055,
            gaze_down=0.05, cheek=0.6, width=0.27, curve=-0.12, pout=0.7,
        ),
    ),
    "surprise": (
        Expression(
            brow_lift=0.11, forehead=0.4, lid=0.125, lower_lid=0.075, cheek=0.0, width=0.15, lift=0.06,
            drop=0.1, square=0.35, pout=0.1,
        ),
        Expression(
            brow_lift=0.17, brow_slant=-0.02, forehead=1.0, lid=0.16, lower_lid=0.095, cheek=0.1, width=0.21,
            lift=0.1, drop=0.24, square=0.45, teeth=0.2, tongue=0.4, pout=0.2,
        ),
    ),
    "neutral": (
        Expression(brow_lift=-0.015, lid=0.075, width=0.25, curve=-0.01),
        Expression(brow_lift=0.02, lid=0.095, width=0.29, curve=0.015, cheek=0.2),
    ),
}  # fmt: skip


def draw_expression(emotion: int, generator: np.random.Generator) -> Expression:
    """Draw how one person shows an emotion: its parts mostly grow together with its strength."""
    mild, strong = _RANGES[EMOTIONS[emotion]]
    return drawn_between(mild, strong, generator, tie=0.75)
