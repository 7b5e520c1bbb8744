"""The common parts of all benchmarks: library and stages on the path, measured runs, tables and results."""

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
    """Return the parser of a script whose help is its docstring."""
    return argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def positive(text: str) -> float:
    """Return an option that is a number above zero."""
    if not float(text) > 0:
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return float(text)


def print_table(rows: Sequence[Mapping[str, object]]) -> None:
    """Print one line per row, floats with three decimals, missing values as a dash."""
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format="%.3f", na_rep="-"), flush=True)


def measure(
    function: Callable[..., Any], *arguments: object, summarise: Callable[[Any], Any] | None = None
) -> dict[str, Any]:
    """Measure a function of a module, in a process of its own that leaves nothing behind for the next.

    Returns
    -------
    dict
        `seconds`, and `cpu_seconds`, which other work on the machine affects less; both without the
        start of the process. `peak_mb`, the most anonymous resident memory in MB (10^6 bytes). If
        `summarise` is given, `summary`: what it makes of the function's result, which is not measured.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(_measure_here, function, arguments, summarise).result()


def _measure_here(
    function: Callable[..., Any], arguments: tuple[object, ...], summarise: Callable[[Any], Any] | None
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
        **({"summary": summarise(result)} if summarise else {}),
    }


def _sample_memory(peaks: list[int], done: threading.Event) -> None:
    while not done.wait(_SAMPLING_SECONDS):
        peaks.append(anonymous_bytes())


def anonymous_bytes() -> int:
    """Return the resident memory of this process without page cache and mapped files (Linux)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this system does not say RssAnon in /proc/self/status")


def rates_in_turns(ways: Mapping[str, Callable[[], int]], rounds: int) -> dict[str, list[float]]:
    """Let several ways of handling items take turns; return the items per second of each turn.

    A way is called without arguments, and returns how many items it has handled.
    """
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            items = way()
            rates[name].append(items / (time.perf_counter() - start))
    return rates


def write_result(name: str, packages: tuple[str, ...], result: Mapping[str, object]) -> None:
    """Write `benchmarks/results/NAME.json`: the result, and the machine, packages and commit behind it."""
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
    """Return the name of the commit; `-dirty` if its tracked files differ from the commit."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"
