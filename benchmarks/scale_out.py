"""Measure what a second worker of a Ray cluster gives, and what Ray itself costs.

    python benchmarks/scale_out.py RUN        # benchmarks/results/scale_out.json

RUN is a checkout in which `dvc repro` has finished. `facedenoise denoise` cleans folders of its noisy test
faces, and `evaluate` scores them, each repeated to fill two shards and then more. The rate is that of the
shards by which the second run is longer: so the start of processes, the tuning and the two-sample tests do
not count. Both run as a plain loop with one and two threads, and on a cluster of one machine with one and two
workers of one thread each. What a shard costs is measured with shards in which nothing is done. The clusters
run on this machine, so it should have two cores that are idle.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from checkout import circumstances, enter, run_command_line
from common import ROOT, print_table, write_result
from safetensors.torch import save_file

from facedenoise.denoise.folders import PICTURES
from facedenoise.images.tensors import read_tensors
from facedenoise.pictures import Picture, write_picture
from facedenoise.shards import map_shards
from facedenoise.shards.cluster import RAY
from facedenoise.shards.rows import ROWS
from stages import run
from stages.paths import noisy_file, split_file

WAYS = {"loop": (1, 2), "workers": (1, 2)}
EMPTY = (1000, 3000)  # shards in which nothing is done
Way = Mapping[str, str]
"""What is added to the environment."""


def main() -> None:
    """Parse the command line, measure, print and write."""
    parser = run_command_line(__doc__)
    parser.add_argument("--shards", type=int, nargs=2, default=(2, 6), help="of the short and the long run")
    arguments = parser.parse_args()
    params = enter(arguments.run)
    task = next(iter(params.tasks))
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory() as folder:
        works = {
            "denoise": prepare_denoise(task, arguments.shards, Path(folder)),
            "evaluate": prepare_evaluate(task, arguments.shards, Path(folder)),
        }
        for name, (images, commands) in works.items():
            rows += [{"work": name, **row} for row in measure_ways(images, commands, arguments.shards)]
    cost = seconds_a_shard()
    print_table(rows)
    print(f"Ray: {1000 * cost:.2f} ms a shard")
    facts = {**circumstances(params), "shards": arguments.shards, "seconds_a_shard": cost}
    write_result("scale_out", ("torch", "ray"), {**facts, "ways": rows})


def prepare_denoise(
    task: str, shards: tuple[int, int], folder: Path
) -> tuple[int, list[Callable[[Way], None]]]:
    """Write two folders; return how many pictures a shard has, and what cleans each folder."""
    noisy = read_tensors(noisy_file(task, "test"))["images"][:, 0].numpy()
    commands = []
    for count in shards:
        source, target = folder / f"noisy-{count}", folder / "cleaned"
        for number in range(count * PICTURES):
            write_picture(source / f"{number:06}.png", Picture(noisy[number % len(noisy)]))
        commands.append(
            command(folder, "facedenoise", "denoise", str(source), str(target), "--device", "cpu")
        )
    return PICTURES, commands


def prepare_evaluate(
    task: str, shards: tuple[int, int], folder: Path
) -> tuple[int, list[Callable[[Way], None]]]:
    """Copy the run with longer test splits; return as `prepare_denoise` does."""
    commands = []
    for count in shards:
        copy = folder / f"run-{count}"
        for name in ("params.yaml", "models", "data/splits", "data/noisy"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if Path(name).is_dir() else shutil.copy2)(name, copy / name)
        for file in (split_file("test"), noisy_file(task, "test")):
            repeat_rows(copy / file, count * ROWS)
        commands.append(command(copy, "stages.evaluate", task))
    return ROWS, commands


def repeat_rows(file: Path, count: int) -> None:
    """Repeat the rows of a file of tensors until there are so many."""
    tensors = {name: tensor.clone() for name, tensor in read_tensors(file).items()}
    places = torch.arange(count)
    save_file({name: tensor[places % len(tensor)] for name, tensor in tensors.items()}, file)


def command(folder: Path, *words: str) -> Callable[[Way], None]:
    """Return what runs a module of this checkout in a folder."""
    path = os.pathsep.join(map(str, (ROOT / "src", ROOT)))

    def call(way: Way) -> None:
        environment = {**os.environ, "PYTHONPATH": path, "DVC_ROOT": str(folder), **way}
        arguments = [sys.executable, "-m", *words]
        done = subprocess.run(
            arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr}")

    return call


def measure_ways(
    images: int, commands: list[Callable[[Way], None]], shards: tuple[int, int]
) -> Iterator[dict[str, Any]]:
    """Yield for each way the images per second, also in those of one thread, and the start in seconds."""
    alone = None
    for kind, counts in WAYS.items():
        for count in counts:
            with way(kind, count) as environment:
                short, long = (seconds(command, environment) for command in commands)
            rate = images * (shards[1] - shards[0]) / (long - short)
            alone = alone or rate
            start = short - images * shards[0] / rate
            yield {
                "way": kind,
                "count": count,
                "images_a_second": rate,
                "times_one_thread": rate / alone,
                "start_seconds": start,
            }


@contextmanager
def way(kind: str, count: int) -> Iterator[Way]:
    """Yield the environment for a loop of so many threads, or for so many workers of one thread."""
    if kind == "loop":
        yield {"OMP_NUM_THREADS": str(count)}
        return
    with cluster(count) as address:
        yield {"OMP_NUM_THREADS": "1", RAY: address}


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """Start a cluster of one machine with so many workers; yield its address."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - it reads the environment

    started = Cluster(initialize_head=True, head_node_args={"num_cpus": workers})
    try:
        yield started.address
    finally:
        started.shutdown()


def seconds(call: Callable[[Way], None], environment: Way) -> float:
    """Return how long a command takes."""
    start = time.perf_counter()
    call(environment)
    return time.perf_counter() - start


def seconds_a_shard() -> float:
    """Return what a shard costs in which nothing is done, with one worker."""
    taken = []
    with cluster(1) as address:
        os.environ[RAY] = address
        for count in EMPTY:
            start = time.perf_counter()
            for _ in map_shards(abs, range(count)):
                pass
            taken.append(time.perf_counter() - start)
        del os.environ[RAY]
    return (taken[1] - taken[0]) / (EMPTY[1] - EMPTY[0])


if __name__ == "__main__":
    run(main)
