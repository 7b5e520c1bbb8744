"""Measure how long the whole pipeline takes, stage by stage, on a GPU if there is one, else on the CPU.

    python benchmarks/pipeline.py RUN        # benchmarks/results/pipeline.json

RUN is a checkout with its CSV in place. All its stages run anew, without any saved state. The time of a stage
is from its start to the start of the next one, so it includes the work of `dvc repro` around it. The memory
is the most that any one process had resident, with mapped files.
"""

import re
import resource
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from checkout import circumstances, enter, run_command_line
from common import print_table, write_result

from facedenoise.errors import InputError
from stages import run


def main() -> None:
    """Parse the command line, run the pipeline, print and write."""
    facts = circumstances(enter(run_command_line(__doc__).parse_args().run))
    if Path(".checkpoints").exists():
        raise InputError(".checkpoints: a training would go on from what is saved there; move it away first")
    seconds = stage_seconds(repro_lines(), time.perf_counter)
    print_table([{"stage": stage, "seconds": taken} for stage, taken in seconds.items()])
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    print(f"all: {sum(seconds.values()):.0f} s, peak {peak_mb:.0f} MB")
    write_result("pipeline", ("torch", "dvc"), {**facts, "seconds": seconds, "peak_mb": peak_mb})


def repro_lines() -> Iterable[str]:
    """Run everything; yield what `dvc repro` says, line by line."""
    with subprocess.Popen(["dvc", "repro", "--force"], stdout=subprocess.PIPE, text=True) as process:
        yield from process.stdout or ()
    if process.returncode:
        raise InputError("dvc repro failed: see above")


def stage_seconds(lines: Iterable[str], clock: Callable[[], float]) -> dict[str, float]:
    """Return the seconds from each stage's start to the start of the next; the last ends with the lines."""
    starts: dict[str, float] = {}
    for line in lines:
        if named := re.match(r"Running stage '(.+)':", line):
            starts[named[1]] = clock()
    ends = [*list(starts.values())[1:], clock()]
    return {stage: end - start for (stage, start), end in zip(starts.items(), ends, strict=True)}


if __name__ == "__main__":
    run(main)
