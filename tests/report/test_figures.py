"""The pictures: every pixel of a face is there, every number is that of the tables."""

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import torch
from finished_run import Read, versions
from helpers import tinted
from matplotlib.figure import Figure
from matplotlib.image import imread
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from facedenoise.evaluation.shown import evenly_spaced
from facedenoise.images.fer2013 import EMOTIONS
from facedenoise.report.figures import noise_figure, sample_figure, task_figure
from facedenoise.report.grid import Column, draw_grid, save_png
from facedenoise.report.shown import drawable
from stages import picture, report


def faces(count: int, side: int = 12, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 1, side, side), dtype=torch.uint8, generator=generator)


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def read_back(figure: Figure, path: Path) -> NDArray[np.uint8]:
    """Save a figure and read one colour of it, shape (H, W): faces and what is around them are grey."""
    save_png(figure, path)
    return (imread(path)[..., 0] * 255).round().astype(np.uint8)


def contains(picture: NDArray[np.uint8], image: NDArray[np.uint8], factor: int) -> bool:
    """Tell whether an image, enlarged by a whole factor, is somewhere in a picture."""
    enlarged = np.kron(image, np.ones((factor, factor), dtype=np.uint8))
    windows = sliding_window_view(picture, enlarged.shape)
    # Compared whole only where three of its pixels fit, far from one another.
    fits = [windows[:, :, y, x] == enlarged[y, x] for y, x in ((0, 0), (-1, 0), (0, -1))]
    places = np.argwhere(np.logical_and.reduce(fits))
    return any(np.array_equal(windows[y, x], enlarged) for y, x in places)


@pytest.mark.parametrize(("side", "cell", "factor"), [(12, 60, 10), (48, 120, 5), (33, 40, 3), (100, 40, 1)])
def test_each_pixel_of_a_face_is_a_square_of_whole_pixels(
    tmp_path: Path, side: int, cell: int, factor: int
) -> None:
    images = faces(3, side)[:, 0].numpy()
    columns = [Column("A", ("1", "2"), images[:2], [("", "")] * 2), Column("B", ("3",), images[2:])]
    picture = read_back(draw_grid("Title", "Note", columns, cell=cell), tmp_path / "grid.png")
    assert all(contains(picture, image, factor) for image in images)
    assert not contains(picture, 255 - images[0], factor)


def test_a_title_is_on_one_line_within_its_column_whatever_it_says() -> None:
    long = "Shot noise of a very dark scene: $\\frac{photons}"
    columns = [Column(title, (), faces(1)[:, 0].numpy()) for title in ("Short\n", f"{long}\n\nat night")]
    figure = draw_grid(long, "", columns, cell=240)
    assert texts(figure) == [long, "", "Short", f"{long} at night"]
    for text, points in zip(figure.texts, (656, 1, 240, 240), strict=True):
        assert text.get_window_extent().width <= points * figure.dpi / 72


def test_samples_are_below_their_label(tmp_path: Path) -> None:
    images, label = faces(9), torch.tensor([3, 3, 3, 3, 3, 3, 3, -1, 0])
    figure = sample_figure(images, label, EMOTIONS)
    assert texts(figure)[2:] == ["Angry", "1", "Happy", "7", "No label", "1"]
    picture = read_back(figure, tmp_path / "samples.png")
    shown = [index for index, image in enumerate(images[:, 0].numpy()) if contains(picture, image, 20)]
    assert shown == [*evenly_spaced(7, 4), 7, 8]


@pytest.mark.parametrize("count", [1, 3, 20])
def test_samples_of_any_number_of_labels_are_of_one_size_and_their_names_fit(count: int) -> None:
    names = [f"{number}, a long name of a label" for number in range(count)]
    figure = sample_figure(faces(2 * count), torch.arange(2 * count) % count, names)
    assert texts(figure)[2::2] == names
    assert figure.bbox.width <= 2 * 1340
    assert len(figure.images) == 2 * count
    for text in figure.texts[2:]:
        assert text.get_window_extent().width <= 120 * figure.dpi / 72


def test_of_very_many_labels_samples_show_the_most_frequent() -> None:
    label = torch.tensor([*range(40), 7, 39, 39])
    figure = sample_figure(faces(43), label, [str(number) for number in range(40)])
    assert texts(figure)[1] == "43 faces; under each label, how many; the 27 most frequent of 40"
    shown = [number for number in range(40) if number < 26 or number == 39]
    assert texts(figure)[2::2] == [str(number) for number in shown]


@pytest.mark.parametrize("tasks", [1, 3, 8])
def test_noises_are_shown_with_the_scores_of_the_table(read: Read, tmp_path: Path, tasks: int) -> None:
    clean, chosen = faces(5), [0, 2, 4]
    results = read(clean, tasks=tasks)
    figure = noise_figure([*results.shown.values()])
    assert figure.bbox.width <= 2 * 1340  # two pixels to the point; more columns begin a new band
    expected = ["Clean", "row 32298", "row 32300", "row 32302"]
    for shown in results.shown.values():
        psnr = shown.table["noisy_psnr"]
        expected += [shown.title, *(f"{value:.2f} dB" for value in (psnr.mean(), *psnr[chosen]))]
    assert texts(figure)[2:] == expected
    picture = read_back(figure, tmp_path / "noise.png")
    for images in (clean, *(versions(place, clean)["noisy"] for place in range(tasks))):
        found = [contains(picture, image, 40) for image in images[:, 0].numpy()]
        assert found == [True, False, True, False, True]


def test_denoised_faces_are_shown_with_the_scores_of_the_table(read: Read, tmp_path: Path) -> None:
    shown = read(faces(2)).shown["high_gaussian"]
    figure = task_figure(shown)
    expected = [
        "High Gaussian noise",
        "PSNR and SSIM of evenly spaced test faces; at the top, the means of all 2",
    ]
    for method, title in (("noisy", "Noisy"), ("unet", "U-Net"), ("gan", "GAN")):
        psnr, ssim = shown.table[f"{method}_psnr"], shown.table[f"{method}_ssim"]
        pairs = ((psnr.mean(), ssim.mean()), (psnr[0], ssim[0]), (psnr[1], ssim[1]))
        expected += [title, *(text for pair in pairs for text in (f"{pair[0]:.2f} dB", f"{pair[1]:.3f}"))]
    assert texts(figure) == [*expected, "Clean", "row 32298", "row 32299"]
    second_row = read_back(figure, tmp_path / "task.png")[912:1392]
    lefts = {"noisy": 64, "unet": 576, "gan": 1088, "clean": 1600}
    for name, left in lefts.items():
        image = versions(1, faces(2))[name][1, 0].numpy()
        found = [x for x in lefts.values() if contains(second_row[:, x : x + 480], image, 40)]
        assert found == [left]


def test_faces_in_colour_are_drawn_in_colour(read: Read, tmp_path: Path) -> None:
    clean = tinted(faces(2))
    results = read(clean)
    (shown, *_), denoised = results.shown.values(), versions(0, clean)
    sampled = sample_figure(clean, torch.tensor([3, 0]), EMOTIONS), (clean,), 20
    noises = noise_figure([shown]), (denoised["noisy"], clean), 40
    methods = task_figure(shown), [denoised[name] for name in ("noisy", "unet", "gan", "clean")], 40
    for figure, batches, factor in (sampled, noises, methods):
        save_png(figure, tmp_path / "figure.png")
        pixels = (imread(tmp_path / "figure.png")[..., :3] * 255).round().astype(np.uint8)
        for image in np.concatenate([drawable(batch) for batch in batches]):
            assert all(contains(pixels[..., part], image[..., part], factor) for part in range(3))


def test_neither_a_style_of_the_users_own_nor_the_version_of_matplotlib_changes_a_picture(
    tmp_path: Path,
) -> None:
    def draw(name: str) -> bytes:
        figure = draw_grid("Title", "Note", [Column("A", ("1",), faces(1)[:, 0].numpy())], cell=60)
        save_png(figure, tmp_path / name)
        return (tmp_path / name).read_bytes()

    plain = draw("plain.png")
    assert b"tEXt" not in plain  # where matplotlib would name itself
    with mpl.rc_context({"font.size": 31, "text.color": "red", "savefig.bbox": "tight", "savefig.dpi": 50}):
        assert draw("own.png") == plain


def test_the_stages_write_the_same_twice(read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(faces(3))
    monkeypatch.setattr(sys, "argv", ["picture", "salt_pepper"])
    found, written = set(tmp_path.glob("reports/**/*")), []
    for _ in range(2):
        report.main()
        picture.main()
        made = [path for path in tmp_path.glob("reports/**/*") if path.is_file() and path not in found]
        written.append({path.name: path.read_bytes() for path in made})
    assert set(written[0]) == {"samples.png", "noise.png", "salt_pepper.png", "index.html", "model_card.md"}
    assert written[0] == written[1]
