"""Prepare the batches of a training ahead, in processes of their own, where a GPU would wait for them."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

MOST_WORKERS = 8
_AHEAD = 4  # batches that each worker holds ready

Place = tuple[int, int]
"""An epoch, and a step in it."""


class TrainingData(Protocol):
    """The data of a training."""

    def __len__(self) -> int:
        """Count the steps of an epoch."""

    def batch(self, epoch: int, step: int) -> tuple[Tensor, Tensor]:
        """Return this process's inputs and targets of a step: a pure function of (epoch, step)."""


class _Placed(Dataset[tuple[Tensor, Tensor]]):
    """The batches by their place."""

    def __init__(self, data: TrainingData) -> None:
        self.data = data

    def __getitem__(self, place: Place) -> tuple[Tensor, Tensor]:
        return self.data.batch(*place)


def batches_ahead(
    data: TrainingData, places: Iterable[Place], device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Return the batches of these places, one after the other.

    On the CPU each is prepared when it is asked for, as the cores are busy. For a GPU worker processes
    prepare them ahead, the same bytes, on half of this process's threads.
    """
    if device.type == "cpu":
        return (data.batch(*place) for place in places)
    workers = min(MOST_WORKERS, max(1, torch.get_num_threads() // 2))
    return iter(
        DataLoader(
            _Placed(data),
            batch_size=None,
            sampler=places,
            num_workers=workers,
            prefetch_factor=_AHEAD,
            pin_memory=True,
        )
    )
