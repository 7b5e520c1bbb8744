"""Labels of any number and name: the source's own, or the votes of FER+."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from facedenoise.errors import InputError
from facedenoise.images.fer2013 import EMOTIONS, NO_EMOTION, USAGES

_NONE = ("", "-1")
_CODE = re.compile(r"0|[1-9][0-9]{0,8}")
_NUMBER = re.compile(r"[-+]?[0-9._]+(e[-+]?[0-9]+)?|nan|[-+]?inf", re.IGNORECASE)  # is no name
_VOTES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
_ANSWERS = (*_VOTES, "unknown", "NF")  # NF: no face


class Labels:
    """The labels of a source: all whole numbers, or all names; of folders, in no `column`, any.

    `listed` are the names by code where the source lists them; codes of emotions from 0 to 6 are FER2013's.
    """

    def __init__(self, column: str | None = None, listed: Sequence[str] = ()) -> None:
        self._column, self._names = column, [*listed]
        self._codes = [str(code) for code in range(len(listed))]
        self._kind = "one that the file lists" if listed else ""

    def fault(self, label: str) -> str:
        """Say what is wrong with a label, if anything."""
        if self._column is None or label in (*_NONE, *self._codes):
            return ""
        is_name = label.isprintable() and not is_number(label)
        kind = "a whole number from 0" if _CODE.fullmatch(label) else "a name" if is_name else ""
        self._kind = self._kind or kind
        if kind and kind == self._kind:
            return ""
        wanted = self._kind or "a whole number from 0, or a name"
        return f"column '{self._column}': {excerpt(label)} is no label; write {wanted}, or -1 for none"

    def settle(self, source: Path, found: Iterable[str]) -> tuple[list[str], dict[str, int]]:
        """Return the names by code, and the code of each label that was found without fault.

        FER2013's codes and all seven of its names get its names and codes; other labels are sorted.
        InputError for two that differ in capitals alone.
        """
        order = self._codes or sorted({*found} - {*_NONE}, key=natural)
        names = self._names or order
        lower = {name.casefold(): name for name in names}
        if twins := [name for name in names if lower[name.casefold()] != name]:
            both = f"labels {excerpt(twins[0])} and {excerpt(lower[twins[0].casefold()])}"
            raise InputError(f"{source}: {both} differ in capitals alone; give them one name")
        digits = [str(code) for code in range(len(EMOTIONS))]
        if not self._names and "emotion" in (self._column or "") and {*order} <= {*digits}:
            names, order = [*EMOTIONS], digits
        elif not self._names and lower.keys() == {*EMOTIONS}:
            names, order = [*EMOTIONS], [lower[name] for name in EMOTIONS]
        return names, {label: code for code, label in enumerate(order)}


def read_votes(path: Path) -> tuple[list[str], pl.DataFrame]:
    """Read the votes of FER+, `fer2013new.csv`: a row for each of FER2013's, in its order.

    What most of the ten annotators saw is the label. Where two answers have the most votes, or most did not
    know, there is none; where most saw no face, `is_face` is false. Returns the names of the eight emotions,
    and a table with `emotion`, their index or -1, `is_face`, and `split`, an index into USAGES.
    Raises an InputError if the file is no such table.
    """
    try:
        table = pl.read_csv(path, infer_schema=False).rename(str.strip)
        votes = table.select(pl.col(_ANSWERS).str.strip_chars().fill_null("").cast(pl.UInt8)).to_numpy()
        split = table["Usage"].str.strip_chars().fill_null("").cast(pl.Enum(USAGES)).to_physical()
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path}: no votes of FER+ ({reason}); get fer2013new.csv again") from None
    is_most = votes == votes.max(axis=1, keepdims=True)
    winner = np.where(is_most.sum(axis=1) == 1, votes.argmax(axis=1), NO_EMOTION)
    emotion = np.where(winner < len(_VOTES), winner, NO_EMOTION)
    is_face = winner != _ANSWERS.index("NF")
    return list(_VOTES), pl.DataFrame({"emotion": emotion, "is_face": is_face, "split": split.cast(pl.Int8)})


def natural(text: str) -> list[tuple[str, int]]:
    """Return what sorts texts so that 9 comes before 10."""
    pieces = re.findall(r"(\D*)(\d*)", text)
    return [*((words, int(digits or 0)) for words, digits in pieces), (text, 0)]


def is_number(label: str) -> bool:
    """Return whether a label is a number, whole or not, and so no name."""
    return _NUMBER.fullmatch(label) is not None


def excerpt(text: str) -> str:
    """Return the start of untrusted text in printable ASCII, in quotes."""
    return ascii(text[:24]) + "..." * (len(text) > 24)  # noqa: PLR2004
