"""A pool of workers on a cluster."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from facedenoise.errors import InputError
from facedenoise.shards.cluster import RAY, START_SECONDS, connect, reason_of
from facedenoise.shards.task import TRIES, Task, attempt

_AHEAD = 4  # shards a worker that are taken before their turn; bounds the memory of the driver


def settle(function: Callable[[Any], Any], tasks: Iterator[Task], *, on_gpus: bool) -> Iterator[Task]:
    """Yield the tasks in their order, each once it is settled; see `map_shards`."""
    pool = _Pool(function, on_gpus=on_gpus)
    try:
        yield from pool.settle(tasks)
    finally:
        pool.close()


class _Worker:
    """A process of the cluster: it has one CPU, one thread and a copy of the function."""

    def __init__(self, folder: str, function: Callable[[Any], Any]) -> None:
        os.chdir(folder)
        self._function = function

    def start(self) -> None:
        """Answer that it is there."""

    def attempt(self, shard: Any) -> tuple[Any, Exception | None]:  # noqa: ANN401
        return attempt(self._function, shard)


class _Pool:
    """Workers on all CPUs of the cluster, or on all of its GPUs; one that dies is replaced.

    A new worker may have to wait for a place. So shards go only to those that have answered.
    """

    def __init__(self, function: Callable[[Any], Any], *, on_gpus: bool) -> None:
        self._ray = connect()
        resources = self._ray.cluster_resources()
        gpus = int(resources.get("GPU", 0)) if on_gpus else 0
        self._size = gpus or max(1, int(resources.get("CPU", 1)))
        worker = self._ray.remote(num_cpus=1, num_gpus=1 if gpus else 0)(_Worker)
        # The function is sent once, not with each worker.
        self._new = partial(worker.remote, str(Path.cwd()), self._ray.put(function))
        self._calls: dict[Any, tuple[Any, Task | None]] = {}  # by what they will return
        self._idle: list[Any] = []
        self._stillborn = 0  # workers in a row
        for _ in range(self._size):
            self._hire()

    def settle(self, tasks: Iterator[Task]) -> Iterator[Task]:
        """Yield the tasks in their order, each once it is settled."""
        taken: deque[Task] = deque()  # and not yet yielded
        open_: deque[Task] = deque()  # that nobody works on
        while True:
            new = [*islice(tasks, _AHEAD * self._size - len(taken))]
            taken += new
            open_ += new
            if not taken:
                return
            while open_ and self._idle:
                self._hand_out(open_.popleft())
            task = self._wait()
            if task and not task.is_settled:
                open_.appendleft(task)
            while taken and taken[0].is_settled:
                yield taken.popleft()

    def close(self) -> None:
        """Dismiss all workers."""
        for worker in [*self._idle, *(worker for worker, _ in self._calls.values())]:
            self._ray.kill(worker)

    def _hire(self) -> None:
        try:
            worker = self._new()
        except self._ray.exceptions.RayError as error:
            raise _no_start(error) from None
        self._calls[worker.start.remote()] = worker, None

    def _hand_out(self, task: Task) -> None:
        worker = self._idle.pop()
        self._calls[worker.attempt.remote(task.shard)] = worker, task

    def _wait(self) -> Task | None:
        """Wait for a call to end; return its task, unless a worker has only started."""
        call = self._ended()
        worker, task = self._calls.pop(call)
        try:
            outcome = self._ray.get(call)
        except self._ray.exceptions.RayError as error:
            self._replace(worker)
            if task:
                task.note(None, ChildProcessError(f"its worker: {error}"))
            else:
                self._note_stillborn(error)
        else:
            self._idle.append(worker)
            if task:
                task.note(*outcome)
            self._stillborn = 0
        return task

    def _ended(self) -> Any:  # noqa: ANN401
        """Wait for a call to end, as long as a shard takes; return it."""
        while True:
            ended, _ = self._ray.wait([*self._calls], timeout=START_SECONDS)
            if ended:
                return ended[0]
            if not any(task for _, task in self._calls.values()):
                raise InputError(
                    f"{RAY}: no worker has started within {START_SECONDS:.0f} seconds; "
                    "`ray status` says who has the cluster"
                )

    def _replace(self, worker: Any) -> None:  # noqa: ANN401
        self._ray.kill(worker)  # it may only be out of reach
        self._hire()

    def _note_stillborn(self, error: Exception) -> None:
        self._stillborn += 1
        if self._stillborn == TRIES:
            raise _no_start(error)


def _no_start(error: Exception) -> InputError:
    return InputError(f"{RAY}: no worker starts: {reason_of(error)}")
