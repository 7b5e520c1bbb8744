"""Split the CSV into train, val and test tensors, and count what is in it."""

from pathlib import Path

from facedenoise.data.splits import write_splits
from stages import run
from stages.paths import DATA_AUDIT, SPLITS
from stages.settings import load_params

MIN_SIDE = 8  # px; on smaller images the discriminator has no patch


def main() -> None:
    """Read `data.csv`; write the splits and `reports/data.json`."""
    data = load_params().data
    write_splits(Path(data.csv), SPLITS, DATA_AUDIT, deduplicate=data.deduplicate, min_side=MIN_SIDE)


if __name__ == "__main__":
    run(main)
