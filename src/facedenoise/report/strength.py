"""The PSNR over the strength of a noise that varies."""

import pandas as pd

from facedenoise.evaluation.strength import strength_curves
from facedenoise.report.chart import Chart, Line, Mark, draw_chart
from facedenoise.report.results import Results
from facedenoise.report.score import SCORES
from facedenoise.report.style import METHOD_TITLES

Curves = dict[str, pd.DataFrame]
"""Curves by the kind of noise, as `strength_curves` returns them."""


def curves_by_task(results: Results) -> dict[str, Curves]:
    """Return the curves of those tasks whose noise varies."""
    curves = {task: strength_curves(shown.table) for task, shown in results.shown.items()}
    return {task: found for task, found in curves.items() if found}


def drawn_methods(curves: Curves) -> list[str]:
    """Name the methods of the curves, which are the same for all kinds, in the order of the legend."""
    return [method for method in METHOD_TITLES if method in next(iter(curves.values()))]


def kind_title(kind: str) -> str:
    """Name a kind of noise: `gaussian+salt_pepper` is "Gaussian, then salt pepper"."""
    return kind.replace("+", ", then ").replace("_", " ").capitalize()


def strength_chart(kind: str, curve: pd.DataFrame) -> Chart:
    """Draw the methods under a kind of noise, with a dot at the strongest."""
    methods = drawn_methods({kind: curve})
    lines = [
        Line(method, list(zip(curve.index.tolist(), curve[method].tolist(), strict=True)))
        for method in methods
    ]
    marks = [_last(line) for line in lines]
    spoken = " ".join(f"{mark.text}." for mark in marks)
    return draw_chart(kind_title(kind), spoken, ("strength", SCORES["psnr"].title), lines, marks)


def _last(line: Line) -> Mark:
    strength, psnr = line.points[-1]
    text = f"{METHOD_TITLES[line.kind]}: {psnr:.2f} dB at {strength:.3f}"
    return Mark(line.kind, text, strength, psnr)
