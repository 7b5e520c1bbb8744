"""The look that all pictures share: names, colours, type, and how a picture becomes a file."""

from pathlib import Path

import matplotlib.style
from matplotlib.figure import Figure

from facedenoise.files import replacing

TASK_TITLES = {
    "low_gaussian": "Low Gaussian noise",
    "high_gaussian": "High Gaussian noise",
    "salt_pepper": "Salt-and-pepper noise",
}
METHOD_TITLES = {
    "noisy": "Noisy",
    "median": "Median",
    "nlm": "Non-local means",
    "tv": "Total variation",
    "wavelet": "Wavelet",
    "biharmonic": "Biharmonic inpainting",
    "unet": "U-Net",
    "gan": "GAN",
}

# Blue, vermillion and green of Okabe & Ito's palette: told apart with any kind of colour vision.
TASK_COLOURS = {"low_gaussian": "#0072B2", "high_gaussian": "#D55E00", "salt_pepper": "#009E73"}
INK = "#1f2328"
QUIET = "#656d76"
HAIRLINE = "#d0d7de"

# Layout and type are in points of 1/72 inch; two pixels to the point keep letters sharp on fine screens.
PIXELS_PER_POINT = 2
POINTS_PER_INCH = 72
MARGIN = 32
TITLE, TEXT = 27, 17  # type sizes

# The default style comes first, so that a matplotlibrc of the user's own changes no picture.
drawn_in_style = matplotlib.style.context(
    [
        "default",
        {
            "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters everywhere
            "font.size": TEXT,
            "text.color": INK,
            "axes.edgecolor": HAIRLINE,
            "axes.labelcolor": QUIET,
            "axes.titlecolor": INK,
            "axes.titlelocation": "left",
            "axes.titlesize": TEXT,
            "axes.titleweight": "bold",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#eaeef2",
            "xtick.color": HAIRLINE,
            "xtick.labelcolor": QUIET,
            "ytick.color": HAIRLINE,
            "ytick.labelcolor": QUIET,
            "lines.linewidth": 2.5,
            "lines.solid_capstyle": "round",
        },
    ]
)
"""Decorator of the functions that build or save a figure."""


@drawn_in_style
def new_figure(width: float, height: float, title: str, note: str, *, scale: float = 1) -> Figure:
    """Start a figure with its title and a quieter line below it.

    Parameters
    ----------
    width, height : float
        In points.
    title, note : str
        Set at the top left, within the upper 100 points.
    scale : float
        Enlarges the whole figure in pixels; its layout in points stays.

    Returns
    -------
    Figure
        White, with no axes, bound to no window system and to no global state.
    """
    dpi = POINTS_PER_INCH * PIXELS_PER_POINT * scale
    figure = Figure(figsize=(width / POINTS_PER_INCH, height / POINTS_PER_INCH), dpi=dpi, facecolor="white")
    left = MARGIN / width
    figure.text(left, 1 - 54 / height, title, fontsize=TITLE, fontweight="bold")
    figure.text(left, 1 - 84 / height, note, fontsize=TEXT, color=QUIET)
    return figure


@drawn_in_style
def save_png(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, whole or not at all; the same figure gives the same bytes.

    Parameters
    ----------
    figure : Figure
        What to write, in its own size.
    path : Path
        The file; its folder is made if it is missing.
    """
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})  # no version of matplotlib
