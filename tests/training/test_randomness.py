"""The order of an epoch: a permutation, drawn at once or buffer by buffer."""

import numpy as np
import pytest
from numpy.typing import NDArray

from facedenoise.training import randomness
from facedenoise.training.randomness import batch_places


def epoch_of(count: int, size: int = 10, epoch: int = 1) -> NDArray[np.int64]:
    steps = range(-(-count // size))
    return np.concatenate([batch_places(3, epoch, step, size=size, count=count) for step in steps])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shuffle in buffers of 64 images, which are 8 blocks."""
    monkeypatch.setattr(randomness, "BUFFER", 64)
    monkeypatch.setattr(randomness, "BLOCK", 8)
    randomness._shuffled.cache_clear()


def test_a_small_set_is_permuted_at_once() -> None:
    generator = np.random.Generator(np.random.Philox(key=3, counter=[0, 0, 0, 1]))
    assert epoch_of(100).tolist() == generator.permutation(100).tolist()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("count", [64, 65, 200, 203])
def test_every_image_comes_once(count: int) -> None:
    assert sorted(epoch_of(count).tolist()) == list(range(count))


@pytest.mark.usefixtures("small")
def test_a_buffer_of_a_large_set_has_the_images_of_few_blocks() -> None:
    order = epoch_of(1000)
    for start in range(0, 960, 64):
        assert len({place // 8 for place in order[start : start + 64].tolist()}) == 8
    assert order[:64].tolist() != sorted(order[:64].tolist())
    assert abs(np.corrcoef(order, np.arange(1000))[0, 1]) < 0.2


@pytest.mark.usefixtures("small")
def test_each_epoch_of_a_large_set_has_its_own_order() -> None:
    assert epoch_of(200, epoch=1).tolist() != epoch_of(200, epoch=2).tolist()
    assert epoch_of(200).tolist() == epoch_of(200).tolist()
