"""The machines of a cluster that work on one thing together, each as a whole."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from facedenoise.errors import InputError
from facedenoise.shards.cluster import RAY, START_SECONDS, connect, reason_of

_END_SECONDS = 60.0  # until all have noticed that one has failed
_OUTPUT_SECONDS = 1.0  # until what was printed last has come here


class Seat(NamedTuple):
    """A machine among those that work together."""

    machines: int
    is_first: bool
    cpus: int  # of this one
    address: str
    meeting: str
    """HOST:PORT, free on the first of them."""


def on_each_machine(function: Callable[[Seat], str | int]) -> list[str | int]:
    """Call a function on each machine of the cluster, which it has for itself; return what it returns: 0.

    Anything else is the exit status or the message of a failure: of the call, or because the machine has
    died, or because it was ended some time after another had failed.

    Raises
    ------
    InputError
        If there is no machine, or one is not free.
    """
    ray = connect(shows_output=True)
    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    if not nodes:
        raise InputError(f"{RAY}: the cluster has no machine with a CPU")
    machines = [_taken(node) for node in nodes]
    try:
        meeting = _when_free([machine.meeting.remote() for machine in machines])
        calls = []
        for place, (machine, node) in enumerate(zip(machines, nodes, strict=True)):
            cpus, address = int(node["Resources"]["CPU"]), node["NodeManagerAddress"]
            seat = Seat(len(nodes), place == 0, cpus, address, meeting)
            calls.append(machine.call.remote(function, seat))
        _wait_for(calls)
        time.sleep(_OUTPUT_SECONDS)
    finally:
        for machine in machines:
            ray.kill(machine)  # else it may keep its place for half a minute
    return [_result(call) for call in calls]


class _Machine:
    """A process that has a whole machine."""

    def __init__(self, folder: str, address: str) -> None:
        os.chdir(folder)
        self._address = address

    def meeting(self) -> str:
        """Return HOST:PORT, free here."""
        with socket.socket() as free:
            free.bind(("", 0))
            return f"{self._address}:{free.getsockname()[1]}"

    def call(self, function: Callable[[Seat], str | int], seat: Seat) -> str | int:
        return function(seat)


def _taken(node: dict[str, Any]) -> Any:  # noqa: ANN401
    """Start a process on a machine, which has it for itself as soon as it is free."""
    import ray  # noqa: PLC0415
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

    options: dict[str, Any] = {
        "scheduling_strategy": NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        "num_cpus": node["Resources"]["CPU"],
        "num_gpus": node["Resources"].get("GPU", 0),
    }
    return ray.remote(**options)(_Machine).remote(str(Path.cwd()), node["NodeManagerAddress"])


def _when_free(meetings: list[Any]) -> str:
    """Wait until all machines have answered; return where the first lets them meet."""
    import ray  # noqa: PLC0415

    try:
        return ray.get(meetings, timeout=START_SECONDS)[0]
    except ray.exceptions.GetTimeoutError:
        reason = f"is not free within {START_SECONDS:.0f} seconds; `ray status` says who has it"
    except ray.exceptions.RayError as error:
        reason = f"failed ({reason_of(error)}); run again"
    raise InputError(f"{RAY}: a machine of the cluster {reason}")


def _wait_for(calls: list[Any]) -> None:
    """Wait until all calls have ended; once one has failed, only for as long as others need to notice."""
    import ray  # noqa: PLC0415

    running, seconds = calls, None
    while running:
        ended, running = ray.wait(running, timeout=seconds)
        if any(map(_result, ended)):
            seconds = _END_SECONDS
        elif not ended:
            return


def _result(call: Any) -> str | int:  # noqa: ANN401
    import ray  # noqa: PLC0415

    try:
        return ray.get(call)
    except ray.exceptions.RayError as error:
        remedy = "run again, and it goes on where it was"
        return f"error: a machine of the cluster failed ({reason_of(error)}); {remedy}"
