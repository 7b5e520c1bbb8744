"""Choose a network for an image by the noises that the networks were trained on."""

from collections.abc import Mapping
from typing import NamedTuple

from facedenoise.denoise.networks import Trained
from facedenoise.denoise.noise_level import NoiseEstimate
from facedenoise.noise import Noise

NONE, OTHER = "none", "other"
"""Instead of a task: no noise, or noise that no network was trained on."""
_NO_NETWORK = "no network was trained on such noise; left as it is"

_NEAR = 0.08  # of its sigma: so far off, the network of one level is still the best for it
_MOSTLY = 0.75  # of the variance, the same for all pixels: Gaussian noise
_TIMES = 4  # as many impulses as its own a network for impulses fills best
_LEAST_USUAL, _ABOVE_USUAL = 0.85, 0.012  # estimates of a level: from 0.85 * level to level + 0.012


class Choice(NamedTuple):
    """The task whose network an image needs, or `NONE` or `OTHER`.

    `estimate` is what was found in the image, None if the user chose a network that is told nothing; `remark`
    is that of the estimate, and says if the noise is not what the networks were trained on.
    """

    task: str
    estimate: NoiseEstimate | None = None
    remark: str = ""

    def __str__(self) -> str:
        if self.estimate is None:
            return f"{self.task}, as told"
        if self.task == NONE:
            return f"no noise found, left as it is{self.remark and f' ({self.remark})'}"
        found = str(self.estimate) or "no noise found"  # the user chose the network
        return f"{self.task} ({', '.join(filter(None, (found, self.remark)))})"


def choose(estimate: NoiseEstimate, networks: Mapping[str, Trained]) -> Choice:
    """Choose one of the tasks in `networks`; of several that fit equally well, the first by name.

    A network is best for the very noise that it was trained on. For any other noise one is right that is told
    the level and has learned every strength. Without such a one, lone black and white pixels need a network
    that keeps all other pixels; all other noise needs that of the nearest standard deviation.
    """
    task, remark = _choose(estimate, networks)
    return Choice(task, estimate, "; ".join(filter(None, (remark, estimate.remark))))


def _choose(estimate: NoiseEstimate, networks: Mapping[str, Trained]) -> tuple[str, str]:
    """Return the task, and a remark if its network was trained on other noise."""
    if estimate.is_clean:
        return NONE, ""
    if own := sorted(task for task, network in networks.items() if _is_surely(estimate, network.noise)):
        return own[0], ""
    if told := sorted(task for task, network in networks.items() if network.is_told and network.noise.varies):
        return told[0], ""
    noises = {task: network.noise for task, network in sorted(networks.items())}
    if estimate.has_impulses:
        fitting = [task for task, noise in noises.items() if noise.keeps_unsaturated]
        return (fitting[0], "") if fitting else (OTHER, _NO_NETWORK)
    levels = {task: noise.sigma for task, noise in noises.items() if noise.sigma is not None}
    if not levels:
        return OTHER, _NO_NETWORK
    task = min(levels, key=lambda task: abs(levels[task] - estimate.sigma))
    is_usual = _LEAST_USUAL * levels[task] <= estimate.sigma <= levels[task] + _ABOVE_USUAL
    return task, "" if is_usual else _remark(estimate.sigma, sorted({*levels.values()}))


def _is_surely(estimate: NoiseEstimate, noise: Noise) -> bool:
    """Return whether what was found is the noise of one strength that a network was trained on."""
    if noise.varies:
        return False
    if estimate.has_impulses:
        return (
            not estimate.sigma and noise.impulses is not None and estimate.impulses <= _TIMES * noise.impulses
        )
    is_gaussian = estimate.constant >= _MOSTLY * estimate.sigma**2
    return (
        noise.sigma is not None and is_gaussian and abs(estimate.sigma - noise.sigma) <= _NEAR * noise.sigma
    )


def _remark(sigma: float, levels: list[float]) -> str:
    where = "between" if levels[0] < sigma < levels[-1] else "outside"
    named = " and ".join(f"{level:g}" for level in levels)
    return f"{where} the trained level{'s' if len(levels) > 1 else ''} {named}; the nearer one is used"
