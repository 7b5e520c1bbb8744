"""The panel of scores: what its table holds, and how it is summed up."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from helpers import random_images, tiny_classifier

from facedenoise.evaluation.classical import Tuned
from facedenoise.evaluation.headline import fidelity, mean_scores
from facedenoise.evaluation.panel import (
    assemble_panel,
    best_classical,
    difference,
    label_columns,
    score_images,
    score_table,
    summarise,
)
from facedenoise.images.fidelity import psnr, ssim

COUNT = 12
ROWS = torch.arange(COUNT) * 3 + 5
LABELS = torch.tensor([0, 1, 2, 3, 4, 5, 6, -1, -1, 0, 1, 2])
CLEAN, *OTHERS = (random_images(COUNT, 12, 12, seed) for seed in range(5))
IMAGES = dict(zip(("noisy", "tv", "unet", "gan"), OTHERS, strict=True))
TUNED = Tuned(0.1, 31.0)
DISTANCES = {method: {"frechet": place} for place, method in enumerate(IMAGES)}


def panel_without(in_train: list[int]) -> dict[str, Any]:
    table = score_table(tiny_classifier(), CLEAN, ROWS, LABELS, IMAGES)
    return assemble_panel(table, DISTANCES, {"tv": TUNED}, np.isin(np.arange(COUNT), in_train))


def test_a_table_has_a_row_for_each_image_and_a_column_for_each_score() -> None:
    table = score_images(CLEAN, ROWS, {"noisy": IMAGES["noisy"], "unet": CLEAN})
    names = ("psnr", "ssim", "gmsd", "haarpsi")
    assert list(table) == ["row", *(f"{method}_{name}" for method in ("noisy", "unet") for name in names)]
    assert table["row"].tolist() == ROWS.tolist()
    np.testing.assert_allclose(table["noisy_psnr"], psnr(CLEAN, IMAGES["noisy"]), atol=5e-5)
    assert (table[[f"unet_{name}" for name in names]] == [100, 1, 0, 1]).all(axis=None)


def test_images_of_three_equal_channels_score_as_the_grey_ones() -> None:
    stacked, other = (images.expand(-1, 3, -1, -1) for images in (CLEAN, OTHERS[0]))
    grey, colour = (
        score_images(clean, ROWS, {"unet": unet}) for clean, unet in ((CLEAN, OTHERS[0]), (stacked, other))
    )
    pd.testing.assert_frame_equal(colour, grey, rtol=0, atol=1.1e-4)  # both are rounded to 4 decimals


def answered(answer: list[int], clean_answer: list[int], label: list[int]) -> pd.DataFrame:
    return label_columns(torch.tensor(label), np.array(clean_answer), {"unet": np.array(answer)})


def test_faces_without_a_label_are_left_out_of_the_figures_of_labels() -> None:
    scores = summarise(answered([0, 1, 2, 3], [0, 1, 5, 4], [0, 2, 2, -1]), "unet")
    assert scores["label_accuracy"]["mean"] == pytest.approx(2 / 3, abs=5e-5)
    assert scores["balanced_accuracy"]["mean"] == pytest.approx(3 / 4)
    assert scores["label_agreement"]["mean"] == pytest.approx(2 / 3, abs=5e-5)
    assert summarise(answered([1], [1], [-1]), "unet") == {}


def test_of_unbalanced_labels_the_rare_count_as_much_as_the_frequent() -> None:
    label = [0] * 90 + [1] * 9 + [2]
    always = summarise(answered([0] * 100, [0] * 100, label), "unet")
    assert always["label_accuracy"]["mean"] == 0.9
    assert always["balanced_accuracy"] == pytest.approx({"mean": 0.3333, "low": 0.3333, "high": 0.3333})
    thirds = summarise(answered([0] * 93 + [1] * 7, [0] * 100, label), "unet")["balanced_accuracy"]
    assert thirds["mean"] == pytest.approx((1 + 6 / 9 + 0) / 3, abs=5e-5)
    assert thirds["low"] < thirds["mean"] < thirds["high"] <= 2 / 3


def test_a_difference_of_balanced_accuracies_is_paired() -> None:
    label = [0, 0, 0, 0, 1, 1]
    table = answered([0, 0, 1, 0, 1, 1], label, label).assign(noisy_label=[0, 0, 1, 0, 1, 0])
    gained = difference(table, "unet", "noisy")
    assert gained["label_accuracy"]["mean"] == pytest.approx(1 / 6, abs=5e-5)
    assert gained["balanced_accuracy"]["mean"] == 0.25
    assert gained["balanced_accuracy"]["low"] == 0, "the four faces of the other label change nothing"


def test_an_untrained_classifier_tells_no_label() -> None:
    table = score_table(tiny_classifier(labels=()), CLEAN, ROWS, LABELS, IMAGES)
    assert (table[["clean_label", "unet_label"]] == -1).all(axis=None)
    assert not [name for name in summarise(table, "unet") if "label" in name or "accuracy" in name]


def test_psnr_is_averaged_over_images_not_over_their_errors() -> None:
    clean = torch.zeros(2, 1, 12, 12)
    denoised = torch.stack([torch.full((1, 12, 12), 0.1), torch.full((1, 12, 12), 0.001)])  # 20 and 60 dB
    table = score_images(clean, ROWS[:2], {"unet": denoised}).assign(label=-1, clean_label=-1)
    assert summarise(table, "unet")["psnr"]["mean"] == pytest.approx(40, abs=1e-4)
    expected = {"psnr": 40, "ssim": ssim(clean, denoised).mean()}
    assert mean_scores([fidelity(clean, denoised)]) == pytest.approx(expected, abs=1e-4)


def test_a_paired_interval_is_narrower_than_those_of_both() -> None:
    hardness = np.linspace(20, 40, 50)
    table = pd.DataFrame({"label": -1, "clean_label": -1, "unet_psnr": hardness + 1, "noisy_psnr": hardness})
    assert difference(table, "unet", "noisy")["psnr"] == {"mean": 1, "low": 1, "high": 1}
    alone = summarise(table, "unet")["psnr"]
    assert alone["high"] - alone["low"] > 1


def test_without_copies_is_said_only_where_there_are_copies() -> None:
    assert "without_copies" not in panel_without([])
    assert panel_without(list(range(COUNT)))["without_copies"] == {"faces": 0}


def test_a_panel_says_how_the_classical_methods_do_on_val_and_names_the_best() -> None:
    panel = panel_without([])
    assert [panel[method].get("val_psnr") for method in IMAGES] == [None, 31.0, None, None]
    assert [panel[method]["frechet"] for method in IMAGES] == [0, 1, 2, 3]
    assert list(panel["clean"]) == ["label_accuracy", "balanced_accuracy"]
    lead = panel["unet"]["psnr"]["mean"] - panel["tv"]["psnr"]["mean"]
    assert panel["differences"]["unet_minus_classical"]["psnr"]["mean"] == pytest.approx(lead, abs=1e-3)
    tuned = {"median": Tuned(3, 28.0), "biharmonic": Tuned(None, 38.0), "tv": TUNED}
    assert best_classical(tuned) == "biharmonic"
