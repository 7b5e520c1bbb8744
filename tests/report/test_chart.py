"""Charts: a point stands where its numbers say, and the numbers on the axes stand where they belong."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facedenoise.report.chart import Chart, Line, draw_chart

numbers = st.floats(-1e6, 1e6, allow_nan=False)


def drawn_line(points: list[tuple[float, float]], *, whole: bool = False, logarithmic: bool = False) -> Chart:
    axes = ("x", "y")
    return draw_chart("", "", axes, [Line("", points)], [], whole=whole, logarithmic=logarithmic)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20))
def test_every_point_stands_within_the_plot(points: list[tuple[float, float]]) -> None:
    chart = drawn_line(points)
    assert all(chart.left <= x <= chart.right for x, _ in chart.lines[0].points)
    assert all(chart.top <= y <= chart.bottom for _, y in chart.lines[0].points)


@pytest.mark.parametrize(
    ("heights", "logarithmic"), [((0, 3, 12), False), ((0, 3, 12), True), ((0.01, 0.1, 100), True)]
)
def test_points_are_in_proportion_and_factors_are_equal_steps_but_not_from_zero(
    heights: tuple[float, ...], logarithmic: bool
) -> None:
    chart = drawn_line([*zip((0, 1, 4), heights, strict=True)], logarithmic=logarithmic)
    (x0, y0), (x1, y1), (x2, y2) = chart.lines[0].points
    assert (x1 - x0) * 4 == pytest.approx(x2 - x0, abs=0.3)
    assert (y1 - y0) * 4 == pytest.approx(y2 - y0, abs=0.3)
    assert y0 > y1 > y2


@pytest.mark.parametrize(
    ("low", "high", "logarithmic"),
    [(30, 38, False), (0.004, 0.03, True), (0.03, 0.031, True), (1e-3, 1e3, True), (5, 5, False)],
)
def test_a_number_on_the_axis_stands_where_its_point_would(
    low: float, high: float, logarithmic: bool
) -> None:
    chart = drawn_line([(1, low), (2, high)], logarithmic=logarithmic)
    assert 1 <= len(chart.y_ticks) <= 8
    for tick, text in chart.y_ticks:
        value = float(text.replace("\N{MINUS SIGN}", "-"))
        place = math.log if logarithmic else float
        (_, y_low), (_, y_high) = chart.lines[0].points
        if high > low:
            share = (place(value) - place(low)) / (place(high) - place(low))
            assert tick == pytest.approx(y_low + share * (y_high - y_low), abs=0.3)


@pytest.mark.parametrize("epochs", [1, 2, 3, 40])
def test_epochs_are_counted_in_whole_numbers(epochs: int) -> None:
    ticks = drawn_line([(epoch, 1.0) for epoch in range(1, epochs + 1)], whole=True).x_ticks
    assert ticks
    assert all(text.isdigit() for _, text in ticks)
