"""What all benchmarks share: library and stages on the path, a measured run, tables and results."""

import argparse
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

_SAMPLING_SECONDS = 0.02


def command_line(description: str | None) -> argparse.ArgumentParser:
    """Make the parser of a script whose help is its docstring."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def positive(text: str) -> float:
    """Read an option that is a number above zero."""
    if not float(text) > 0:
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return float(text)


def print_table(rows: Sequence[Mapping[str, object]]) -> None:
    """Print one line a row, floats with three decimals, what is missing as a dash."""
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format="%.3f", na_rep="-"), flush=True)


def measure(
    function: Callable[..., Any], *arguments: object, summarise: Callable[[Any], Any]
) -> dict[str, Any]:
    """Run a function in a process of its own, so that no run leaves anything to the next.

    Parameters
    ----------
    function : callable
        What is measured: a function of a module.
    *arguments : object
        Its arguments; they are pickled.
    summarise : callable
        Run on its result, not measured; what this returns is pickled.

    Returns
    -------
    dict
        `seconds` and, which other work on the machine touches less, `cpu_seconds`, both without the
        start of the process; `peak_mb`, the most anonymous resident memory in MB (10^6 bytes);
        `summary` of the result.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(_measure_here, function, arguments, summarise).result()


def _measure_here(
    function: Callable[..., Any], arguments: tuple[object, ...], summarise: Callable[[Any], Any]
) -> dict[str, Any]:
    peaks, done = [anonymous_bytes()], threading.Event()
    sampler = threading.Thread(target=_sample_memory, args=(peaks, done))
    sampler.start()
    start, cpu_start = time.perf_counter(), time.process_time()
    result = function(*arguments)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    done.set()
    sampler.join()
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(cpu_seconds, 3),
        "peak_mb": round(max(peaks) / 1e6, 1),
        "summary": summarise(result),
    }


def _sample_memory(peaks: list[int], done: threading.Event) -> None:
    while not done.wait(_SAMPLING_SECONDS):
        peaks.append(anonymous_bytes())


def anonymous_bytes() -> int:
    """Resident memory of this process without page cache and mapped files (Linux)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not say RssAnon in /proc/self/status")


def write_result(name: str, packages: tuple[str, ...], result: Mapping[str, object]) -> None:
    """Write `benchmarks/results/NAME.json`: the result, and what it was measured on and with."""
    facts = {
        "machine": {"cpu": _cpu_model(), "cores": len(os.sched_getaffinity(0))},
        "versions": {
            "python": platform.python_version(),
            **{package: version(package) for package in packages},
        },
        "commit": _commit(),
    }
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**facts, **result}, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path}")


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _commit() -> str:
    """Name the checkout; `-dirty` if its tracked files differ from the commit."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"
