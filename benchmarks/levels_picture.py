"""The picture of `levels.py`: how far each method is above or below the best other one, over the strength.

python benchmarks/levels_picture.py      # draws docs/pictures/levels.png from benchmarks/results/levels.json
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib.style
from common import RESULTS, ROOT
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from facedenoise.report.grid import save_png
from facedenoise.report.style import INK, QUIET, SERIES

PICTURE = ROOT / "docs/pictures/levels.png"
INCHES, PIXELS_PER_INCH = (11, 4.8), 144
Measured = Mapping[str, Any]
"""One strength of a series, as `levels.py` measures it."""


class Panel(NamedTuple):
    """A series: its title, that of its axis, what is zero in it, where it is cut off, and its curves."""

    title: str
    axis: str
    zero: str
    limits: tuple[float, float]
    curves: Mapping[str, tuple[str, str]]
    """Title and colour of each method."""


BLUE, RED, GREEN, PINK, ORANGE, _ = (colour for colour, _ in SERIES)
OURS = {"told": ("ours, told the strength", BLUE), "chosen": ("ours, by its own estimate", ORANGE)}
ZERO = {"ffdnet": "FFDNet, told", "biharmonic": "biharmonic inpainting"}
PANELS = {
    "gaussian": Panel(
        "Gaussian noise",
        "standard deviation, on intensities from 0 to 1",
        "ffdnet",
        (-3, 2),
        {
            **OURS,
            "low_gaussian": ("ours for 0.02 alone", GREEN),
            "high_gaussian": ("ours for 0.06 alone", PINK),
            "bm3d": ("BM3D, told", RED),
            "nonlocal_means": ("non-local means, told", QUIET),
        },
    ),
    "salt_pepper": Panel(
        "Black and white pixels",
        "share of the pixels",
        "biharmonic",
        (-3, 9),
        {**OURS, "salt_pepper": ("ours for 10% alone", GREEN)},
    ),
}


@matplotlib.style.context(["default", {"font.family": "DejaVu Sans", "font.size": 10, "text.color": INK}])
def draw_levels(series: Mapping[str, Sequence[Measured]]) -> Figure:
    """Draw the gain in PSNR of each method over the strength, one panel a series."""
    figure = Figure(figsize=INCHES, dpi=PIXELS_PER_INCH, layout="constrained", facecolor="white")
    for axes, (name, panel) in zip(figure.subplots(1, len(PANELS)), PANELS.items(), strict=True):
        draw_panel(axes, panel, series[name])
    return figure


def draw_panel(axes: Axes, panel: Panel, measured: Sequence[Measured]) -> None:
    """Draw the curves of a series; ours are thick, in the shade of their intervals."""
    strengths = [row["strength"] for row in measured]
    axes.axhline(0, color=INK, label=ZERO[panel.zero])
    for method, (title, colour) in panel.curves.items():
        gains = [row["psnr"][method]["mean"] - row["psnr"][panel.zero]["mean"] for row in measured]
        axes.plot(strengths, gains, color=colour, linewidth=3 if method in OURS else 1.5, label=title)
        if method in OURS:
            intervals = [row[f"{method}_over"][panel.zero] for row in measured]
            low, high = ([interval[end] for interval in intervals] for end in ("low", "high"))
            axes.fill_between(strengths, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.set_xscale("log")
    axes.set_xticks(strengths, [f"{strength:g}" for strength in strengths])
    axes.minorticks_off()
    axes.set(ylim=panel.limits, xlabel=panel.axis, ylabel=f"PSNR over {ZERO[panel.zero]}, dB")
    axes.set_title(panel.title, loc="left", fontweight="bold")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)


if __name__ == "__main__":
    save_png(
        draw_levels(json.loads((RESULTS / "levels.json").read_text(encoding="utf-8"))["series"]), PICTURE
    )
