"""Draw the picture of the results of `levels.py`.

python benchmarks/levels_shown.py      # draws docs/pictures/levels.png anew
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import matplotlib.style
from common import RESULTS, ROOT
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from facedenoise.report.grid import save_png
from facedenoise.report.style import INK, QUIET, SERIES

PICTURE = ROOT / "docs/pictures/levels.png"
INCHES, PIXELS_PER_INCH = (11, 5), 144
Measured = Mapping[str, Any]
"""One strength of a series, as `levels.py` measures it."""


class Panel(NamedTuple):
    """A series: its title, its axis's title, the method that it compares with, and where it is cut off."""

    title: str
    axis: str
    zero: str
    limits: tuple[float, float]


class Curve(NamedTuple):
    """How a method is drawn."""

    title: str
    colour: str
    width: float = 1.5


PANELS = {
    "gaussian": Panel(
        "Gaussian noise: PSNR over FFDNet, told", "standard deviation, intensities 0 to 1", "ffdnet", (-3, 2)
    ),
    "salt_pepper": Panel(
        "Black and white pixels: PSNR over biharmonic inpainting",
        "share of the pixels",
        "biharmonic",
        (-3, 9),
    ),
}
BLUE, RED, GREEN, PINK, *_ = (colour for colour, _ in SERIES)
ALONE = Curve("ours, trained at one strength", GREEN)
CURVES = {
    "nonlocal_means": Curve("non-local means, told", QUIET),
    "bm3d": Curve("BM3D, told", PINK),
    "low_gaussian": ALONE,
    "high_gaussian": ALONE,
    "salt_pepper": ALONE,
    "told": Curve("ours for any noise, told", BLUE, 5),
    "chosen": Curve("ours, by its own estimate", RED, 2),
}


@matplotlib.style.context(["default", {"font.family": "DejaVu Sans", "font.size": 10, "text.color": INK}])
def draw_levels(series: Mapping[str, Sequence[Measured]]) -> Figure:
    """Draw the gain in PSNR of each method over the strength, one panel a series."""
    figure = Figure(figsize=INCHES, dpi=PIXELS_PER_INCH, layout="constrained", facecolor="white")
    drawn: dict[str, Line2D] = {}
    for axes, (name, panel) in zip(figure.subplots(1, len(PANELS)), PANELS.items(), strict=True):
        drawn |= draw_panel(axes, panel, series[name])
    figure.legend(drawn.values(), drawn.keys(), loc="outside lower center", ncols=len(drawn), frameon=False)
    return figure


def draw_panel(axes: Axes, panel: Panel, measured: Sequence[Measured]) -> dict[str, Line2D]:
    """Draw the curves of a series, ours in the shade of their intervals; return them by title."""
    strengths = [row["strength"] for row in measured]
    axes.axhline(0, color=INK)
    drawn = {}
    for method in (method for method in CURVES if method in measured[0]["psnr"]):
        title, colour, width = CURVES[method]
        gains = [row["psnr"][method]["mean"] - row["psnr"][panel.zero]["mean"] for row in measured]
        (drawn[title],) = axes.plot(strengths, gains, ".-", color=colour, linewidth=width)
        if over := [row[f"{method}_over"][panel.zero] for row in measured if f"{method}_over" in row]:
            low, high = ([interval[end] for interval in over] for end in ("low", "high"))
            axes.fill_between(strengths, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.set(ylim=panel.limits, xlabel=panel.axis, ylabel="dB")
    axes.set_title(panel.title, loc="left", fontsize="medium", fontweight="bold")
    axes.spines[["top", "right"]].set_visible(False)
    return drawn


if __name__ == "__main__":
    measured = json.loads((RESULTS / "levels.json").read_text(encoding="utf-8"))["series"]
    save_png(draw_levels(measured), PICTURE)
