"""Measure how fast a FER2013 CSV is read, compared with pandas, and how time and memory grow with its size.

    python benchmarks/ingest.py fer2013.csv            # beside pandas: benchmarks/results/ingest.json
    python benchmarks/ingest.py fer2013.csv --growth   # 1, 5 and 10 times the file: ingest_growth.json

`--growth` needs 15 times the size of the file as free space for temporary files.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from common import command_line, measure, print_table, write_result
from numpy.typing import NDArray

from facedenoise.data.face import Problems
from facedenoise.data.pixels import Decoder, in_batches
from facedenoise.data.source import open_source
from facedenoise.data.splits import write_splits
from facedenoise.noise.gaussian import Gaussian
from facedenoise.params import Data
from stages.noise import write_noisy
from stages.paths import DATA_AUDIT, SPLIT_NAMES, SPLITS

REPEATS = 5
TIMES = (1, 5, 10)
NOISE = Gaussian(std=0.4, factor=0.3)


def main() -> None:
    """Parse the command line and run one of the two measurements."""
    parser = command_line(__doc__)
    parser.add_argument("csv", type=Path)
    parser.add_argument("--growth", action="store_true")
    arguments = parser.parse_args()
    if arguments.growth:
        measure_growth(arguments.csv)
    else:
        compare(arguments.csv)


def compare(csv: Path) -> None:
    """Read the file both ways in turn, check that they agree, keep the best run of each."""
    ways = {"facedenoise": read_strictly, "pandas": read_with_pandas}
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ways}
    digests = set()
    for _ in range(REPEATS):
        for name, way in ways.items():
            run = measure(way, csv, summarise=digest)
            digests.add(run.pop("summary"))
            runs[name].append(run)
        print_table([{"way": name, **way[-1]} for name, way in runs.items()])
    if len(digests) > 1:
        raise SystemExit("the two ways do not give the same pixels")
    speedup = {key: ratio_of_best(runs, key) for key in ("seconds", "cpu_seconds")}
    print(f"best against best: {speedup['seconds']} times faster, {speedup['cpu_seconds']} by CPU time")
    write_result(
        "ingest",
        ("numpy", "pandas", "polars"),
        {"bytes": csv.stat().st_size, "runs": runs, "speedup": speedup},
    )


def ratio_of_best(runs: dict[str, list[dict[str, Any]]], key: str) -> float:
    """Return how many times less the best run takes than pandas' best."""
    best = {name: min(run[key] for run in way) for name, way in runs.items()}
    return round(float(best["pandas"] / best["facedenoise"]), 2)


def read_strictly(csv: Path) -> list[NDArray[np.uint8]]:
    """Return all images, read with every check."""
    decoder = Decoder()
    return [decoder.decode(faces, Problems())[0] for faces in in_batches(open_source(csv)[0].faces)]


def read_with_pandas(csv: Path) -> list[NDArray[np.uint8]]:
    """Return all images, read the usual way, which checks next to nothing."""
    table = pd.read_csv(csv)
    pixels = table[next(name for name in table.columns if name.strip() == "pixels")]
    return [np.array(row.split(), dtype=np.uint8) for row in pixels]


def digest(pieces: list[NDArray[np.uint8]]) -> str:
    """Return a value that is equal for equal pixels, however they are cut into pieces."""
    state = hashlib.sha256()
    for piece in pieces:
        state.update(piece.data)
    return state.hexdigest()


def measure_growth(csv: Path) -> None:
    """Split and corrupt 1, 5 and 10 times the file."""
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for times in TIMES:
            source = Path(folder) / f"{times}.csv"
            rows = write_repeated(csv, source, times)
            run = measure(split_and_corrupt, source, Path(folder))
            runs.append({"rows": rows, "bytes": source.stat().st_size, **run})
            print_table(runs[-1:])
            source.unlink()
    write_result("ingest_growth", ("numpy", "polars"), {"runs": runs})


def write_repeated(csv: Path, target: Path, times: int) -> int:
    """Write the file's rows several times, each time with all pixels brighter by one; return their number."""
    rows = 0
    with target.open("w", encoding="ascii") as file:
        file.write("emotion,pixels,Usage\n")
        for brighter in range(times):
            words = {str(value): str((value + brighter) % 256) for value in range(256)}
            for table in pd.read_csv(csv, chunksize=1000):
                rows += len(table)
                for emotion, pixels, usage in table[["emotion", "pixels", "Usage"]].itertuples(index=False):
                    file.write(f"{emotion},{' '.join([words[word] for word in pixels.split()])},{usage}\n")
        file.flush()
        os.fsync(file.fileno())  # so that writing it back does not disturb the measurement
    return rows


def split_and_corrupt(source: Path, folder: Path) -> None:
    """Do what the stages `split` and `noise@high_gaussian` do."""
    os.chdir(folder)
    form: dict[str, Any] = {"labels": None, "split": "given", "size": None, "colour": "grey", "noisy": []}
    write_splits(Data(str(source), **form, broken="refuse", deduplicate=True), SPLITS, DATA_AUDIT)
    write_noisy("high_gaussian", SPLIT_NAMES, NOISE, seed=0)


if __name__ == "__main__":
    main()
