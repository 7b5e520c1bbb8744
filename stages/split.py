"""Split the CSV into train, val and test tensors, and count what is in it."""

from pathlib import Path

from facedenoise.data.splits import write_splits
from stages import run
from stages.settings import load_params


def main() -> None:
    """Read `data.csv`; write the splits and `reports/data.json`."""
    data = load_params().data
    write_splits(Path(data.csv), Path("data/splits"), Path("reports/data.json"), deduplicate=data.deduplicate)


if __name__ == "__main__":
    run(main)
