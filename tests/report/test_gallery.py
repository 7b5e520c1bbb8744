"""How many faces the page shows, and how each becomes a picture in it."""

import base64
import io

import numpy as np
import pytest
import torch
from finished_run import Read, versions
from helpers import tinted
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from facedenoise.evaluation.shown import choose_faces
from facedenoise.report.gallery import (
    BUDGET,
    CHARACTERS,
    WIDEST,
    build_gallery,
    build_hero,
    data_uri,
    room_for,
)
from facedenoise.report.shown import drawable


def pixels(uri: str) -> NDArray[np.uint8]:
    kind, text = uri.split(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


@given(st.integers(1, 40), st.integers(8, 600), st.sampled_from([1, 3]))
def test_some_faces_of_each_group_fit_into_the_budget(tasks: int, side: int, channels: int) -> None:
    room = room_for(tasks, side, channels)
    assert 1 <= room.faces["best"] == room.faces["worst"] <= room.faces["even"] <= 8
    assert room.side <= min(side, WIDEST)
    pictures = tasks * (2 + 5 * sum(room.faces.values()))
    assert pictures * room.side**2 * channels * CHARACTERS <= BUDGET


def test_few_small_faces_are_all_shown_and_whole() -> None:
    for tasks in (1, 3, 5):
        assert room_for(tasks, 48, 1).side == 48
        assert room_for(tasks, 48, 1).faces == {"even": 8, "best": 4, "worst": 4}


@pytest.mark.parametrize("in_colour", [False, True])
def test_a_picture_has_the_pixels_of_its_face(drawn: torch.Tensor, in_colour: bool) -> None:
    face = drawable(tinted(drawn) if in_colour else drawn)[0]
    np.testing.assert_array_equal(pixels(data_uri(face, 48)), face)
    np.testing.assert_array_equal(pixels(data_uri(face, 128)), face)
    np.testing.assert_array_equal(pixels(data_uri(face, 20)), face[14:34, 14:34])


@pytest.mark.parametrize("in_colour", [False, True])
def test_each_face_of_a_gallery_has_its_own_pictures_and_scores(
    read: Read, drawn: torch.Tensor, in_colour: bool
) -> None:
    faces = (tinted(drawn) if in_colour else drawn)[:20]
    results = read(faces)
    images, table = versions(2, faces), results.shown["salt_pepper"].table
    gallery = build_gallery(results, "salt_pepper", room_for(3, 48, 1))
    for group, positions in zip(gallery, choose_faces(table).values(), strict=True):
        for face, position in zip(group.faces, positions, strict=True):
            assert face.row == table["row"][position]
            for shown in (face.before, *face.after):
                np.testing.assert_array_equal(pixels(shown.uri), drawable(images[shown.name])[position])
                method = {"classical": "biharmonic"}.get(shown.name, shown.name)
                score = "" if shown.name == "clean" else f"{table[f'{method}_psnr'][position]:.2f} dB"
                assert shown.score == score
                assert f"row {face.row}" in shown.alt


def test_the_hero_is_one_face_under_each_noise(read: Read) -> None:
    results = read(tasks=4)
    faces = build_hero(results, room_for(4, 48, 1))
    assert [face.noise for face in faces] == list(results.titles.values())
    assert len({face.row for face in faces}) == 1
    assert [shown.name for shown in (faces[3].before, *faces[3].after)] == ["noisy", "unet"]
