"""Work on many shards: one after another in this process, or on the workers of a Ray cluster.

The environment decides, not a param, because no result depends on it: see `facedenoise.shards.cluster`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from facedenoise.errors import InputError
from facedenoise.shards import cluster, pool
from facedenoise.shards.task import Task, attempt

Shard = TypeVar("Shard")
Result = TypeVar("Result")


def map_shards(
    function: Callable[[Shard], Result], shards: Iterable[Shard], *, on_gpus: bool = False
) -> Iterator[Result]:
    """Yield what a function makes of each shard, in their order.

    Parameters
    ----------
    function : callable
        It may be called again for a shard, so it writes a file under a temporary name first. On a cluster
        each worker keeps a copy of it, with all that it has loaded; it, the shards and the results are
        pickled.
    shards : iterable
        Messages call them by their `str`. On a cluster some are taken before their turn.
    on_gpus : bool, default False
        Whether each worker of the cluster has a GPU, if there are any.

    Raises
    ------
    InputError
        If there is no such cluster. Once all shards are tried, if some have failed three times: names them.
        If one has failed by a fault of the program, its own error is raised instead.
    """
    tasks = (Task(shard) for shard in shards)
    settled = (
        pool.settle(function, tasks, on_gpus=on_gpus) if cluster.is_asked_for() else _settle(function, tasks)
    )
    failed = []
    for task in settled:
        if task.error is None:
            yield task.result
        else:
            failed.append(task)
    _require_none(failed)


def _settle(function: Callable[[Shard], Result], tasks: Iterable[Task]) -> Iterator[Task]:
    for task in tasks:
        while not task.is_settled:
            task.note(*attempt(function, task.shard))
        yield task


def _require_none(failed: list[Task]) -> None:
    message = "\n".join(dict.fromkeys(map(str, failed)))  # what is wrong everywhere is said once
    for task in failed:
        if task.error and not isinstance(task.error, InputError | OSError):
            task.error.add_note(message)
            raise task.error
    if failed:
        raise InputError(message)
