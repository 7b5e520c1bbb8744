"""How the trainings went: the tasks overlaid, U-Net above GAN."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from facedenoise.report.style import TASK_COLOURS, TASK_TITLES, TEXT, drawn_in_style, new_figure

WIDTH, HEIGHT = 1072, 880  # points
LEFT, RIGHT, BOTTOM, TOP = 72, 32, 72, 196  # points round the four plots


@drawn_in_style
def training_figure(unet: Mapping[str, pd.DataFrame], gan: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw loss and validation PSNR over the epochs, one line for each task.

    Parameters
    ----------
    unet : mapping of str to pd.DataFrame
        For each task its history: one row per epoch, columns `epoch`, `loss`, `val_psnr`.
    gan : mapping of str to pd.DataFrame
        Likewise, with `generator_loss` instead of `loss`.

    Returns
    -------
    Figure
        Two rows of two plots: U-Net above GAN, validation PSNR beside the loss.
    """
    note = "By epoch; the validation faces and their noise are the same throughout"
    figure = new_figure(WIDTH, HEIGHT, "Training", note)
    axes = figure.subplots(2, 2, squeeze=False)
    figure.subplots_adjust(
        left=LEFT / WIDTH,
        right=1 - RIGHT / WIDTH,
        bottom=BOTTOM / HEIGHT,
        top=1 - TOP / HEIGHT,
        wspace=0.16,
        hspace=0.34,
    )
    _draw_lines(axes[0, 0], "U-Net: validation PSNR (dB)", unet, "val_psnr")
    _draw_lines(axes[0, 1], "U-Net: loss", unet, "loss")
    _draw_lines(axes[1, 0], "GAN: validation PSNR (dB)", gan, "val_psnr")
    _draw_lines(axes[1, 1], "GAN: generator loss", gan, "generator_loss")
    _scale_by_factors(axes[0, 1])
    for lower in axes[1]:
        lower.set_xlabel("epoch")
    _draw_legend(figure, axes[0, 0])
    return figure


def _draw_lines(axes: Axes, title: str, histories: Mapping[str, pd.DataFrame], column: str) -> None:
    """Draw one column of each task's history; a dot marks its last epoch, and shows a history of one."""
    axes.set_title(title, pad=14)
    for task, history in histories.items():
        (line,) = axes.plot(history["epoch"], history[column], marker="o", markevery=[-1], markersize=7)
        line.set(color=TASK_COLOURS[task], label=TASK_TITLES[task])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _scale_by_factors(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers beside it."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())


def _draw_legend(figure: Figure, axes: Axes) -> None:
    """Name the tasks once for all plots, above them."""
    figure.legend(
        handles=axes.get_lines(),
        loc="lower left",
        bbox_to_anchor=(LEFT / WIDTH, 1 - (TOP - 52) / HEIGHT),
        ncols=len(TASK_TITLES),
        frameon=False,
        fontsize=TEXT,
        borderpad=0,
        borderaxespad=0,
    )
