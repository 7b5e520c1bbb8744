"""Measure what a second worker of a Ray cluster gives, and what Ray itself costs.

    python benchmarks/scale_out.py RUN        # benchmarks/results/scale_out.json

RUN is a checkout in which `dvc repro` has finished. Its noisy test faces, repeated, are cleaned as
`facedenoise denoise` does with a folder, and scored as `evaluate` does: in a plain loop with one and with two
threads, and on a cluster of one and of two workers with one thread each. These ways take turns. A turn is
timed from the end of the first two shards, so that neither the start of workers nor the loading of networks
counts. What a shard costs is measured with shards in which nothing is done. The clusters run on this machine,
so it should have two idle cores.
"""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import torch
from checkout import circumstances, enter, run_command_line
from common import ROOT, print_table, write_result
from safetensors.torch import save_file

from facedenoise.cli.arguments import build_parser
from facedenoise.cli.denoise import Changing
from facedenoise.denoise.folders import Rewriting, Shard
from facedenoise.denoise.places import Finished
from facedenoise.denoise.rewriting import Outcome
from facedenoise.evaluation.classical import Tuned, methods_for
from facedenoise.images.tensors import read_tensors
from facedenoise.models.inputs import TaskNoise
from facedenoise.pictures import Picture, write_picture
from facedenoise.shards import map_shards
from facedenoise.shards.cluster import RAY
from facedenoise.shards.rows import Rows
from stages import run
from stages.paths import eval_file, noisy_file, split_file
from stages.scoring import Scoring

FIRST = 2  # shards that are not timed: one for each worker
EMPTY = 2000  # shards in which nothing is done
FACES = 1000  # of a shard, when Ray's cost is compared


class Way(NamedTuple):
    """A plain loop with so many threads, or a cluster with so many workers."""

    kind: str
    size: int

    def __str__(self) -> str:
        """Say which."""
        return f"{self.kind} {self.size}"


LOOPS, CLUSTERS = [Way("loop", 1), Way("loop", 2)], [Way("workers", 1), Way("workers", 2)]


@dataclass(frozen=True)
class Work:
    """Shards of equally many images, and what is done with them; it writes into a folder."""

    images: int
    shards: Sequence[Any]
    into: Callable[[Path], Callable[[Any], Any]]


class Timed(NamedTuple):
    """A turn."""

    rate: float  # images a second
    start: float  # seconds that the first shards took longer than others


def main() -> None:
    """Parse the command line, measure, print and write."""
    parser = run_command_line(__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--shards", type=int, default=6, help="that are timed, in a turn")
    parser.add_argument("--pictures", type=int, default=64, help="of a shard that is cleaned")
    parser.add_argument("--rows", type=int, default=32, help="of a shard that is scored")
    arguments = parser.parse_args()
    params = enter(arguments.run)
    task, shards = next(iter(params.tasks)), FIRST + arguments.shards
    noise = TaskNoise(params.tasks[task].noise, params.noise.seed, task)
    cost = seconds_a_shard()
    with TemporaryDirectory() as folder:
        tuned = tuned_strengths(noise)
        move_to(Path(folder), task, shards * arguments.rows)
        works = {
            "denoise": denoising(task, arguments.pictures, shards),
            "evaluate": evaluating(noise, tuned, arguments.rows, shards),
        }
        turns = take_turns(works, arguments.turns)
    rows = summarise(turns)
    print_table(rows)
    compared = compare(rows, cost)
    print_table(compared)
    facts = {**circumstances(params), "turns": arguments.turns, "shards": arguments.shards}
    facts |= {"seconds_a_shard": cost, "ways": rows, "compared": compared}
    write_result("scale_out", ("torch", "ray"), facts)


def tuned_strengths(noise: TaskNoise) -> dict[str, Tuned]:
    """Return what the run has found."""
    scores = json.loads(eval_file(noise.task, "json").read_text(encoding="utf-8"))
    return {name: Tuned(scores[name].get("strength"), 0.0) for name in methods_for(noise.noise)}


def move_to(folder: Path, task: str, rows: int) -> None:
    """Copy the run to a folder, with so many test faces; make it the working directory."""
    for file in (split_file("test"), noisy_file(task, "test")):
        (folder / file).parent.mkdir(parents=True)
        save_file(repeated(read_tensors(file), rows), folder / file)
    (folder / "models").symlink_to(Path("models").absolute())
    os.chdir(folder)


def repeated(tensors: Mapping[str, torch.Tensor], rows: int) -> dict[str, torch.Tensor]:
    """Repeat the rows of tensors until there are so many."""
    return {name: tensor[torch.arange(rows) % len(tensor)] for name, tensor in tensors.items()}


def denoising(task: str, images: int, shards: int) -> Work:
    """Write pictures into a folder; return how they are cleaned."""
    noisy = read_tensors(noisy_file(task, "test"))["images"][:, 0].numpy()
    source = Path("noisy").absolute()
    names = [f"{number:06}.png" for number in range(shards * images)]
    for number, name in enumerate(names):
        write_picture(source / name, Picture(noisy[number % len(noisy)]))

    def into(target: Path) -> Rewriting:
        words = ["denoise", str(source), str(target), "--device", "cpu"]
        change = Changing(build_parser().parse_args(words))
        return Rewriting(source, target, change, count, Finished(target / "finished"))

    cuts = [names[start : start + images] for start in range(0, len(names), images)]
    return Work(images, [Shard(number, cut) for number, cut in enumerate(cuts)], into)


def count(outcomes: Iterable[Outcome]) -> int:
    """Say of pictures how many they are; all can be read."""
    errors = [outcome.error for outcome in outcomes]
    if any(errors):
        raise RuntimeError(str(errors))
    return len(errors)


def evaluating(noise: TaskNoise, tuned: Mapping[str, Tuned], images: int, shards: int) -> Work:
    """Return how the test faces are scored."""
    rows = [Rows("test", start, start + images) for start in range(0, shards * images, images)]
    return Work(images, rows, lambda target: Scoring(noise, tuned, target))


def take_turns(works: Mapping[str, Work], turns: int) -> dict[tuple[str, Way], list[Timed]]:
    """Do each work in each way, again and again; return how each turn went."""
    timed: dict[tuple[str, Way], list[Timed]] = {key: [] for key in product(works, LOOPS + CLUSTERS)}
    for _, way in product(range(turns), LOOPS + CLUSTERS):
        with prepared(way):
            for name, work in works.items():
                timed[name, way].append(time_shards(work))
                print(name, way, timed[name, way][-1], flush=True)
    return timed


def time_shards(work: Work) -> Timed:
    """Do a work."""
    with TemporaryDirectory(dir=".") as target:
        times = [time.perf_counter()]
        for _ in map_shards(work.into(Path(target).absolute()), work.shards):
            times.append(time.perf_counter())
    start, first, last = times[0], times[FIRST], times[-1]
    rate = work.images * (len(work.shards) - FIRST) / (last - first)
    return Timed(rate, first - start - FIRST * work.images / rate)


@contextmanager
def prepared(way: Way) -> Iterator[None]:
    """Set the threads of this process, or start a cluster that the environment names."""
    threads = torch.get_num_threads()
    torch.set_num_threads(way.size if way in LOOPS else 1)
    if way in LOOPS:
        yield
    else:
        with cluster(way.size):
            yield
    torch.set_num_threads(threads)


@contextmanager
def cluster(workers: int) -> Iterator[None]:
    """Start a cluster of one machine with so many workers."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "RAY_worker_niceness": "0"}
    os.environ["PYTHONPATH"] = f"{ROOT}{os.pathsep}{ROOT / 'benchmarks'}"  # of the workers
    import ray  # noqa: PLC0415 - it reads the environment
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    lean = {"include_dashboard": False, "no_monitor": True}  # which take time, but do no work
    started = Cluster(initialize_head=True, head_node_args={"num_cpus": workers, **lean})
    os.environ[RAY] = started.address
    try:
        yield
    finally:
        del os.environ[RAY]
        ray.shutdown()
        started.shutdown()


def seconds_a_shard() -> float:
    """Return what a shard costs in which nothing is done, with one worker."""
    with cluster(1):
        times = [time.perf_counter() for _ in map_shards(abs, range(EMPTY))]
    return (times[-1] - times[0]) / (EMPTY - 1)


def summarise(turns: Mapping[tuple[str, Way], Sequence[Timed]]) -> list[dict[str, Any]]:
    """Return the medians over the turns, and the rates of all."""
    return [
        {
            "work": name,
            "way": way.kind,
            "size": way.size,
            "images_a_second": median(turn.rate for turn in timed),
            "start_seconds": median(turn.start for turn in timed),
            "rates": [round(turn.rate, 2) for turn in timed],
        }
        for (name, way), timed in turns.items()
    ]


def compare(rows: Sequence[Mapping[str, Any]], cost: float) -> list[dict[str, Any]]:
    """Return for each work what a second thread and worker give, and what Ray takes."""
    rates = {(row["work"], row["way"], row["size"]): row["images_a_second"] for row in rows}
    return [
        {
            "work": name,
            "threads_2_by_1": rates[name, "loop", 2] / rates[name, "loop", 1],
            "workers_2_by_1": rates[name, "workers", 2] / rates[name, "workers", 1],
            "lost_to_ray": 1 - rates[name, "workers", 1] / rates[name, "loop", 1],
            "cost_of_a_shard": cost * rates[name, "loop", 1] / FACES,
        }
        for name in dict.fromkeys(row["work"] for row in rows)
    ]


if __name__ == "__main__":
    run(main)
