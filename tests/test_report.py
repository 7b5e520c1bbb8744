"""The pictures: every pixel of a face is there, every number is that of the tables."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch
from finished_run import run_params, write_run
from helpers import write_tensors
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.image import imread
from numpy.typing import NDArray

from facedenoise import params
from facedenoise.report.curves import training_figure
from facedenoise.report.figures import (
    evenly_spaced,
    noise_figure,
    sample_figure,
    task_figure,
)
from facedenoise.report.grid import Column, draw_grid
from facedenoise.report.style import TASK_COLOURS, TASK_TITLES, save_png
from stages import report

TASKS: tuple[str, ...] = params.TASKS
MODELS = ("unet", "gan")


def faces(count: int, side: int = 12, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 1, side, side), dtype=torch.uint8, generator=generator)


def scores(count: int, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    table = pd.DataFrame({"row": np.arange(count) + 32298})
    for method in ("noisy", "classical", "unet", "gan"):
        table[f"{method}_psnr"] = random.uniform(15, 45, count).round(4)
        table[f"{method}_ssim"] = random.uniform(0, 1, count).round(4)
    return table


def history(epochs: int, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    columns = ("loss", "generator_loss", "val_psnr")
    return pd.DataFrame(
        {"epoch": np.arange(1, epochs + 1), **{name: random.random(epochs) for name in columns}}
    )


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts if text.get_text()]


def pixels(path: Path) -> NDArray[np.uint8]:
    """Read one colour of a PNG, shape (H, W): faces and what lies around them are grey."""
    return (imread(path)[..., 0] * 255).round().astype(np.uint8)


def read_back(figure: Figure, path: Path) -> NDArray[np.uint8]:
    """Save a figure and read its pixels."""
    save_png(figure, path)
    return pixels(path)


def contains(picture: NDArray[np.uint8], image: NDArray[np.uint8], factor: int) -> bool:
    """Tell whether an image, enlarged by a whole factor, stands somewhere in a picture."""
    enlarged = np.kron(image, np.ones((factor, factor), dtype=np.uint8))
    height, width = enlarged.shape
    candidates = picture[: len(picture) - height + 1, : picture.shape[1] - width + 1]
    # Compared whole only where three of its pixels fit, far from one another.
    corners = np.argwhere(
        (candidates == enlarged[0, 0])
        & (picture[height - 1 :, : candidates.shape[1]] == enlarged[-1, 0])
        & (picture[: len(candidates), width - 1 :] == enlarged[0, -1])
    )
    return any(np.array_equal(picture[y : y + height, x : x + width], enlarged) for y, x in corners)


@given(st.integers(1, 10_000), st.integers(1, 50))
def test_shown_faces_are_evenly_spaced(count: int, shown: int) -> None:
    chosen = evenly_spaced(count, shown)
    assert len(chosen) == min(count, shown)
    gaps = np.diff(chosen)
    assert not len(gaps) or (gaps.min() >= 1 and gaps.max() - gaps.min() <= 1)
    assert abs(chosen[0] - (count - 1 - chosen[-1])) <= 1  # as far from the start as from the end


def test_shown_faces_of_a_known_count() -> None:
    assert evenly_spaced(400, 4).tolist() == [50, 150, 250, 350]
    assert evenly_spaced(3, 5).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("side", "cell", "factor"), [(12, 60, 10), (48, 120, 5), (33, 40, 3), (100, 40, 1)])
def test_each_pixel_of_a_face_is_a_square_of_whole_pixels(
    tmp_path: Path, side: int, cell: int, factor: int
) -> None:
    images = faces(3, side)[:, 0].numpy()
    columns = [Column("A", ("1", "2"), images[:2], [("", "")] * 2), Column("B", ("3", ""), images[2:])]
    picture = read_back(draw_grid("Title", "Note", columns, cell=cell), tmp_path / "grid.png")
    assert all(contains(picture, image, factor) for image in images)
    assert not contains(picture, 255 - images[0], factor)


def test_pictures_are_as_large_as_their_layout(tmp_path: Path) -> None:
    few, many = (
        read_back(
            draw_grid("", "", [Column("", ("", ""), faces(rows, 48)[:, 0].numpy())] * 4, cell=240), path
        )
        for rows, path in ((1, tmp_path / "few.png"), (3, tmp_path / "many.png"))
    )
    assert few.shape[1] == many.shape[1] == 2 * (2 * 32 + 4 * 240 + 3 * 16)
    assert many.shape[0] - few.shape[0] == 2 * 2 * (240 + 16)


def test_samples_stand_below_their_emotion(tmp_path: Path) -> None:
    images, emotion = faces(9), torch.tensor([3, 3, 3, 3, 3, 3, 3, -1, 0])
    figure = sample_figure(images, emotion)
    assert texts(figure)[2:] == ["Angry", "1", "Happy", "7", "No label", "1"]
    picture = read_back(figure, tmp_path / "samples.png")
    shown = [index for index, image in enumerate(images[:, 0].numpy()) if contains(picture, image, 20)]
    assert shown == [*evenly_spaced(7, 4), 7, 8]


def test_noises_are_shown_with_the_scores_of_the_table(tmp_path: Path) -> None:
    clean, shown = faces(5), np.array([1, 3])
    noisy = {task: faces(5, seed=1 + place) for place, task in enumerate(TASKS)}
    tables = {task: scores(5, seed=place) for place, task in enumerate(TASKS)}
    figure = noise_figure(clean, noisy, tables, shown)
    expected = ["Clean", "row 32299", "row 32301"]
    for task in TASKS:
        psnr = tables[task]["noisy_psnr"]
        expected += [TASK_TITLES[task], *(f"{value:.2f} dB" for value in (psnr.mean(), psnr[1], psnr[3]))]
    assert texts(figure)[2:] == expected
    picture = read_back(figure, tmp_path / "noise.png")
    for images in (clean, *noisy.values()):
        found = [contains(picture, image, 40) for image in images[:, 0].numpy()]
        assert found == [False, True, False, True, False]


def test_denoised_faces_are_shown_with_the_scores_of_the_table(tmp_path: Path) -> None:
    table, shown = scores(5), np.array([0, 4])
    shown_faces = {name: faces(2, seed=place) for place, name in enumerate(("gan", "clean", "unet", "noisy"))}
    figure = task_figure("high_gaussian", shown_faces, table, shown)
    expected = []
    for method, title in (("noisy", "Noisy"), ("unet", "U-Net"), ("gan", "GAN")):
        psnr, ssim = table[f"{method}_psnr"], table[f"{method}_ssim"]
        pairs = ((psnr.mean(), ssim.mean()), (psnr[0], ssim[0]), (psnr[4], ssim[4]))
        expected += [title, *(text for pair in pairs for text in (f"{pair[0]:.2f} dB", f"{pair[1]:.3f}"))]
    assert texts(figure)[2:] == [*expected, "Clean", "row 32298", "row 32302"]
    assert texts(figure)[0] == "High Gaussian noise"
    picture = read_back(figure, tmp_path / "task.png")
    second_row = picture[912:1392]
    found = [
        [x for x in (64, 576, 1088, 1600) if contains(second_row[:, x : x + 480], images[1, 0].numpy(), 40)]
        for images in shown_faces.values()
    ]
    assert found == [[1088], [1600], [576], [64]]


@pytest.mark.parametrize("epochs", [1, 7])
def test_curves_are_the_histories(epochs: int) -> None:
    unet = {task: history(epochs, seed=place) for place, task in enumerate(TASKS)}
    gan = {task: history(epochs, seed=9 + place) for place, task in enumerate(TASKS)}
    figure = training_figure(unet, gan)
    drawn = ((unet, "val_psnr"), (unet, "loss"), (gan, "val_psnr"), (gan, "generator_loss"))
    for axes, (histories, column) in zip(figure.axes, drawn, strict=True):
        assert [line.get_color() for line in axes.get_lines()] == [TASK_COLOURS[task] for task in TASKS]
        for task, line in zip(TASKS, axes.get_lines(), strict=True):
            np.testing.assert_array_equal(line.get_xdata(), histories[task]["epoch"])
            np.testing.assert_array_equal(line.get_ydata(), histories[task][column])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(TASK_TITLES.values())


def test_epochs_are_counted_in_whole_numbers() -> None:
    figure = training_figure(*({task: history(1) for task in TASKS} for _ in MODELS))
    figure.canvas.draw()
    for axes in figure.axes:
        assert all(float(tick).is_integer() for tick in axes.get_xticks())


def test_colours_differ_in_lightness_too() -> None:
    colours = np.array([mpl.colors.to_rgb(colour) for colour in TASK_COLOURS.values()])
    lightness = np.sort(colours @ [0.2126, 0.7152, 0.0722])
    assert np.diff(lightness).min() > 0.02


def test_a_style_of_the_users_own_changes_nothing(tmp_path: Path) -> None:
    def draw(name: str) -> bytes:
        figure = training_figure(*({task: history(4) for task in TASKS} for _ in MODELS))
        save_png(figure, tmp_path / name)
        return (tmp_path / name).read_bytes()

    plain = draw("plain.png")
    with mpl.rc_context(
        {"font.size": 31, "axes.facecolor": "black", "savefig.bbox": "tight", "savefig.dpi": 50}
    ):
        assert draw("own.png") == plain


def test_a_picture_names_no_version_and_leaves_no_rest(tmp_path: Path) -> None:
    save_png(Figure(figsize=(1, 1)), tmp_path / "new" / "blank.png")
    content = (tmp_path / "new" / "blank.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert b"tEXt" not in content
    assert b"tIME" not in content
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["blank.png"]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with what `report` reads; a "network" is the path of its weights and turns a face."""
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path, faces(3, seed=1))
    write_tensors(Path("data/splits/train.safetensors"), {"images": faces(8), "emotion": torch.arange(8) - 1})
    for place, task in enumerate(TASKS):
        write_tensors(Path(f"data/noisy/{task}/test.safetensors"), {"images": faces(3, seed=2 + place)})
    monkeypatch.setattr(report, "load_params", run_params)
    monkeypatch.setattr(report, "load_denoiser", lambda path: path)
    turn = {"unet": 1, "gan": 2}
    monkeypatch.setattr(report, "denoise", lambda path, noisy: noisy.rot90(turn[path.stem], (2, 3)))
    return tmp_path / "reports" / "figures"


def test_the_stage_draws_every_picture_the_same_twice(workspace: Path) -> None:
    report.main()
    first = {path.name: path.read_bytes() for path in workspace.iterdir()}
    assert set(first) == {"samples.png", "noise.png", "training.png", *(f"{task}.png" for task in TASKS)}
    for place, task in enumerate(TASKS):
        picture = pixels(workspace / f"{task}.png")
        assert all(contains(picture, image, 40) for image in faces(3, seed=1)[:, 0].numpy())
        for image in faces(3, seed=2 + place)[:, 0].numpy():
            assert all(contains(picture, np.rot90(image, turns), 40) for turns in (0, 1, 2))
    report.main()
    assert {path.name: path.read_bytes() for path in workspace.iterdir()} == first
