"""Which faces the page shows, and how each becomes a picture in it."""

import base64
import io

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from facedenoise.report.figures import evenly_spaced
from facedenoise.report.gallery import WIDEST, build_gallery, choose_faces, data_uri


def table_of(gains: list[float]) -> pd.DataFrame:
    noisy = np.linspace(20, 25, len(gains))
    scores = {"noisy_psnr": noisy, "unet_psnr": noisy + gains, "gan_psnr": noisy, "classical_psnr": noisy}
    return pd.DataFrame({"row": np.arange(len(gains)) + 100, "emotion": 3, **scores})


def pixels(uri: str) -> NDArray[np.uint8]:
    kind, text = uri.split(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


def test_best_and_worst_are_the_extremes_of_the_gain() -> None:
    chosen = choose_faces(table_of([3, 9, 1, 7, 5, 8, 2, 6, 4, 0.5]), 48)
    assert chosen["best"].tolist() == [1, 5, 3, 7]
    assert chosen["worst"].tolist() == [9, 2, 6, 0]
    assert chosen["even"].tolist() == evenly_spaced(10, 8).tolist()


def test_faces_of_equal_gain_stay_in_their_order() -> None:
    chosen = choose_faces(table_of([2.0] * 6), 48)
    assert chosen["best"].tolist() == chosen["worst"].tolist() == [0, 1, 2, 3]


@given(st.integers(1, 30), st.integers(8, 600))
def test_some_faces_are_shown_of_any_number_and_size(count: int, side: int) -> None:
    chosen = choose_faces(table_of([float(place % 7) for place in range(count)]), side)
    assert len(chosen["even"]) >= 1
    assert len(chosen["best"]) == len(chosen["worst"]) >= 1
    for positions in chosen.values():
        assert len(set(positions.tolist())) == len(positions) <= count


def test_a_picture_has_the_pixels_of_its_face(drawn: torch.Tensor) -> None:
    np.testing.assert_array_equal(pixels(data_uri(drawn[0, 0])), drawn[0, 0].numpy())
    assert data_uri(drawn[0, 0]) == data_uri(drawn[0, 0].clone())


def test_of_a_large_image_the_middle_is_shown() -> None:
    large = torch.arange(200 * 200).remainder(251).to(torch.uint8).reshape(200, 200)
    np.testing.assert_array_equal(pixels(data_uri(large)), large[36:164, 36:164].numpy())
    assert pixels(data_uri(large)).shape == (WIDEST, WIDEST)


@pytest.mark.parametrize("method", ["noisy", "unet", "gan", "classical", "clean"])
def test_each_face_of_a_gallery_has_its_own_pictures_and_scores(method: str) -> None:
    table = table_of([4.0, 6.0, 5.0])
    groups = {"even": np.array([0, 2]), "best": np.array([1])}
    methods = ("noisy", "unet", "gan", "classical", "clean")
    images = {
        name: (torch.full((3, 1, 4, 4), 10 * place) + torch.arange(3).reshape(3, 1, 1, 1)).to(torch.uint8)
        for place, name in enumerate(methods)
    }
    gallery = build_gallery("salt_pepper", groups, table, images)
    faces = [face for group in gallery.groups for face in group.faces]
    assert [face.row for face in faces] == [100, 102, 101]
    assert {face.emotion for face in faces} == {"Happy"}
    for place, (position, face) in enumerate(zip((0, 2, 1), faces, strict=True)):
        (picture,) = [picture for picture in (face.before, *face.after) if picture.name == method]
        np.testing.assert_array_equal(pixels(picture.uri), images[method][place, 0].numpy())
        psnr = "" if method == "clean" else f"{table[f'{method}_psnr'][position]:.2f} dB"
        assert picture.score == psnr
        assert str(face.row) in picture.alt
