"""Measure how the memory of every stage grows with the rows.

    python benchmarks/memory.py                      # 24, 100 and 400 thousand rows; some hours on one core
    python benchmarks/memory.py --times 12 50        # as many times the 2,000 rows of the drawn faces
    python benchmarks/memory.py --folder FOLDER      # for the 10 GB of temporary files; else TMPDIR

The drawn faces are repeated, each time brighter by one, so that no image comes twice. Each stage runs in a
process of its own, for one task, with tiny networks, large batches and one epoch: these change what a stage
needs at the start, and not what it needs a row. Memory is anonymous memory, with the libraries. Mapped pages
do not count, because the kernel drops them when it needs the space. Writes `benchmarks/results/memory.json`.
"""

from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from common import ROOT, command_line, measure, print_table, write_result
from ingest import write_repeated
from scale import run_stage

from facedenoise.models import UNTRAINED
from facedenoise.models.device import describe, training_device
from stages import run

TIMES = (12, 50, 200)
STAGES = (
    *("sample", "split", "noise", "untrained", "train", "gan", "classifier"),
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
    parser.add_argument("--times", type=int, nargs="+", default=TIMES)
    parser.add_argument("--stages", nargs="+", default=STAGES, choices=STAGES)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    runs = [each for times in arguments.times for each in measure_stages(arguments, times)]
    write_result("memory", ("numpy", "torch"), {"device": describe(training_device()), "runs": runs})
    print_table(runs)


def measure_stages(arguments: Namespace, times: int) -> list[dict[str, Any]]:
    """Measure the stages on the CSV repeated this many times, in a folder of their own."""
    with TemporaryDirectory(dir=arguments.folder) as folder:
        checkout = Path(folder)
        rows = write_repeated(arguments.csv, checkout / "faces.csv", times)
        task = write_params(checkout / "params.yaml", rows)
        runs = []
        for stage in arguments.stages:
            runs.append({"stage": stage, "rows": rows, **measure(run_stage, stage, task, checkout)})
            print_table(runs[-1:])
        return runs


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
