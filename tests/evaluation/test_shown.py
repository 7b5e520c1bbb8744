"""Which test faces are shown."""

import numpy as np
import pandas as pd
import torch
from hypothesis import given
from hypothesis import strategies as st

from facedenoise.evaluation.shown import choose_faces, evenly_spaced, shown_faces


def table_of(gains: list[float]) -> pd.DataFrame:
    noisy = np.linspace(20, 25, len(gains))
    return pd.DataFrame({"noisy_psnr": noisy, "unet_psnr": noisy + gains})


@given(st.integers(1, 10_000), st.integers(1, 50))
def test_shown_faces_are_evenly_spaced(count: int, shown: int) -> None:
    chosen = evenly_spaced(count, shown)
    assert len(chosen) == min(count, shown)
    gaps = np.diff(chosen)
    assert not len(gaps) or (gaps.min() >= 1 and gaps.max() - gaps.min() <= 1)
    assert abs(chosen[0] - (count - 1 - chosen[-1])) <= 1  # as far from the start as from the end


def test_best_and_worst_are_the_extremes_of_the_gain() -> None:
    chosen = choose_faces(table_of([3, 9, 1, 7, 5, 8, 2, 6, 4, 0.5]))
    assert chosen["best"].tolist() == [1, 5, 3, 7]
    assert chosen["worst"].tolist() == [9, 2, 6, 0]
    assert chosen["even"].tolist() == evenly_spaced(10, 8).tolist()


@given(st.integers(1, 30))
def test_some_faces_are_shown_of_any_number(count: int) -> None:
    chosen = choose_faces(table_of([float(place % 7) for place in range(count)]))
    assert len(chosen["best"]) == len(chosen["worst"])
    assert all(0 < len(set(positions.tolist())) == len(positions) <= count for positions in chosen.values())


def test_faces_of_equal_gain_stay_in_their_order() -> None:
    chosen = choose_faces(table_of([2.0] * 6))
    assert chosen["best"].tolist() == chosen["worst"].tolist() == [0, 1, 2, 3]


def test_the_faces_of_each_method_come_in_the_order_of_the_positions() -> None:
    numbers = torch.arange(3).view(3, 1, 1, 1)
    shown = shown_faces(table_of([2, 3, 1]), {"unet": numbers / 255, "gan": (numbers + 100) / 255})
    assert list(shown) == ["even", "best", "worst", "unet", "gan"]
    positions = torch.cat([shown[name] for name in ("even", "best", "worst")])
    assert positions.tolist() == [0, 1, 2, 1, 0, 2, 2, 0, 1]
    assert shown["unet"].dtype == torch.uint8
    assert torch.equal(shown["unet"].flatten(), positions)
    assert torch.equal(shown["gan"].flatten(), positions + 100)


def test_colours_are_kept_in_the_order_in_which_files_hold_them() -> None:
    images = torch.rand(3, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    shown = shown_faces(table_of([2, 3, 1]), {"unet": images})
    assert shown["unet"].is_contiguous()
    assert torch.equal(shown["unet"][3], (255 * images[1]).round().to(torch.uint8))
