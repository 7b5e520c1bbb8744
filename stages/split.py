"""Split the faces into train, val and test tensors, and count what is in them."""

import sys

from facedenoise.data.splits import write_splits
from stages import run
from stages.paths import DATA_AUDIT, SPLITS
from stages.settings import load_params


def main() -> None:
    """Read `data.source`; write the splits and `reports/data.json`."""
    for remark in write_splits(load_params().data, SPLITS, DATA_AUDIT):
        print(f"warning: {remark}", file=sys.stderr)


if __name__ == "__main__":
    run(main)
