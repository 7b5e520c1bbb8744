"""A small chart as the numbers of an inline SVG; the page styles it, so it follows light and dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from matplotlib.ticker import Locator, LogLocator, MaxNLocator

AIR = 0.06  # of the span of the data, left free at each end
TICKS = 5  # at most this many intervals between ticks
Tick = tuple[float, str]  # a place on an axis, and the number there


@dataclass(frozen=True)
class Line:
    """Points that are joined; `kind` chooses the look."""

    kind: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Mark:
    """A single point; `text` says what it is."""

    kind: str
    text: str
    x: float
    y: float


@dataclass(frozen=True)
class Chart:
    """A drawing of `size` with its plot between the edges; later marks cover earlier ones and all lines.

    All places are in units of the drawing, pixels on a phone, from its upper left corner, to a tenth. The
    `title` is the caption; the `description` is for readers who cannot see the drawing.
    """

    size: ClassVar = (340, 250)
    left: ClassVar = 46
    right: ClassVar = 328
    top: ClassVar = 26
    bottom: ClassVar = 212
    title: str
    description: str
    x_title: str
    y_title: str
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    lines: Sequence[Line]
    marks: Sequence[Mark]


def draw_chart(
    title: str,
    description: str,
    axes: tuple[str, str],
    lines: Sequence[Line],
    marks: Sequence[Mark],
    *,
    whole: bool = False,
    logarithmic: bool = False,
) -> Chart:
    """Scale lines and marks, at least one point in all, to a drawing, and choose the numbers on its axes.

    Parameters
    ----------
    axes : tuple of str
        What the horizontal and the vertical axis measure.
    whole : bool, default False
        Number the horizontal axis in whole numbers.
    logarithmic : bool, default False
        Scale the vertical axis by factors, if all values are positive.
    """
    points = [point for line in lines for point in line.points] + [(mark.x, mark.y) for mark in marks]
    across = _Axis([x for x, _ in points], Chart.left, Chart.right)
    heights = [y for _, y in points]
    upwards = _Axis(heights, Chart.bottom, Chart.top, logarithmic=logarithmic and min(heights) > 0)
    return Chart(
        title,
        description,
        *axes,
        across.ticks(whole=whole),
        upwards.ticks(),
        [Line(line.kind, [(across.place(x), upwards.place(y)) for x, y in line.points]) for line in lines],
        [Mark(mark.kind, mark.text, across.place(mark.x), upwards.place(mark.y)) for mark in marks],
    )


class _Axis:
    """The scale from values to places between two edges of the drawing."""

    def __init__(
        self, values: Sequence[float], start: float, end: float, *, logarithmic: bool = False
    ) -> None:
        self.logarithmic = logarithmic
        self.start, self.end = start, end
        scaled = [self._scaled(value) for value in values]
        air = AIR * (max(scaled) - min(scaled)) or 0.5
        self.low, self.high = min(scaled) - air, max(scaled) + air

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.logarithmic else value

    def place(self, value: float) -> float:
        share = (self._scaled(value) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, *, whole: bool = False) -> list[Tick]:
        ends = (10**self.low, 10**self.high) if self.logarithmic else (self.low, self.high)
        values = self._locator(whole=whole).tick_values(*ends)
        inside = [float(value) for value in values if ends[0] <= value <= ends[1]]
        return [(self.place(value), f"{value:g}".replace("-", "\N{MINUS SIGN}")) for value in inside]

    def _locator(self, *, whole: bool) -> Locator:
        """Choose round numbers; over less than half a decade, equal steps are rounder than factors."""
        decades = self.high - self.low
        if self.logarithmic and decades > 0.5:  # noqa: PLR2004
            return LogLocator(subs=(1, 2, 5) if decades < 2 else (1,))  # noqa: PLR2004
        return MaxNLocator(TICKS, steps=[1, 2, 2.5, 5, 10], integer=whole, min_n_ticks=1)
