"""Write changed copies of Parquet files of faces: shard by shard on this machine, file by file elsewhere."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import polars as pl
from polars.exceptions import PolarsError

from facedenoise.data.archives import readable
from facedenoise.data.face import Problems
from facedenoise.data.parquet import parquet_table
from facedenoise.data.pixels import NO_PICTURE
from facedenoise.denoise.places import Finished, Place, at_hand
from facedenoise.denoise.rewriting import Change, Outcome, rewrite_pictures
from facedenoise.errors import InputError
from facedenoise.files import replacing
from facedenoise.pictures.files import suffix_of
from facedenoise.shards.rows import finish

ROWS = 1000  # of a shard, and of a row group that is written


class Part(NamedTuple):
    """Some rows of a Parquet file, which are the shard of this number."""

    source: Path
    target: Path
    number: int
    start: int
    rows: int

    def __str__(self) -> str:
        """Say which, from 0."""
        return f"{self.source}, rows {self.start} to {self.start + self.rows - 1}"


def parts_of(pairs: Sequence[tuple[Path, Path]]) -> list[Part]:
    """Return the shards of Parquet files, each a file to read and one to write; InputError if one is none."""
    parts = list[Part]()
    for source, target in pairs:
        parquet_table(source)  # has one column of pictures
        with readable(source):
            rows = pl.scan_parquet(source, glob=False).select(pl.len()).collect().item()
        if not rows:
            raise InputError(f"{source}: a table without rows; get the file again")
        for start in range(0, rows, ROWS):
            parts.append(Part(source, target, len(parts), start, min(ROWS, rows - start)))
    return parts


@dataclass(frozen=True)
class TableRewriting:
    """Changes the pictures of the rows of Parquet files, and says what became of them.

    What it returns of a shard is what `tell` makes of its findings, or an `error` if a picture is broken.
    """

    change: Change
    tell: Callable[[Iterator[Any]], dict[str, Any]]
    finished: Finished
    """Its folder, which is there, also has the rows of each shard."""

    def __call__(self, part: Part) -> dict[str, Any]:
        """Write the rows of a shard with changed pictures, unless that is done."""
        return self.finished.report(str(part.number), lambda: self._rewrite(part))

    def join(self, parts: Sequence[Part]) -> None:
        """Write the target of all parts of a file, with the metadata of their source."""
        metadata = pl.read_parquet_metadata(parts[0].source)
        own = {name: text for name, text in metadata.items() if not name.startswith("ARROW:")}
        rows = pl.scan_parquet([self._file(part) for part in parts], glob=False)
        with _writing(parts[0].target), replacing(parts[0].target) as temporary:
            rows.sink_parquet(temporary, metadata=own, row_group_size=ROWS)

    def _file(self, part: Part) -> Path:
        return Path(self.finished.place) / f"{part.number}.parquet"

    def _rewrite(self, part: Part) -> dict[str, Any]:
        [picture] = parquet_table(part.source).pictures
        with readable(part.source):
            rows = pl.scan_parquet(part.source, glob=False).slice(part.start, part.rows).collect()
        [name] = [name for name in rows.columns if name.lower() == picture]
        is_plain = rows.schema[name] == pl.Binary  # else it is a struct
        contents, outcomes = _changed(
            rows[name] if is_plain else rows[name].struct.field("bytes"), self.change
        )
        place = f"{part.source}: row "
        problems = Problems(skip=True)
        problems.lines = [
            f"{place}{row}: column '{name}': {outcome.error}"
            for row, outcome in enumerate(outcomes, part.start)
            if outcome.error
        ]
        if problems.lines:
            return {"error": problems.first}
        changed = contents.alias(name) if is_plain else pl.col(name).struct.with_fields(contents)
        with _writing(self._file(part)):
            finish(self._file(part), rows.with_columns(changed).write_parquet)
        return self.tell(finding for outcome in outcomes for finding in outcome.findings)


class File(NamedTuple):
    """A Parquet file below a prefix, which is the shard of this number."""

    number: int
    name: str

    def __str__(self) -> str:
        """Say which."""
        return self.name


def files_of(names: Iterable[str]) -> list[File]:
    """Return the shards of a prefix."""
    return [File(number, name) for number, name in enumerate(names)]


@dataclass(frozen=True)
class FileRewriting:
    """Changes the pictures of whole Parquet files, from a place to a place; one of both is a prefix.

    Of a file it returns its name, and what `tell` makes of each `ROWS` of its rows.
    """

    source: Place
    target: Place
    change: Change
    tell: Callable[[Iterator[Any]], dict[str, Any]]
    finished: Finished

    def __call__(self, file: File) -> tuple[str, list[dict[str, Any]]]:
        """Write a file with changed pictures, unless that is done."""
        return file.name, self.finished.report(str(file.number), lambda: self._rewrite(file.name))

    def _rewrite(self, name: str) -> list[dict[str, Any]]:
        with at_hand(self.source, self.target, [name]) as (top, out), TemporaryDirectory() as scratch:
            rewriting = TableRewriting(self.change, self.tell, Finished(scratch))
            try:
                parts = parts_of([(top / name, out / name)])
                told = [rewriting(part) for part in parts]
                if wrong := next((each["error"] for each in told if "error" in each), None):
                    raise InputError(wrong)
                rewriting.join(parts)
            except InputError as error:  # as the user names the file
                raise InputError(str(error).replace(f"{top}/", f"{self.source}/")) from None
        return told


def _changed(contents: pl.Series, change: Change) -> tuple[pl.Series, list[Outcome]]:
    """Change pictures that are given as what their files hold."""
    with TemporaryDirectory() as folder:
        pairs = []
        for number, content in enumerate(contents):
            source = Path(folder, f"{number}{suffix_of(content or b'')}")
            source.write_bytes(content or b"")
            pairs.append((source, Path(folder, "out", source.name)))
        outcomes = {outcome.source: outcome for outcome in rewrite_pictures(Path(folder), pairs, change)}
        told = [
            Outcome(source, target, error=NO_PICTURE)
            if content is None
            else _without_names(outcomes[source], source, target)
            for content, (source, target) in zip(contents, pairs, strict=True)
        ]
        new = [None if outcome.error else Path(outcome.target).read_bytes() for outcome in told]
        return pl.Series(contents.name, new, pl.Binary), told


def _without_names(outcome: Outcome, *names: Path) -> Outcome:
    """Take the names of temporary files out of what is wrong."""
    error = outcome.error
    for name in names:
        error = error and error.removeprefix(f"{name}: ")
    return outcome._replace(error=error)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except PolarsError as error:
        raise InputError(f"{path}: cannot be written ({error})") from None
