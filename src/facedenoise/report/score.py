"""How each score is named, written, and judged."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from facedenoise.evaluation.difference import Difference

MINUS = "\N{MINUS SIGN}"
NO_REPLICATES = "no replicates: what seeds alone do is not known here"


@dataclass(frozen=True)
class Score:
    """One kind of score: its name with the unit, which values are good, and how they are written.

    `form` is a format specification; `best` finds the best of several values.
    """

    title: str
    better: str
    form: str
    best: Callable[[Iterable[float]], float]

    def write(self, value: float) -> str:
        """Write a value."""
        return _typeset(value, self.form)

    def write_range(self, interval: dict[str, float]) -> str:
        """Write the ends of an interval with `low` and `high`."""
        return f"{self.write(interval['low'])} to {self.write(interval['high'])}"

    def write_difference(self, value: float) -> str:
        """Write a value with its sign; the difference of two shares is in points."""
        if self.form.endswith("%"):
            return f"{_typeset(100 * value, '+.1f')} points"
        return _typeset(value, f"+{self.form}")

    def write_finding(self, found: Difference) -> str:
        """Say whether two runs differ in this score, by how much, and how far seeds alone move it."""
        if found.verdict == "the same":
            return found.verdict
        write = self.write_difference
        faces = found.faces and " ({} to {})".format(*map(write, found.faces))
        moved = found.seeds is not None and f"seeds alone move it by up to {write(found.seeds).lstrip('+')}"
        return f"{found.verdict}: {write(found.mean)}{faces or ''}, {moved or NO_REPLICATES}"


def _typeset(value: float, form: str) -> str:
    return format(value, form).replace("-", MINUS)


def _nearest_to_chance(values: Iterable[float]) -> float:
    return min(values, key=lambda value: abs(value - 0.5))


SCORES = {
    "psnr": Score("PSNR, dB", "higher is better", ".2f", max),
    "ssim": Score("SSIM", "higher is better", ".4f", max),
    "gmsd": Score("GMSD", "lower is better", ".4f", min),
    "haarpsi": Score("HaarPSI", "higher is better", ".4f", max),
    "spectrum_error": Score("Spectrum error", "lower is better", ".4f", min),
    "two_sample": Score("Two-sample", "0.5 is best", ".3f", _nearest_to_chance),
    "frechet": Score("Fréchet distance", "lower is better", ".3f", min),
    "label_accuracy": Score("Label accuracy", "higher is better", ".1%", max),
    "balanced_accuracy": Score("Balanced accuracy", "higher is better", ".1%", max),
    "label_agreement": Score("Label agreement", "higher is better", ".1%", max),
}
"""The scores by their names in the evaluation files."""


def mean(value: Any) -> float:  # noqa: ANN401
    """Return the mean of an interval; a plain number is its own mean."""
    return float(value["mean"] if isinstance(value, dict) else value)
