"""Pixels written as text, "70 80 82 ...": a fast strict decoder, and what to say where it fails."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MAX_PIXEL = 255

_PIXEL = re.compile(rb"[0-9]{1,3}")
_EXCERPT_BYTES = 24


def decode_pixels(fields: Sequence[bytes], count: int) -> NDArray[np.uint8] | None:
    """Decode equally long lists of pixels, all at once.

    Strict: a pixel is one to three ASCII digits, 0 to 255, and one blank stands between two.

    Parameters
    ----------
    fields : sequence of bytes
        n lists of pixels, none of which holds a line end.
    count : int
        Pixels in each.

    Returns
    -------
    numpy.ndarray or None
        uint8 of shape (n, count); None if any field is not `count` strict pixels.
    """
    # The leading blanks let the first number, too, look back at three characters.
    text = np.frombuffer(b"   " + b"\n".join(fields) + b"\n", np.uint8)
    digits = text - np.uint8(ord("0"))
    is_digit = digits < 10  # noqa: PLR2004 - all else wraps around to 10 or more
    if not _one_to_three_digits_each(is_digit):
        return None
    ends = np.flatnonzero(~is_digit[3:])
    if not _well_separated(text[3:].take(ends), len(fields), count):
        return None
    values = _values_before(digits, is_digit).take(ends)
    if values.max(initial=0) > MAX_PIXEL:
        return None
    return values.astype(np.uint8).reshape(len(fields), count)


def _one_to_three_digits_each(is_digit: NDArray[np.bool_]) -> bool:
    """Whether no two separators stand side by side, and no four digits."""
    here, one_before, two_before, three_before = is_digit[3:], is_digit[2:-1], is_digit[1:-2], is_digit[:-3]
    return bool((here | one_before).all() and not (here & one_before & two_before & three_before).any())


def _well_separated(separators: NDArray[np.uint8], lines: int, count: int) -> bool:
    """Whether each line has `count` numbers, a blank after all but the last."""
    if len(separators) != lines * count:
        return False
    separators = separators.reshape(lines, count)
    return bool((separators[:, :-1] == ord(" ")).all() and (separators[:, -1] == ord("\n")).all())


def _values_before(digits: NDArray[np.uint8], is_digit: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Value of the number that ends right before each position, from the third on."""
    digits = digits * is_digit  # what is no digit adds nothing
    hundreds = digits[:-3] * is_digit[1:-2]  # another number's, if no digit stands after it
    values = hundreds.astype(np.uint16)
    values *= 10
    values += digits[1:-2]
    values *= 10
    values += digits[2:-1]
    return values


def pixel_fault(field: bytes) -> str | None:
    """Say what is wrong with the first bad pixel of a list, if there is one.

    Parameters
    ----------
    field : bytes
        A list of pixels, of any length.

    Returns
    -------
    str or None
        What is wrong and what to do; None if each pixel is a strict one.
    """
    if not field:
        return "empty; give the pixels of a square image or delete the row"
    for position, pixel in enumerate(field.split(b" "), 1):
        if not _PIXEL.fullmatch(pixel) or int(pixel) > MAX_PIXEL:
            wrong = (
                f"pixel {position} is {excerpt(pixel)}" if pixel else f"two blanks before pixel {position}"
            )
            return f"{wrong}; write whole numbers from 0 to {MAX_PIXEL}, one blank between two"
    return None


def excerpt(text: bytes) -> str:
    """Show the start of untrusted bytes in printable ASCII, in quotes."""
    shown = ascii(text[:_EXCERPT_BYTES].decode("utf-8", "replace"))
    return shown if len(text) <= _EXCERPT_BYTES else f"{shown}..."
