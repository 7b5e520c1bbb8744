"""Batches that are prepared ahead are those that are prepared in time."""

import os

import pytest
import torch
from torch import Tensor

from facedenoise.training.ahead import batches_ahead

PLACES = [(epoch, step) for epoch in (0, 1) for step in range(5)]


class Places:
    """Batches that say where they belong, and which process made them."""

    def __len__(self) -> int:
        return 5

    def batch(self, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        return torch.tensor([epoch, step]), torch.tensor(os.getpid())


@pytest.mark.filterwarnings("ignore:'pin_memory'")  # there is no GPU here
def test_a_gpu_gets_the_same_batches_from_other_processes() -> None:
    batches = list(batches_ahead(Places(), iter(PLACES), torch.device("cuda")))
    assert [tuple(place.tolist()) for place, _ in batches] == PLACES
    assert os.getpid() not in {made.item() for _, made in batches}


def test_the_cpu_prepares_each_batch_when_it_is_asked_for() -> None:
    places = iter(PLACES)
    batches = batches_ahead(Places(), places, torch.device("cpu"))
    assert [next(batches)[0].tolist() for _ in range(3)] == [[0, 0], [0, 1], [0, 2]]
    assert next(places) == (0, 3)
