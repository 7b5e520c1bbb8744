"""The seven emotions as muscle movements, each a range from hardly visible to strong."""

from dataclasses import dataclass

from facedenoise.faces.measures import Measures


@dataclass(frozen=True, slots=True)
class Expression(Measures):
    """Where the muscles have moved brows, lids and mouth; lengths in half picture widths.

    `brow_slant` lowers the inner ends, below 0 it raises them. `brow_frown` pulls the brows together
    and folds the skin between them, `forehead` folds it above. `lid` opens the upper lid, `lower_lid`
    the lower one. `cheek` deepens the folds beside the mouth, `wrinkle` deepens them on the nose. `width`
    is half the width of the mouth, `curve` raises its corners. `lift` and `drop` open it up and down, as a
    slit with pointed ends or, with `square` 1, a box. `sneer` lifts the lip beside the middle. `teeth`
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


MOVEMENTS = {  # for each emotion, the range of each movement from a mild to a strong expression
    "angry": {
        "brow_lift": (-0.03, -0.09), "brow_slant": (0.06, 0.19), "brow_frown": (0.4, 1.2),
        "lid": (0.075, 0.09), "lower_lid": (0.053, 0.055), "cheek": (0.25, 1.0), "wrinkle": (0.0, 0.3),
        "width": (0.26, 0.34), "curve": (-0.025, -0.06), "lift": (0.004, 0.12), "drop": (0.004, 0.3),
        "square": (0.0, 1.0), "teeth": (0.0, 0.36), "lower_teeth": (0.0, 0.28), "pout": (-0.2, -0.2),
    },
    "disgust": {
        "brow_lift": (-0.025, -0.08), "brow_slant": (0.015, 0.07), "brow_frown": (0.25, 0.8),
        "lid": (0.065, 0.05), "lower_lid": (0.037, 0.02), "cheek": (0.5, 1.4), "wrinkle": (0.5, 1.6),
        "width": (0.245, 0.27), "curve": (-0.04, -0.11), "lift": (0.027, 0.1), "drop": (0.012, 0.16),
        "square": (0.1, 0.4), "sneer": (0.015, 0.06), "teeth": (0.15, 0.35), "pout": (0.1, 0.5),
        "tongue": (0.0, 1.0),
    },
    "fear": {
        "brow_lift": (0.03, 0.11), "brow_slant": (-0.04, -0.13), "brow_frown": (0.15, 0.5),
        "forehead": (0.3, 1.2), "lid": (0.105, 0.16), "lower_lid": (0.068, 0.1), "cheek": (0.2, 0.7),
        "width": (0.28, 0.38), "curve": (-0.02, -0.09), "lift": (0.012, 0.04), "drop": (0.027, 0.16),
        "square": (0.35, 1.0), "teeth": (0.0, 0.25), "lower_teeth": (0.175, 0.4), "pout": (-0.2, -0.3),
    },
    "happy": {
        "brow_lift": (0.0, 0.03), "lid": (0.08, 0.06), "lower_lid": (0.042, 0.015), "cheek": (0.35, 1.0),
        "width": (0.3, 0.4), "curve": (0.04, 0.13), "lift": (0.004, 0.01), "drop": (0.012, 0.17),
        "square": (0.0, 0.1), "teeth": (0.4, 0.6), "tongue": (0.0, 0.3),
    },
    "sad": {
        "brow_lift": (-0.005, 0.03), "brow_slant": (-0.05, -0.17), "brow_frown": (0.15, 0.7),
        "forehead": (0.0, 0.5), "lid": (0.07, 0.035), "lower_lid": (0.053, 0.055),
        "gaze_down": (0.01, 0.05), "cheek": (0.2, 0.6), "width": (0.25, 0.27), "curve": (-0.03, -0.12),
        "pout": (0.1, 0.7),
    },
    "surprise": {
        "brow_lift": (0.055, 0.17), "brow_slant": (0.0, -0.02), "forehead": (0.2, 1.0),
        "lid": (0.105, 0.16), "lower_lid": (0.065, 0.095), "cheek": (0.05, 0.1), "width": (0.21, 0.21),
        "lift": (0.032, 0.1), "drop": (0.052, 0.24), "square": (0.175, 0.45), "teeth": (0.0, 0.2),
        "pout": (0.05, 0.2), "tongue": (0.0, 0.4),
    },
    "neutral": {
        "brow_lift": (-0.015, 0.02), "lid": (0.075, 0.095), "cheek": (0.1, 0.2), "width": (0.25, 0.29),
        "curve": (-0.01, 0.015),
    },
}  # fmt: skip
