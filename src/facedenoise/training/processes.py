"""Run a training in one process, in several on this machine, or as one of those that torchrun started."""

import logging
import os
import runpy
import signal
import sys
from collections.abc import Callable
from functools import partial
from tempfile import TemporaryDirectory
from threading import RLock
from typing import Any, NamedTuple, Self

import torch
from torch.distributed import is_torchelastic_launched
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from torch.distributed.launcher.api import LaunchConfig, elastic_launch
from tqdm import tqdm

from facedenoise.errors import InputError
from facedenoise.models.device import local_rank
from facedenoise.shards import cluster
from facedenoise.shards.machines import Seat, on_each_machine
from facedenoise.training.distributed import group

PROCESSES = "FACEDENOISE_PROCESSES"
REPORTED = 1  # the exit status of a process after an error that has been printed


def launch(main: Callable[[], None]) -> None:
    """Call a function in as many processes as the environment asks for, and wait for their end.

    `FACEDENOISE_PROCESSES` counts them, 1 by default; on a cluster with an address, those of each machine.
    Under torchrun this process is already one of them.
    """
    if is_torchelastic_launched():
        run_worker(main)
        return
    count = process_count()
    if cluster.has_address():
        agent = partial(_on_machine, count=count, command=Command.of_this_process())
        sys.exit(next((status for status in on_each_machine(agent) if status), 0))
    if count == 1:
        main()
        return
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, torch.get_num_threads() // count)))
    try:
        sys.exit(_supervise(count, run_worker, main))
    except SignalException:
        sys.exit("\ninterrupted")  # a killed process leaves its progress bar open


class Command(NamedTuple):
    """A module that runs as a program, and its arguments."""

    module: str
    arguments: list[str]

    @classmethod
    def of_this_process(cls) -> Self:
        """Return what `python -m` was told."""
        spec = sys.modules["__main__"].__spec__
        return cls(spec.name if spec else "", sys.argv[1:])

    def run(self) -> None:
        """Run it here."""
        sys.argv[1:] = self.arguments
        runpy.run_module(self.module, run_name="__main__", alter_sys=True)


def _on_machine(seat: Seat, *, count: int, command: Command) -> str | int:
    """Run a command in so many processes on this machine, as torchrun does; return the exit status."""
    os.environ["OMP_NUM_THREADS"] = str(max(1, seat.cpus // count))
    return _supervise(count, command.run, seat=seat)


def _supervise(
    count: int, function: Callable[..., Any], *arguments: object, seat: Seat | None = None
) -> str | int:
    logging.disable()  # this process only waits; the others report
    try:
        in_processes(count, function, *arguments, seat=seat)
    except ChildFailedError as error:
        return exit_reason(error.get_first_failure()[1])
    return 0


def in_processes(
    count: int, function: Callable[..., Any], *arguments: object, seat: Seat | None = None
) -> dict[int, Any]:
    """Call a function in this many processes here; return the result of each by its rank.

    `seat` says where they meet those of other machines.
    """
    place = seat or Seat(1, is_first=True, cpus=1, address="localhost", meeting="localhost:0")
    with TemporaryDirectory() as logs:
        config = LaunchConfig(
            min_nodes=place.machines,
            max_nodes=place.machines,
            nproc_per_node=count,
            logs_specs=DefaultLogsSpecs(logs),
            run_id=PROCESSES,
            rdzv_backend="c10d",
            rdzv_endpoint=place.meeting,
            rdzv_configs={"is_host": place.is_first},
            local_addr=place.address,
            max_restarts=0,
        )
        results: dict[int, Any] = elastic_launch(config, function)(*arguments)
    return results


def process_count() -> int:
    """Read how many processes are asked for.

    Raises
    ------
    InputError
        If it is not a whole number from 1, or there are fewer GPUs.
    """
    value = os.environ.get(PROCESSES, "1")
    if not value.isdecimal() or int(value) < 1:
        raise InputError(f"{PROCESSES}: {value!r} is not a number of processes, from 1")
    gpus = torch.cuda.device_count()
    if 0 < gpus < int(value):
        raise InputError(f"{PROCESSES}: {value} processes need as many GPUs, and there are {gpus}")
    return int(value)


def run_worker(main: Callable[[], None]) -> None:
    """Run a training as one of several processes; on each machine the first prints errors."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's own handler waits for the others' gradients
    tqdm.set_lock(RLock())  # its own lock is a semaphore, which a killed process leaks with a warning
    try:
        with group():
            main()
    except (InputError, OSError) as error:
        sys.exit(REPORTED if local_rank() else f"error: {error}")


def exit_reason(failure: ProcessFailure) -> str | int:
    """Return the status after an error that is already printed, or else why a process died, in words."""
    message = failure.message
    if isinstance(message, dict):  # an exception that nobody expected
        reason = str(message["message"]).partition("\n")[0]
    elif failure.exitcode == REPORTED:
        return REPORTED
    else:
        reason = failure.signal_name()
    return f"\nerror: a process of the training died ({reason}); run again, and it goes on where it was"
