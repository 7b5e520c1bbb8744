"""The words and numbers that several commands take.

The words stand in `facedenoise.params`, too, but that takes a quarter of a second to import: too long for
`--help`.
"""

import argparse
from collections.abc import Callable

TASKS = ("low_gaussian", "high_gaussian", "salt_pepper")
MODELS = ("unet", "gan")


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Give what argparse needs as the type of an option: text to a number from `least` to `most`."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return parse


seed_number = whole_number(0, 2**63 - 1)
