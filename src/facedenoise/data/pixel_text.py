"""Pixels written as text, "70 80 82 ...": a fast strict decoder, and what to say where it fails."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MAX_PIXEL = 255

# Text decoded at once: its arrays, some ten times as large, stay in the processor's cache.
BATCH_BYTES = 1 << 16

_PIXEL = re.compile(rb"[0-9]{1,3}")
_EXCERPT_BYTES = 24


def decode_pixels(fields: Sequence[bytes], count: int) -> NDArray[np.uint8] | None:
    """Decode equally long lists of pixels, all at once.

    Strict: a pixel is one to three ASCII digits, 0 to 255, and one blank stands between two.

    Parameters
    ----------
    fields : sequence of bytes
        n lists of pixels, at least one.
    count : int
        Pixels in each.

    Returns
    -------
    numpy.ndarray or None
        uint8 of shape (n, count); None if any field is not `count` strict pixels.
    """
    batches = []
    step = max(1, BATCH_BYTES // (4 * count))
    for start in range(0, len(fields), step):
        batch = _decode_batch(fields[start : start + step], count)
        if batch is None:
            return None
        batches.append(batch)
    return np.concatenate(batches)


def _decode_batch(fields: Sequence[bytes], count: int) -> NDArray[np.uint8] | None:
    """Decode a few lists, or give None."""
    # The leading blanks let the first number, too, look back at three characters.
    text = np.frombuffer(b"   " + b" ".join(fields) + b" ", np.uint8)
    digits = text - np.uint8(ord("0"))
    is_digit = digits < 10  # noqa: PLR2004 - all else wraps around to 10 or more
    is_blank = text == ord(" ")
    ends = np.flatnonzero(is_blank[3:])
    if not (
        (is_digit | is_blank).all() and _one_to_three_digits_each(is_digit) and _lines_up(ends, fields, count)
    ):
        return None
    values = _values_before(digits, is_digit.view(np.uint8)).take(ends)
    if values.max(initial=0) > MAX_PIXEL:
        return None
    return values.astype(np.uint8).reshape(len(fields), count)


def _one_to_three_digits_each(is_digit: NDArray[np.bool_]) -> bool:
    """Whether no two blanks stand side by side behind the leading ones, and no four digits."""
    here, one_before, two_before, three_before = is_digit[3:], is_digit[2:-1], is_digit[1:-2], is_digit[:-3]
    return bool((here | one_before).all() and not (here & one_before & two_before & three_before).any())


def _lines_up(ends: NDArray[np.intp], fields: Sequence[bytes], count: int) -> bool:
    """Whether each field ends with its number `count`, given where all numbers end."""
    field_ends = np.cumsum([len(field) + 1 for field in fields]) - 1
    return len(ends) == count * len(fields) and np.array_equal(ends[count - 1 :: count], field_ends)


def _values_before(digits: NDArray[np.uint8], is_digit: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Value of the number that ends right before each character, from the third on."""
    digits = digits * is_digit  # what is no digit adds nothing
    hundreds = digits[:-3] * is_digit[1:-2]  # another number's digit, if a blank follows it
    below_hundred = digits[1:-2] * np.uint8(10) + digits[2:-1]
    values: NDArray[np.uint16] = hundreds * np.uint16(100) + below_hundred
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
