"""One training in several processes, each with a copy of the networks and its share of every batch.

The processes average their gradients (Li et al., "PyTorch distributed: experiences on accelerating data
parallel training", 2020), so that all take the steps that a single process would take. Outside a
`group` there is one process, and all functions here do nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from facedenoise.errors import InputError
from facedenoise.models.device import training_device

Result = TypeVar("Result")

# The others wait while the first validates. Torchrun itself notices at once if a process is lost.
_PATIENCE = timedelta(days=1)


@contextmanager
def group() -> Iterator[None]:
    """Join the processes that torchrun has started; only the first prints.

    After an error the group stays open: closing it would make the other processes fail too, before torchrun
    sees which one failed first.
    """
    device = training_device()
    if device.type == "cuda":
        torch.cuda.set_device(device)
    # Everything but gradients and losses is in main memory, and is sent over gloo.
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=_PATIENCE)
    if is_first():
        yield
    else:
        with redirect_stdout(None):
            yield
    distributed.destroy_process_group()


def processes() -> int:
    """Count the processes."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def is_first() -> bool:
    """Return whether this is the process that validates, prints and writes."""
    return not distributed.is_initialized() or distributed.get_rank() == 0


def in_first(function: Callable[[], Result]) -> Result:
    """Call a function in the first process alone; return its result in all."""
    if not distributed.is_initialized():
        return function()
    results = [function() if is_first() else None]
    distributed.broadcast_object_list(results)
    return results[0]  # type: ignore[return-value]


def share(count: int) -> slice:
    """Return this process's part of a batch.

    Raises
    ------
    InputError
        If the batch cannot be shared evenly: the mean over the processes would not be the mean of the batch.
    """
    if count % processes():
        raise InputError(
            f"{processes()} processes cannot share a batch of {count} evenly; "
            "choose another number of processes, or another batch size"
        )
    size = count // processes()
    first = distributed.get_rank() * size if distributed.is_initialized() else 0
    return slice(first, first + size)


def synchronised(network: nn.Module) -> nn.Module:
    """Wrap a network so that its gradients are means over the processes; all start with the same weights."""
    if not distributed.is_initialized():
        return network
    # Buffers depend only on the weights or, in shared batch norms, on the whole batch: all have the same.
    return DistributedDataParallel(network, forward_sync_buffers=False)


def mean_over_processes(values: dict[str, Tensor]) -> dict[str, float]:
    """Average scalars over the processes.

    Parameters
    ----------
    values : dict of str to Tensor
        Scalars on the training device.
    """
    together = torch.stack(list(values.values()))  # one tensor: a single wait for the GPU
    return dict(zip(values, _mean(together).tolist(), strict=True))


def _mean(values: Tensor) -> Tensor:
    if distributed.is_initialized():
        distributed.all_reduce(values)
        values /= processes()
    return values
