"""Run a training stage in one process, in several of this machine, or as one of those of a torchrun."""

import logging
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
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
from facedenoise.training.device import local_rank
from facedenoise.training.distributed import group
from stages import run

PROCESSES = "FACEDENOISE_PROCESSES"
TOLD = 1  # the exit status of a process after an error that the user has been told


def run_training_stage(main: Callable[[], None]) -> None:
    """Run a stage in as many processes as the environment says; errors as for `run`.

    `FACEDENOISE_PROCESSES` counts them, 1 by default. Under torchrun this process is already one of them.
    """
    if is_torchelastic_launched():
        be_one(main)
    else:
        run(partial(launch, main))


def launch(main: Callable[[], None]) -> None:
    """Start the processes and wait for their end."""
    count = process_count()
    if count == 1:
        main()
        return
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, torch.get_num_threads() // count)))
    logging.disable()  # this process only waits: what there is to say, the others say
    try:
        in_processes(count, be_one, main)
    except ChildFailedError as error:
        sys.exit(told(error.get_first_failure()[1]))
    except SignalException:
        sys.exit("\ninterrupted")  # a killed process has left its progress bar open


def in_processes(count: int, function: Callable[..., Any], *arguments: object) -> dict[int, Any]:
    """Call a function in so many processes of this machine; give the result of each by its rank."""
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
        If it is no whole number from 1, or there are fewer GPUs.
    """
    value = os.environ.get(PROCESSES, "1")
    if not value.isdecimal() or int(value) < 1:
        raise InputError(f"{PROCESSES}: {value!r} is not a number of processes, from 1")
    gpus = torch.cuda.device_count()
    if 0 < gpus < int(value):
        raise InputError(f"{PROCESSES}: {value} processes need as many GPUs, and there are {gpus}")
    return int(value)


def be_one(main: Callable[[], None]) -> None:
    """Run a stage as one of several processes; on each machine the first tells of errors."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's own handler waits for the others' gradients
    tqdm.set_lock(RLock())  # its own one is a semaphore, which a killed process leaves behind with a warning
    try:
        with group():
            main()
    except (InputError, OSError) as error:
        sys.exit(TOLD if local_rank() else f"error: {error}")


def told(failure: ProcessFailure) -> str | int:
    """Give what to exit with: an error that is told already, or what the process died of."""
    message = failure.message
    if isinstance(message, dict):  # an exception that nobody expected
        reason = str(message["message"]).partition("\n")[0]
    elif failure.exitcode == TOLD:
        return TOLD
    else:
        reason = failure.signal_name()
    return f"\nerror: a process of the training died ({reason}); run again, and it goes on where it was"
