"""Random numbers of a training: pure functions of (seed, epoch, stream), without a state.

A training that resumes at (epoch, step) therefore sees the same numbers.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

ORDER = 0  # the stream of an epoch's order; each step has its own stream, with a higher number
BUFFER = 1 << 20  # images that are shuffled at once
BLOCK = 1 << 12  # images that are read from one place of a larger set


def batch_places(seed: int, epoch: int, step: int, *, size: int, count: int) -> NDArray[np.int64]:
    """Return which images of a set make a batch.

    An epoch is a permutation. In a set of more than `BUFFER` images, blocks of neighbours are shuffled, then
    the images of the blocks that fill a buffer: so a training reads in one region after another, and its
    memory does not grow with the set.

    Parameters
    ----------
    seed, epoch, step : int
        Of the batch.
    size : int
        Images in a batch; the last one may have fewer.
    count : int
        Images in the set.

    Returns
    -------
    ndarray of int64
        Their places, from 0 to count - 1.
    """
    start, stop = step * size, min((step + 1) * size, count)
    buffers = range(start // BUFFER, (stop - 1) // BUFFER + 1)
    parts = [
        _shuffled(seed, epoch, number, count)[max(start - number * BUFFER, 0) : stop - number * BUFFER]
        for number in buffers
    ]
    return np.concatenate(parts)


@lru_cache(maxsize=2)  # all steps of a buffer share it, and one step may need two
def _shuffled(seed: int, epoch: int, number: int, count: int) -> NDArray[np.int64]:
    """Return the places of the images in a buffer, in their order."""
    if count <= BUFFER:
        return _generator(seed, epoch, ORDER).permutation(count)
    whole, rest = divmod(count, BLOCK)
    blocks = np.append(_generator(seed, epoch, ORDER).permutation(whole), [whole] * bool(rest))
    per_buffer = BUFFER // BLOCK
    own = blocks[number * per_buffer : (number + 1) * per_buffer]
    places = (own[:, np.newaxis] * BLOCK + np.arange(BLOCK)).ravel()
    return _generator(seed, epoch, ORDER, number + 1).permutation(places[places < count])


def step_generator(seed: int, epoch: int, step: int) -> np.random.Generator:
    """Return the generator of one step."""
    return _generator(seed, epoch, ORDER + 1 + step)


def _generator(seed: int, epoch: int, stream: int, buffer: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed, counter=[0, buffer, stream, epoch]))
