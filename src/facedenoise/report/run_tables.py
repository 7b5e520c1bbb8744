"""The data and the params of a run as tables."""

from collections.abc import Mapping
from typing import Any

from facedenoise.data.fer2013 import EMOTIONS
from facedenoise.report.table import Cell, Group, Row, Table

SPLIT_TITLES = {"train": "Training", "val": "Validation", "test": "Test"}


def split_table(audit: Mapping[str, Any]) -> Table:
    """Count the rows of each split."""
    heads = {
        "rows": "Rows",
        "left_out": "Left out",
        "kept": "Kept",
        "constant": "Constant",
        "copies": "Copies",
    }
    rows = [
        Row(title, [Cell(f"{audit[split][name]:,}") for name in heads])
        for split, title in SPLIT_TITLES.items()
    ]
    caption = "Constant: images of one grey. Copies: exact repetitions within the split"
    return Table(caption, "Split", [(title, "") for title in heads.values()], [Group(rows)])


def shared_table(audit: Mapping[str, Any]) -> Table:
    """Count the images that stand in two splits."""
    rows = []
    for pair, count in audit["copies_across"].items():
        one, other = (SPLIT_TITLES[split] for split in pair.split("_"))
        rows.append(Row(f"{one} images that are also in {other.lower()}", [Cell(f"{count:,}")]))
    return Table("Exact copies across splits, in the CSV", "Splits", [("Images", "")], [Group(rows)])


def class_table(audit: Mapping[str, Any]) -> Table:
    """Count the rows of each emotion."""
    rows = [
        Row(name.capitalize(), [Cell(f"{audit[split]['emotions'][name]:,}") for split in SPLIT_TITLES])
        for name in EMOTIONS
    ]
    rows.append(Row("No label", [Cell(f"{audit[split]['emotions']['none']:,}") for split in SPLIT_TITLES]))
    heads = [(title, "") for title in SPLIT_TITLES.values()]
    return Table("Rows of each emotion, in the CSV", "Emotion", heads, [Group(rows)])


def params_table(params: Mapping[str, Any]) -> Table:
    """List all params by their key."""
    rows = [Row(key, [Cell(value)]) for key, value in _flattened(params)]
    return Table("params.yaml", "Key", [("Value", "")], [Group(rows)])


def hash_table(hashes: Mapping[str, str]) -> Table:
    """List the hash of each file."""
    rows = [Row(name, [Cell(digest)]) for name, digest in hashes.items()]
    return Table("Data and weights", "File", [("SHA-256", "")], [Group(rows)])


def _flattened(params: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    lines = []
    for key, value in params.items():
        name = f"{prefix}{key}"
        lines += _flattened(value, f"{name}.") if isinstance(value, dict) else [(name, _plain(value))]
    return lines


def _plain(value: Any) -> str:  # noqa: ANN401
    """Write a value as params.yaml does."""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(str(part) for part in value) if isinstance(value, tuple) else str(value)
