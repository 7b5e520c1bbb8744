"""The faces of the page: which are shown, and each as a picture inside the page."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from facedenoise.report.figures import EMOTION_TITLES, evenly_spaced
from facedenoise.report.results import COLUMN_TITLES
from facedenoise.report.style import TASK_TITLES

MOST = 8  # faces in the evenly spaced group; half as many in the others
WIDEST = 128  # pixels; of a larger image the middle is shown
BUDGET = 2_300_000  # characters for the pictures of all galleries, so that the page stays below 3 MB
PICTURES = 3 * 5  # of a face: three tasks; noisy, classical, U-Net, GAN and clean
CHARACTERS = 1.4  # of the page for a byte of pixels: noise does not compress, and base64 adds a third

GROUPS = {
    "even": ("Evenly spaced", "over the test rows; nobody has picked them"),
    "best": ("Largest gain", "of the U-Net over the noisy face, in dB"),
    "worst": ("Smallest gain", "of the U-Net over the noisy face, in dB"),
}
AFTER_TITLES = {name: COLUMN_TITLES[name] for name in ("unet", "gan", "classical")} | {"clean": "Clean"}


@dataclass(frozen=True)
class Picture:
    """A face as it is shown: what made it, its data URI, its text alternative, its PSNR or nothing."""

    name: str
    uri: str
    alt: str
    score: str


@dataclass(frozen=True)
class Face:
    """A test face: its row in the CSV, noise and emotion, and the pictures before and after denoising."""

    row: int
    noise: str
    emotion: str
    before: Picture
    after: Sequence[Picture]


@dataclass(frozen=True)
class Group:
    """Faces that were chosen in the same way."""

    title: str
    note: str
    faces: Sequence[Face]


@dataclass(frozen=True)
class Gallery:
    """Faces of one task, in groups."""

    task: str
    groups: Sequence[Group]


def choose_faces(table: pd.DataFrame, side: int) -> dict[str, NDArray[np.int64]]:
    """Choose which test faces are shown: some evenly spaced, those of largest and of smallest gain.

    Parameters
    ----------
    table : pd.DataFrame
        One row per test face, with `noisy_psnr` and `unet_psnr`. Equal gains stay in its order.
    side : int
        Of the images, in pixels; the larger they are, the fewer are shown.

    Returns
    -------
    dict of str to NDArray[np.int64]
        Positions in the table, by `even`, `best` and `worst`; best and worst begin with the extreme.
    """
    pixels = min(side, WIDEST) ** 2
    most = min(MOST, int(BUDGET / (2 * PICTURES * CHARACTERS * pixels)))
    gains = (table["unet_psnr"] - table["noisy_psnr"]).to_numpy()
    ascending = np.argsort(gains, kind="stable")
    extremes = min(most // 2, len(gains))
    return {
        "even": evenly_spaced(len(gains), most),
        "best": np.argsort(-gains, kind="stable")[:extremes],
        "worst": ascending[:extremes],
    }


def build_gallery(
    task: str, groups: Mapping[str, NDArray[np.int64]], table: pd.DataFrame, images: Mapping[str, Tensor]
) -> Gallery:
    """Make the pictures of a task's faces.

    Parameters
    ----------
    task : str
        Its name.
    groups : mapping of str to NDArray[np.int64]
        What `choose_faces` gave.
    table : pd.DataFrame
        One row per test face: `row`, `emotion`, and METHOD_psnr of `noisy`, `unet`, `gan` and `classical`.
    images : mapping of str to Tensor
        `noisy`, `unet`, `gan`, `classical` and `clean`: each uint8, shape (R, 1, H, W), the faces of all
        groups one after the other.

    Returns
    -------
    Gallery
        Every face with its pictures.
    """
    built, start = [], 0
    for name, positions in groups.items():
        title, note = GROUPS[name]
        shown = {method: batch[start : start + len(positions)] for method, batch in images.items()}
        built.append(Group(title, note, build_faces(task, table.iloc[positions], shown)))
        start += len(positions)
    return Gallery(task, built)


def build_faces(task: str, table: pd.DataFrame, images: Mapping[str, Tensor]) -> list[Face]:
    """Make the pictures of some faces under a task's noise.

    Parameters
    ----------
    task : str
        Its name.
    table : pd.DataFrame
        One row per face, as for `build_gallery`.
    images : mapping of str to Tensor
        `noisy` and what is shown beside it, as for `build_gallery`, but of these faces only.

    Returns
    -------
    list of Face
        In the order of the table.
    """
    faces = []
    for place, (_, scores) in enumerate(table.iterrows()):
        row = int(scores["row"])
        pictures = {}
        for name, batch in images.items():
            psnr = "" if name == "clean" else f"{scores[f'{name}_psnr']:.2f} dB"
            pictures[name] = Picture(name, data_uri(batch[place, 0]), _alt(task, row, name, psnr), psnr)
        emotion = EMOTION_TITLES[int(scores["emotion"])]
        faces.append(Face(row, TASK_TITLES[task], emotion, pictures.pop("noisy"), list(pictures.values())))
    return faces


def data_uri(image: Tensor) -> str:
    """Write a grey image into a URI, as PNG; the same pixels give the same text.

    Parameters
    ----------
    image : Tensor
        uint8, shape (H, W). Of more than `WIDEST` pixels the middle is taken.
    """
    top, left = (max(0, (side - WIDEST) // 2) for side in image.shape)
    pixels = image[top : top + WIDEST, left : left + WIDEST].contiguous().numpy()
    png = io.BytesIO()
    Image.fromarray(pixels).save(png, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode("ascii")


def _alt(task: str, row: int, name: str, psnr: str) -> str:
    if name == "clean":
        return f"Face of row {row}, clean"
    if name == "noisy":
        return f"Face of row {row}, {TASK_TITLES[task]}, {psnr}"
    return f"Face of row {row} denoised, {AFTER_TITLES[name]}, {psnr}"
