"""The faces of the page, as pictures inside it."""

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from facedenoise.evaluation.shown import EVEN, EXTREME
from facedenoise.report.results import Results
from facedenoise.report.shown import VERSIONS, Faces
from facedenoise.report.style import COLUMN_TITLES, label_name

WIDEST = 128  # pixels; a larger image shows only its middle
BUDGET = 2_300_000  # characters for the pictures, so that the page stays below 3 MB
CHARACTERS = 1.4  # of the page for a byte of pixels: noise does not compress, and base64 adds a third
HERO = ("noisy", "unet")

GROUPS = {
    "even": ("Evenly spaced", "over the test rows; nobody has picked them"),
    "best": ("Largest gain", "of the U-Net over the noisy face, in dB"),
    "worst": ("Smallest gain", "of the U-Net over the noisy face, in dB"),
}
AFTER_TITLES = {name: COLUMN_TITLES.get(name, "Clean") for name in VERSIONS if name != "noisy"}


@dataclass(frozen=True)
class Version:
    """A face as it is shown: what made it, its data URI, its text alternative, its PSNR or nothing."""

    name: str
    uri: str
    alt: str
    score: str


@dataclass(frozen=True)
class Face:
    """A test face: its row in the source, noise and label, and its versions before and after denoising."""

    row: int
    noise: str
    label: str
    before: Version
    after: Sequence[Version]


@dataclass(frozen=True)
class FaceGroup:
    """Faces that were chosen in the same way."""

    title: str
    note: str
    faces: Sequence[Face]


@dataclass(frozen=True)
class Room:
    """What fits into the page: how many `faces` of each group of a task, and the pixels of their `side`."""

    side: int
    faces: dict[str, int]


def room_for(tasks: int, side: int, channels: int) -> Room:
    """Share the budget out among tasks: each group has at least one face, if necessary only a part of it."""
    pixels = BUDGET / CHARACTERS / channels / tasks
    shown = min(side, WIDEST, math.isqrt(int(pixels / (len(HERO) + len(GROUPS) * len(VERSIONS)))))
    faces = int(pixels / shown**2 - len(HERO)) // len(VERSIONS)
    even = min(EVEN, faces // 2)
    extreme = min(EXTREME, max(1, even // 2))
    return Room(shown, {"even": even, "best": extreme, "worst": extreme})


def build_hero(results: Results, room: Room) -> list[Face]:
    """Return the middle face of the evenly spaced ones under each noise, noisy and denoised by the U-Net."""
    middle = [(task, shown.faces("even", 1)) for task, shown in results.shown.items()]
    return [face for task, faces in middle for face in _faces(results, task, faces, HERO, room.side)]


def build_gallery(results: Results, task: str, room: Room) -> list[FaceGroup]:
    """Return as many faces of a task as there is room for, in all versions."""
    groups = [(GROUPS[name], results.shown[task].faces(name, count)) for name, count in room.faces.items()]
    return [FaceGroup(*words, _faces(results, task, faces, VERSIONS, room.side)) for words, faces in groups]


def _faces(results: Results, task: str, faces: Faces, versions: Sequence[str], side: int) -> list[Face]:
    built = []
    for place, (_, scores) in enumerate(faces.scores.iterrows()):
        before, *after = (
            _version(results, task, scores, name, data_uri(faces.images[name][place], side))
            for name in versions
        )
        label = label_name(results.labels, int(scores["label"]))
        built.append(Face(int(scores["row"]), results.titles[task], label, before, after))
    return built


def _version(results: Results, task: str, scores: pd.Series, name: str, uri: str) -> Version:
    face = f"Face of row {int(scores['row'])}"
    if name == "clean":
        return Version(name, uri, f"{face}, clean", "")
    psnr = f"{scores[f'{results.method(task, name)}_psnr']:.2f} dB"
    what = f", {results.titles[task]}" if name == "noisy" else f" denoised, {AFTER_TITLES[name]}"
    return Version(name, uri, f"{face}{what}, {psnr}", psnr)


def data_uri(image: NDArray[np.uint8], side: int) -> str:
    """Write the middle of an image into a URI, as PNG; the same pixels give the same text.

    Parameters
    ----------
    image : NDArray[np.uint8]
        Shape (H, W), or (H, W, 3) for RGB.
    side : int
        Side of the square to show; a smaller image is shown whole.
    """
    top, left = (max(0, (length - side) // 2) for length in image.shape[:2])
    png = io.BytesIO()
    Image.fromarray(image[top : top + side, left : left + side]).save(png, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode("ascii")
