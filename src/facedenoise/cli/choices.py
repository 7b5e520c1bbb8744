"""The words and numbers that several commands take.

The tasks stand in `facedenoise.params`, too, but that takes a quarter of a second to import: too long for
`--help`.
"""

import argparse
import re
from collections.abc import Callable

TASKS = ("low_gaussian", "high_gaussian", "salt_pepper")


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Give what argparse needs as the type of an option: text to a number from `least` to `most`."""

    def parse(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return parse


seed_number = whole_number(0, 2**63 - 1)


def device_name(text: str) -> str:
    """Check the name of a device; whether there is such a one is seen later."""
    if not re.fullmatch(r"cpu|cuda(:[0-9]{1,3})?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is neither cpu nor cuda nor cuda:N")
    return text
