"""The curves over the strength of a noise: groups of equal size, from faint to strong, a kind each."""

import numpy as np
import pandas as pd
import pytest

from facedenoise.evaluation.strength import GROUPS, strength_curves


def scored(strengths: list[float], kinds: list[str] | str = "gaussian") -> pd.DataFrame:
    """Return the scores of faces with noise of these strengths, of which a U-Net takes 6 dB away."""
    noisy = -20 * np.log10(strengths)
    columns = {"row": range(len(noisy)), "noisy_psnr": noisy, "noisy_ssim": 0.5, "unet_psnr": noisy + 6}
    return pd.DataFrame({**columns, "noise": kinds})


def test_where_the_noise_is_fixed_there_is_no_curve() -> None:
    assert strength_curves(scored([0.1, 0.2]).drop(columns="noise")) == {}


def test_groups_are_of_equal_size_and_points_are_means() -> None:
    strengths = np.random.default_rng(0).permutation(np.linspace(0.01, 0.24, 24))
    curve = strength_curves(scored(strengths.tolist()))["gaussian"]
    assert list(curve) == ["noisy", "unet"]
    threes = np.sort(strengths).reshape(GROUPS, 3)
    np.testing.assert_allclose(curve.index, threes.mean(1))
    np.testing.assert_allclose(curve["noisy"], (-20 * np.log10(threes)).mean(1))
    np.testing.assert_allclose(curve["unet"], curve["noisy"] + 6)


@pytest.mark.parametrize(("faces", "points"), [(1, 1), (3, 3), (8, 8), (9, 8), (100, 8)])
def test_few_faces_are_few_points_and_equal_strengths_are_no_trouble(faces: int, points: int) -> None:
    assert len(strength_curves(scored([0.1] * faces))["gaussian"]) == points


def test_each_kind_has_a_curve_of_its_own() -> None:
    kinds = ["poisson", "gaussian", "gaussian+speckle", "poisson"]
    curves = strength_curves(scored([0.3, 0.1, 0.2, 0.1], kinds))
    assert list(curves) == ["gaussian", "gaussian+speckle", "poisson"]
    assert curves["poisson"].index.tolist() == pytest.approx([0.1, 0.3])
