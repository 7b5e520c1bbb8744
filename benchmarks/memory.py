"""Measure how the memory of every stage grows with the rows.

    python benchmarks/memory.py                          # 24, 100 and 400 thousand rows
    python benchmarks/memory.py --rows 24000 --shrink 1  # of 48 x 48 pixels
    python benchmarks/memory.py --stages split noise     # some stages; each needs those before it
    python benchmarks/memory.py --folder FOLDER          # for the temporary files; else TMPDIR

The drawn faces, shrunk to 16 x 16 pixels, are repeated, each time brighter by one, so that no image comes
twice. Each stage runs in a process of its own, for one task, with tiny networks, large batches and one epoch:
these and the size change what a stage needs at the start, and not what it needs a row. Memory is anonymous
memory, with the libraries. Mapped pages do not count, because the kernel drops them when it needs the space.
"""

from argparse import Namespace
from collections.abc import Iterator
from math import ceil, isqrt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import yaml
from common import ROOT, command_line, measure, print_table, write_result
from ingest import write_repeated
from scale import run_stage

from facedenoise.faces.fer_writer import write_fer_csv
from facedenoise.models import UNTRAINED
from facedenoise.models.device import describe, training_device
from stages import run

ROWS = (24_000, 100_000, 400_000)
STAGES = (
    *("split", "noise", "untrained", "train", "gan", "classifier"),
    *("evaluate", "picture", "compare", "report"),
)
TINY: dict[str, dict[str, Any]] = {
    "data": {"source": "faces.csv"},
    "model": {"widths": [4, 8], "blocks": [1, 1], "attention": False},
    "train": {"batch_size": 256},
    "gan": {"batch_size": 256, "widths": [4, 8]},
    "classifier": {"widths": [4, 8], "blocks": [1, 1], "epochs": 1, "batch_size": 256},
}


def main() -> None:
    """Parse the command line; measure, write and print."""
    parser = command_line(__doc__)
    parser.add_argument("csv", type=Path, nargs="?", default=ROOT / "data/raw/sample.csv")
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS, help="at least so many in each set")
    parser.add_argument("--stages", nargs="+", default=STAGES, choices=STAGES)
    parser.add_argument("--shrink", type=int, default=3, help="average so many pixels across and down")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    runs: list[dict[str, Any]] = []
    for rows in arguments.rows:
        for each in measure_stages(arguments, rows):
            runs.append(each)
            write_result("memory", ("numpy", "torch"), {"device": describe(training_device()), "runs": runs})
            print_table(runs)


def measure_stages(arguments: Namespace, least: int) -> Iterator[dict[str, Any]]:
    """Measure the stages on the repeated CSV, in a folder of their own."""
    with TemporaryDirectory(dir=arguments.folder) as folder:
        checkout, small = Path(folder), Path(folder, "small.csv")
        times = ceil(least / write_shrunk(arguments.csv, small, arguments.shrink))
        rows = write_repeated(small, checkout / "faces.csv", times)
        task = write_params(checkout / "params.yaml", rows)
        for stage in arguments.stages:
            yield {"stage": stage, "rows": rows, **measure(run_stage, stage, task, checkout)}


def write_shrunk(csv: Path, target: Path, times: int) -> int:
    """Write the faces of a CSV, so many times smaller; return their number."""
    table = pd.read_csv(csv)
    images = np.stack([np.array(row.split(), np.float64) for row in table["pixels"]])
    side = isqrt(images.shape[1]) // times
    blocks = images.reshape(-1, side, times, side, times).mean(axis=(2, 4)).round().astype(np.uint8)
    write_fer_csv(target, blocks, table["emotion"].to_numpy(), table["Usage"].tolist())
    return len(table)


def write_params(target: Path, rows: int) -> str:
    """Write params with tiny networks and one task, which starts untrained; return this task."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for section, changes in {"sample": {"rows": rows}, **TINY}.items():
        params[section] |= changes
    name, task = next(item for item in params["tasks"].items() if item[1]["after"] == UNTRAINED)
    for section in ("train", "gan"):
        task[section]["epochs"] = 1
    params["tasks"] = {name: task}
    target.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    return name


if __name__ == "__main__":
    run(main)
