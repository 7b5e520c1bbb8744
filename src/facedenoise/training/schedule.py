"""The learning rate over a training, and the average of the weights along it."""

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn


def rate_factor(step: int, steps: int, warmup: float) -> float:
    """Return the factor of the learning rate: it rises in a straight line, and falls in another to zero.

    Defazio et al., "Optimal linear decay learning rate schedules and further refinements", 2023.

    Parameters
    ----------
    step : int
        0 to steps - 1.
    steps : int
        Steps of the whole training.
    warmup : float
        Share of the steps, in [0, 1], in which the factor rises.

    Returns
    -------
    float
        In (0, 1].
    """
    rising = warmup * steps
    if step < rising:
        return min((step + 1) / rising, 1.0)
    return (steps - step) / (steps - rising)


class WeightAverage:
    """An exponential moving average of a network's weights, and of the statistics of its batch norms.

    Parameters
    ----------
    network : nn.Module
        The network that is trained; the average starts as its copy.
    average : nn.Module
        A network of the same shape that holds the average, in evaluation mode.
    decay : float
        In [0, 1). The first steps use a smaller decay, (1 + n) / (10 + n), to forget the start soon.
    """

    def __init__(self, network: nn.Module, average: nn.Module, decay: float) -> None:
        self.average = average.eval().requires_grad_(requires_grad=False)
        self.average.load_state_dict(network.state_dict())
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Move the average towards the network's present weights."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        averages, presents = self.average.state_dict(), network.state_dict()
        floating = [name for name, value in averages.items() if value.is_floating_point()]  # no counters
        move = get_ema_multi_avg_fn(decay)
        move([averages[name] for name in floating], [presents[name] for name in floating], self.updates)
        self.updates += 1
