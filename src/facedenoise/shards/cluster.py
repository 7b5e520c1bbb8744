"""The one place that knows Ray: the cluster, and a pool of workers in it.

`FACEDENOISE_RAY` is `local` for a cluster of this machine's cores, which lasts as long as this process, or
the address of one that is running. All of its machines see the working directory under the same path.
"""

import os
import socket
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from logging import ERROR
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from facedenoise.errors import InputError
from facedenoise.shards.task import TRIES, Task, attempt

RAY = "FACEDENOISE_RAY"
_AHEAD = 4  # shards a worker that are taken before their turn; bounds the memory of the driver
_PATIENCE = 5.0  # seconds to answer
_LINE = "\n"
_TOKEN = Path.home() / ".ray" / "auth_token"
_SOURCES = Path(__file__).parents[2]


def is_asked_for() -> bool:
    """Return whether the environment asks for a cluster."""
    return bool(os.environ.get(RAY))


def has_address() -> bool:
    """Return whether the environment names a cluster that may have several machines."""
    return os.environ.get(RAY, "local") not in ("", "local")


def connect(*, shows_output: bool = False) -> ModuleType:
    """Join the cluster, or start it, unless that is done; return the module `ray`.

    `shows_output` prints here what its processes print.

    Raises
    ------
    InputError
        If Ray is not installed, or there is no such cluster.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # both are read when Ray is imported
    if has_address() and _TOKEN.exists():  # Ray itself takes the token only when it starts a cluster
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        import ray  # noqa: PLC0415 - an optional package
    except ImportError:
        raise InputError(f"{RAY}: Ray is not installed; `pip install '.[ray]'` in the checkout") from None
    if not ray.is_initialized():
        address = os.environ[RAY]
        path = os.pathsep.join(filter(None, [str(_SOURCES), str(Path.cwd()), os.environ.get("PYTHONPATH")]))
        settings: dict[str, Any] = {
            "include_dashboard": False,
            "log_to_driver": shows_output,
            "logging_level": ERROR,
        }
        try:
            _require_answer(address)
            ray.init(address, runtime_env={"env_vars": {"PYTHONPATH": path}}, **settings)
        except (OSError, RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            remedy = "start it with `ray start --head`, or give `local`"
            raise InputError(f"{RAY}: no cluster at {address!r} ({reason}); {remedy}") from None
    return ray


def _require_answer(address: str) -> None:
    """Ask for a connection first: Ray itself takes minutes to give up."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host.removeprefix("ray://"), int(port)), _PATIENCE).close()


class Seat(NamedTuple):
    """A machine among those that work on one thing together."""

    machines: int
    is_first: bool
    cpus: int  # of this one
    address: str
    meeting: str
    """HOST:PORT, free on the first of them."""


def on_each_machine(function: Callable[[Seat], Any]) -> list[Any]:
    """Call a function on each machine of the cluster, which it has for itself; return the results.

    In the place of a result is a line of text if the machine or the call has died.
    """
    ray = connect(shows_output=True)
    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    meeting = f"{nodes[0]['NodeManagerAddress']}:{ray.get(_on(nodes[0], _free_port).remote())}"
    calls = []
    for place, node in enumerate(nodes):
        cpus = int(node["Resources"]["CPU"])
        seat = Seat(len(nodes), place == 0, cpus, node["NodeManagerAddress"], meeting)
        whole = {"num_cpus": cpus, "num_gpus": node["Resources"].get("GPU", 0)}
        calls.append(_on(node, _call_in, **whole).remote(str(Path.cwd()), function, seat))
    return [_result(call) for call in calls]


def _on(node: dict[str, Any], function: Callable[..., Any], **needs: float) -> Any:  # noqa: ANN401
    """Return a function that runs on a machine, once."""
    import ray  # noqa: PLC0415
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

    strategy = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
    options: dict[str, Any] = {"scheduling_strategy": strategy, "max_retries": 0, **needs}
    return ray.remote(**options)(function)


def _result(call: Any) -> Any:  # noqa: ANN401
    import ray  # noqa: PLC0415

    try:
        return ray.get(call)
    except ray.exceptions.RayError as error:
        return (
            f"error: a machine of the cluster failed ({str(error).strip().rpartition(_LINE)[2]}); run again"
        )


def _call_in(folder: str, function: Callable[[Seat], Any], seat: Seat) -> Any:  # noqa: ANN401
    os.chdir(folder)
    return function(seat)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("", 0))
        return int(free.getsockname()[1])


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
        worker = self._new()
        self._calls[worker.start.remote()] = worker, None

    def _hand_out(self, task: Task) -> None:
        worker = self._idle.pop()
        self._calls[worker.attempt.remote(task.shard)] = worker, task

    def _wait(self) -> Task | None:
        """Wait for a call to end; return its task, unless a worker has only started."""
        (call, *_), _ = self._ray.wait([*self._calls])
        worker, task = self._calls.pop(call)
        try:
            outcome = self._ray.get(call)
        except self._ray.exceptions.RayError as error:
            self._replace(worker)
            if task:
                task.note(None, ChildProcessError(f"its worker: {str(error).partition(_LINE)[0]}"))
            else:
                self._note_stillborn(error)
        else:
            self._idle.append(worker)
            if task:
                task.note(*outcome)
            self._stillborn = 0
        return task

    def _replace(self, worker: Any) -> None:  # noqa: ANN401
        self._ray.kill(worker)  # it may only be out of reach
        self._hire()

    def _note_stillborn(self, error: Exception) -> None:
        self._stillborn += 1
        if self._stillborn == TRIES:
            raise InputError(f"{RAY}: no worker starts: {str(error).strip().rpartition(_LINE)[2]}")
