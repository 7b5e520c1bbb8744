"""How the PSNR depends on the strength of a noise that varies from face to face."""

import pandas as pd

GROUPS = 8
"""The number of points of a curve; it has fewer if there are fewer faces."""
_SUFFIX = "_psnr"


def strength_curves(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Average the PSNR over faces whose noise is about as strong.

    The strength of a face's noise is its root mean square on intensities from 0 to 1. The faces of each kind
    of noise are divided by it into groups of equal size.

    Parameters
    ----------
    table : pd.DataFrame
        One row per face: `METHOD_psnr` of each method, in dB, and `noise`, the kind of its noise.

    Returns
    -------
    dict of str to pd.DataFrame
        For each kind one row per group, from faint to strong: the mean strength, which is the index, and for
        each method the mean PSNR. Empty if there is no column `noise`: then all faces have the same noise.
    """
    if "noise" not in table:
        return {}
    psnr = table.filter(like=_SUFFIX).rename(columns=lambda name: name.removesuffix(_SUFFIX))
    faces = psnr.assign(strength=10 ** (-psnr["noisy"] / 20))
    return {str(kind): _curve(alike) for kind, alike in faces.groupby(table["noise"])}


def _curve(faces: pd.DataFrame) -> pd.DataFrame:
    place = faces["strength"].rank(method="first") - 1
    group = place * min(GROUPS, len(faces)) // len(faces)
    return faces.groupby(group).mean().set_index("strength")
