"""The data and the params of a run as tables."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from facedenoise.params import Params
from facedenoise.report.style import capitalised
from facedenoise.report.table import Cell, Row, RowGroup, Table

SPLIT_TITLES = {"train": "Training", "val": "Validation", "test": "Test"}


def split_table(audit: Mapping[str, Any], *, in_colour: bool) -> Table:
    """Count the rows of each split."""
    heads = ("rows", "left_out", "kept", "constant", "copies")
    rows = {title: [f"{audit[split][name]:,}" for name in heads] for split, title in SPLIT_TITLES.items()}
    constant = f"images of one {'colour' if in_colour else 'grey'}"
    caption = f"Constant: {constant}. Copies: exact repetitions within the split"
    return _table(caption, "Split", [name.replace("_", " ").capitalize() for name in heads], rows)


def shared_table(audit: Mapping[str, Any]) -> Table:
    """Count the images that are in two splits."""
    rows = {}
    for pair, count in audit["copies_across"].items():
        one, other = (SPLIT_TITLES[split] for split in pair.split("_"))
        rows[f"{one} images that are also in {other.lower()}"] = [f"{count:,}"]
    return _table("Exact copies across splits, in the source", "Splits", ["Images"], rows)


def class_table(audit: Mapping[str, Any]) -> Table:
    """Count the rows of each label."""
    titles = {name: capitalised(name) for name in audit["train"]["emotions"]} | {"none": "No label"}
    rows = {
        title: [f"{audit[split]['emotions'][name]:,}" for split in SPLIT_TITLES]
        for name, title in titles.items()
    }
    return _table("Rows of each label, in the source", "Label", [*SPLIT_TITLES.values()], rows)


def params_table(params: Params) -> Table:
    """List all params by their key."""
    content = asdict(params)
    for name, task in params.tasks.items():
        content["tasks"][name]["noise"] = task.noise.entry()
    rows = {key: [_plain(value)] for key, value in _flat(content) if value is not None}
    return _table("params.yaml", "Key", ["Value"], rows)


def hash_table(hashes: Mapping[str, str]) -> Table:
    """List the hash of each file."""
    rows = {name: [digest] for name, digest in hashes.items()}
    return _table("Data and weights", "File", ["SHA-256"], rows)


def _table(caption: str, corner: str, heads: list[str], rows: Mapping[str, list[str]]) -> Table:
    lines = [Row(head, [Cell(text) for text in texts]) for head, texts in rows.items()]
    return Table(caption, corner, [(head, "") for head in heads], [RowGroup(lines)])


def _flat(section: Mapping[Any, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a section and its subsections by their keys, and list items by their places."""
    for name, value in section.items():
        match value:
            case dict():
                yield from _flat(value, f"{above}{name}.")
            case [dict(), *_]:
                yield from _flat(dict(enumerate(value)), f"{above}{name}.")
            case _:
                yield f"{above}{name}", value


def _plain(value: Any) -> str:  # noqa: ANN401
    """Write a value as params.yaml does."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value) or "[]"
    return str(value)
