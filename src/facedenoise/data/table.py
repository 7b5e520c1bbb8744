"""Tables of faces, CSV or Parquet: each row is a face, columns are found by their names in any case."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from facedenoise.data.face import Face
from facedenoise.data.labels import excerpt
from facedenoise.errors import InputError

LABEL, SPLIT = ("emotion", "label", "labels"), ("usage", "split")
"""The columns of labels and of splits; the first that is there counts."""


class Table(NamedTuple):
    """A file of faces, with other columns among those that matter."""

    place: str  # how messages call its header
    header: list[str]
    pictures: list[str]  # the columns that may have the clean ones, in small letters
    rows: Iterator[Face]  # with `fields` alone, to be read once
    listed: Sequence[str] = ()  # the names of labels, by code

    @property
    def columns(self) -> list[str]:
        """The header in small letters."""
        return [name.lower() for name in self.header]

    def find(self, names: Sequence[str]) -> str | None:
        """Return the first of these columns that is there."""
        return next((name for name in names if name in self.columns), None)

    def checked(self, noisy: Sequence[str]) -> "Table":
        """Return itself; InputError unless there is one column of clean pictures, and of each other kind."""
        others = [*noisy, *filter(None, map(self.find, (LABEL, SPLIT)))]
        counts = {f"named '{name}'": self.columns.count(name.lower()) for name in others}
        for what, count in {**counts, "of pictures (pixels, or bytes)": len(self._clean(noisy))}.items():
            if count != 1:
                header = excerpt(",".join(self.header))
                raise InputError(f"{self.place}: {count} columns {what} among {header}; give one")
        return self

    def faces(self, noisy: Sequence[str] = (), split: str | None = None) -> Iterator[Face]:
        """Yield the faces; `noisy` are columns of noisy versions, `split` is that of a file without one."""
        pictures = {name: name.lower() for name in (*self._clean(noisy), *noisy)}
        columns, label, word = self.columns, self.find(LABEL), self.find(SPLIT)
        for face in self.rows:
            row: dict[str | None, Any] = dict(zip(columns, face.fields, strict=bool(face.fields)))
            contents = {name: row.get(column) for name, column in pictures.items()}
            yield face._replace(pictures=contents, label=row.get(label), split=row.get(word, split))

    def _clean(self, noisy: Sequence[str]) -> list[str]:
        return [name for name in self.pictures if name not in map(str.lower, noisy)]
