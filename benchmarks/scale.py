"""Measure how the time and memory of split, noise and an epoch of training grow with the rows.

    python benchmarks/scale.py                          # 1, 4 and 16 times the 2,000 drawn faces
    python benchmarks/scale.py fer2013.csv --rows 6000  # of another CSV: benchmarks/results/scale.json

Rows drawn at random from the CSV are repeated, each time brighter by one, so that no image comes twice. The
stages themselves run on them, each in a process of its own: `split`, and, for one task, `noise` and one epoch
of `train` with the validation after it. Memory is anonymous memory, with the libraries. The mapped pages of
the tensors do not count, because the kernel drops them when it needs the space.

Sixteen times 6,000 rows need 2 GB for temporary files, which go to the folder TMPDIR.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import yaml
from common import ROOT, command_line, measure, print_table, write_result
from ingest import write_repeated

from facedenoise.errors import InputError
from facedenoise.models import UNTRAINED
from facedenoise.models.device import describe, training_device
from stages import run

TIMES = (1, 4, 16)
STAGES = ("split", "noise", "untrained", "train")
OUTS = {"split": "data/splits", "noise": "data/noisy", "train": "models/{task}"}
Run = dict[str, Any]
"""`stage`, `rows`, `bytes` of the stage's outs, `seconds`, `cpu_seconds`, `peak_mb`."""


def main() -> None:
    """Parse the command line; measure, write and print."""
    parser = command_line(__doc__)
    parser.add_argument("csv", type=Path, nargs="?", default=ROOT / "data/raw/sample.csv")
    parser.add_argument("--rows", type=int, default=2000, help="of the smallest set")
    arguments = parser.parse_args()
    result = measure_growth(arguments.csv, arguments.rows)
    write_result("scale", ("numpy", "torch"), {"device": describe(training_device()), **result})
    print_table(result["runs"])


def measure_growth(csv: Path, rows: int) -> dict[str, Any]:
    """Run the stages on 1, 4 and 16 times as many rows; return these runs and the CSV's bytes per row."""
    runs = []
    with TemporaryDirectory() as folder:
        sample = Path(folder) / "sample.csv"
        write_sample(csv, sample, rows)
        for times in TIMES:
            with TemporaryDirectory(dir=folder) as checkout:
                runs += measure_stages(sample, Path(checkout), times)
        return {"csv_bytes_a_row": sample.stat().st_size / rows, "runs": runs}


def write_sample(csv: Path, target: Path, rows: int) -> None:
    """Write this many rows of a CSV, drawn at random, in their order.

    Raises
    ------
    InputError
        If the CSV has fewer.
    """
    header, *lines = csv.read_text(encoding="utf-8").splitlines(keepends=True)
    if rows > len(lines):
        raise InputError(f"{csv}: {len(lines)} rows; give --rows at most so many")
    chosen = np.sort(np.random.default_rng(0).permutation(len(lines))[:rows])
    target.write_text(header + "".join(lines[row] for row in chosen), encoding="utf-8")


def measure_stages(sample: Path, checkout: Path, times: int) -> list[Run]:
    """Measure the stages in a folder of their own, on the sample repeated this many times."""
    rows = write_repeated(sample, checkout / "faces.csv", times)
    task = write_params(checkout / "params.yaml")
    measured = {stage: measure(run_stage, stage, task, checkout) for stage in STAGES}
    return [
        {"stage": stage, "rows": rows, "bytes": size(checkout / out.format(task=task)), **measured[stage]}
        for stage, out in OUTS.items()
    ]


def write_params(target: Path) -> str:
    """Write this checkout's params, for one epoch on `faces.csv`; return a task that starts untrained."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["data"]["source"] = "faces.csv"
    task = next(name for name, task in params["tasks"].items() if task["after"] == UNTRAINED)
    params["tasks"][task]["train"]["epochs"] = 1
    target.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    return task


def run_stage(stage: str, task: str, checkout: Path) -> None:
    """Run a stage as `python -m stages.STAGE TASK` does in a checkout."""
    os.chdir(checkout)
    os.environ["DVC_ROOT"] = str(checkout)  # where the training keeps its checkpoints
    sys.argv[1:] = [task]
    import_module(f"stages.{stage}").main()


def size(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    run(main)
