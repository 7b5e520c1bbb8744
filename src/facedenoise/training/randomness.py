"""Random numbers of a training: pure functions of (seed, epoch, stream), without a state.

A training that resumes at (epoch, step) therefore sees the same numbers.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

ORDER = 0  # the stream of an epoch's order; each step has its own stream, with a higher number


@lru_cache(maxsize=1)  # all steps of an epoch share it
def shuffled(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """Return the order of an epoch: a permutation of 0 to count - 1."""
    return _generator(seed, epoch, ORDER).permutation(count)


def step_generator(seed: int, epoch: int, step: int) -> np.random.Generator:
    """Return the generator of one step."""
    return _generator(seed, epoch, ORDER + 1 + step)


def _generator(seed: int, epoch: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, stream, epoch]))
