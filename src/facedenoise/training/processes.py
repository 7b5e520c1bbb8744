"""Run a training in one process, in several on this machine, or as one of those that torchrun started."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from tempfile import TemporaryDirectory
from threading import RLock
from typing import Any

import torch
from torch.distributed import is_torchelastic_launched
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from torch.distributed.launcher.api import LaunchConfig, elastic_launch
from tqdm import tqdm

from facedenoise.errors import InputError
from facedenoise.models.device import local_rank
from facedenoise.training.distributed import group

PROCESSES = "FACEDENOISE_PROCESSES"
REPORTED = 1  # the exit status of a process after an error that has been printed


def launch(main: Callable[[], None]) -> None:
    """Call a function in as many processes as the environment asks for, and wait for their end.

    `FACEDENOISE_PROCESSES` counts them, 1 by default. Under torchrun this process is already one of them.
    """
    if is_torchelastic_launched():
        run_worker(main)
        return
    count = process_count()
    if count == 1:
        main()
        return
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, torch.get_num_threads() // count)))
    logging.disable()  # this process only waits; the others report
    try:
        in_processes(count, run_worker, main)
    except ChildFailedError as error:
        sys.exit(exit_reason(error.get_first_failure()[1]))
    except SignalException:
        sys.exit("\ninterrupted")  # a killed process leaves its progress bar open


def in_processes(count: int, function: Callable[..., Any], *arguments: object) -> dict[int, Any]:
    """Call a function in this many processes on this machine; return the result of each by its rank."""
    with TemporaryDirectory() as logs:
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=count,
            logs_specs=DefaultLogsSpecs(logs),
            run_id=PROCESSES,
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",  # any free port
            local_addr="localhost",
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
