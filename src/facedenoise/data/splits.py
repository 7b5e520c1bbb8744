"""The three splits, built from any source of faces in bounded memory."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from facedenoise.data.archives import readable
from facedenoise.data.audit import audit_splits, is_in, remarks_on
from facedenoise.data.face import MAX_PROBLEMS, SPLITS, USAGE, Face, Problems, Source, split_code
from facedenoise.data.face_csv import open_csv
from facedenoise.data.folder import open_folder
from facedenoise.data.labels import excerpt, read_votes
from facedenoise.data.parquet import open_parquet
from facedenoise.data.pixels import Decoder, Images, in_batches
from facedenoise.errors import InputError
from facedenoise.files import replacing, write_json
from facedenoise.images.fer2013 import USAGES
from facedenoise.images.tensors import save_arrays, spooled
from facedenoise.params import Data
from facedenoise.progress import progress_bar

_PIECE = 1024  # images in memory at a time
_NO_SPLIT, _TRAIN, _VAL, _TEST = range(-1, len(SPLITS))
_SHARES = "give shares, as `data.split: [0.8, 0.1, 0.1]`"
_TENSORS = {"emotion": np.int64, "row": np.int64, "in_train": np.uint8}


def write_splits(data: Data, folder: Path, audit: Path) -> list[str]:
    """Split the faces of a source; nothing is written unless all of it is well-formed.

    Writes `train`, `val` and `test` `.safetensors`, faces in the order of the source: `images` uint8
    (N, 1, H, H); `emotion` int64 (N,), a label or -1; `row` int64 (N,), which face of the source, from 0; and
    in val and test `in_train` uint8 (N,), 1 for an exact copy of an image in `train`. Their metadata has
    `labels`: the names by code, as JSON. What `audit_splits` counts goes to `audit`, with the lines of what is
    broken and left out. Memory grows by a few bytes a face.

    Returns remarks on what is no error and should be known. Raises an InputError if anything is malformed, or
    if a split has no face.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reading = _Reading(Path(data.source), skip=data.broken == "skip")
    with ExitStack() as stack:
        images = stack.enter_context(spooled(reading.images(Decoder(data.size)), folder))
        labels, rows = _voted(reading, Path(data.labels)) if data.labels else reading.labelled()
        rows = _given(reading, rows) if isinstance(data.split, str) else _dealt(rows, data.split)
        splits = _split(rows, data.deduplicate)
        _require(reading, splits)
        for name, split in splits.items():
            temporary = stack.enter_context(replacing(folder / f"{name}.safetensors"))
            _write(temporary, split.filter("kept"), images, labels)
        remarks = [*reading.remarks, *remarks_on(splits)]
        counts = audit_splits(splits, labels, images.shape[-1])
        write_json(audit, {**counts, "remarks": remarks, "broken": reading.problems.lines})
    return remarks


def open_source(path: Path) -> Source:
    """Open Parquet files, a CSV or a folder of pictures, whichever is there; InputError if none is."""
    with readable(path):
        if path.is_dir():
            parquet = sorted(path.rglob("*.parquet"))
        else:
            with path.open("rb") as file:
                parquet = [path] if file.read(4) == b"PAR1" else []
    return open_parquet(path, parquet) if parquet else open_csv(path) or open_folder(path)


class _Reading:
    """A source, and what is remembered of its faces."""

    def __init__(self, path: Path, *, skip: bool) -> None:
        self.path, self.source, self.problems = path, open_source(path), Problems(skip=skip)
        self.remarks = [*self.source.remarks]
        self.count = 0  # of all faces, broken ones too
        self._known: list[pl.DataFrame] = []

    def images(self, decoder: Decoder) -> Iterator[Images]:
        """Yield the images of faces without fault; raise what is wrong with the others."""
        with progress_bar(desc=f"reading {self.path.name}", unit=" faces") as bar:
            for faces in in_batches(self.source.faces):
                images, faults = decoder.decode(faces)
                decoded = [index for index in range(len(faces)) if index not in faults]
                faults |= self._wrong_words(faces)
                lines = {index: f"{faces[index].place}: {fault}" for index, fault in faults.items()}
                self.problems.add(*(f"{lines[index]}{faces[index].hint}" for index in sorted(lines)))
                good = [index not in faults for index in decoded]
                if any(good):
                    yield self._remember(
                        faces, images[good], [index for index in decoded if index not in faults]
                    )
                self.count += len(faces)
                bar.update(len(faces))
        self.problems.settle()
        if not self._known:
            raise InputError(
                "\n".join([*self.problems.lines[:MAX_PROBLEMS], f"{self.path}: no face is left"])
            )

    def _wrong_words(self, faces: Sequence[Face]) -> dict[int, str]:
        wrong = {}
        for index, face in enumerate(faces):
            if face.split is not None and split_code(face.split) is None:
                fault = f"{excerpt(face.split)} is no split; write {', '.join(USAGES)}"
                wrong[index] = f"{self.source.split_by}: {fault}"
            if face.label is not None and (fault := self.source.labels.fault(face.label) or ""):
                wrong[index] = f"{self.source.label_by}: {fault}"
        return wrong

    def _remember(self, faces: Sequence[Face], images: Images, good: list[int]) -> Images:
        # Among FER2013's faces, two different ones share a digest with a probability of 1 to 10^10.
        digests = b"".join(blake2b(image, digest_size=8).digest() for image in images)
        darkest, brightest = images.min(axis=(1, 2, 3)), images.max(axis=(1, 2, 3))
        split = [split_code(faces[index].split or "") for index in good]
        columns: dict[str, Any] = {
            "row": np.array(good) + self.count,
            "label": self.source.labels.numbers([faces[index].label for index in good]),
            "split": pl.Series(split, dtype=pl.Int8).fill_null(_NO_SPLIT),
            "brightest": brightest,
            "constant": brightest == darkest,
            "digest": np.frombuffer(digests, np.uint64),
        }
        self._known.append(pl.DataFrame(columns))
        return images

    def labelled(self) -> tuple[list[str], pl.DataFrame]:
        """Return the names of the labels, and what is remembered, with their codes."""
        names, codes = self.source.labels.settle(self.path)
        rows = pl.concat(self._known).with_row_index("place")
        return names, rows.with_columns(emotion=pl.Series(codes[rows["label"]]))


def _voted(reading: _Reading, path: Path) -> tuple[list[str], pl.DataFrame]:
    """Return so with labels and splits from the votes of FER+, row by row, without what is no face."""
    rows, (names, votes) = reading.labelled()[1], read_votes(path)
    if len(votes) != reading.count:
        wrong = f"{len(votes)} rows, but {reading.path} has {reading.count}"
        raise InputError(f"{path}: {wrong}; give the votes on these very faces")
    votes = votes[rows["row"]]
    same = (rows["split"] == votes["split"]) | (rows["split"] == _NO_SPLIT)
    if reading.source.split_by != USAGE:  # others call both val and test so
        same |= (rows["split"] == _TEST) & (votes["split"] == _VAL)
    if not same.all():
        wrong = f"row {rows['row'].filter(~same)[0]} is of another split than in {reading.path}"
        raise InputError(f"{path}: {wrong}; give the votes on these very faces")
    if count := (~votes["is_face"]).sum():
        reading.remarks.append(f"{count} faces are left out: most votes in {path} see none")
    return names, rows.with_columns(votes["emotion"], votes["split"]).filter(votes["is_face"])


def _given(reading: _Reading, rows: pl.DataFrame) -> pl.DataFrame:
    """Take the splits as they are; without val every other face of test is one, unless a column says Usage."""
    none = rows["split"] == _NO_SPLIT
    if none.all():
        raise InputError(f"{reading.path}: nothing in it says the splits; {_SHARES}")
    if none.any():
        some = (
            f"{none.sum()} faces are in no split, first number {rows['row'].filter(none)[0]}, counted from 0"
        )
        raise InputError(f"{reading.path}: {some}; move them, or {_SHARES}")
    if reading.source.split_by == USAGE or (rows["split"] == _VAL).any():
        return rows
    test = pl.col("split") == _TEST
    is_val = test & (test.cum_sum() % 2 == 1)
    return rows.with_columns(split=pl.when(is_val).then(pl.lit(_VAL, pl.Int8)).otherwise("split"))


def _dealt(rows: pl.DataFrame, shares: Sequence[float]) -> pl.DataFrame:
    """Deal by a hash of the pixels: copies share a split, and faces that are added later move none."""
    uniform = rows["digest"].to_numpy() / 2.0**64
    split = np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right")
    return rows.with_columns(split=pl.Series(split.astype(np.int8)))


def _split(rows: pl.DataFrame, deduplicate: bool) -> dict[str, pl.DataFrame]:
    """Mark the rows that are written, and those of val and test with a copy among train's."""
    train, *held_out = (rows.filter(split=code) for code in range(len(SPLITS)))
    train = train.with_columns(kept=~(is_in(train, pl.concat(held_out)) & deduplicate))
    trained = train.filter("kept")
    marked = (split.with_columns(kept=True, in_train=is_in(split, trained)) for split in held_out)
    return dict(zip(SPLITS, (train, *marked), strict=True))


def _require(reading: _Reading, splits: dict[str, pl.DataFrame]) -> None:
    by = reading.source.split_by
    missing = [SPLITS[name] if by == USAGE else name for name, split in splits.items() if split.is_empty()]
    problems = [f"{by}: no row has {word}; mark some rows so, or {_SHARES}" for word in missing]
    if not problems and not splits["train"]["kept"].any():
        problems = ["every training face is a copy of one in val or test; add others"]
    if problems:
        raise InputError("\n".join(f"{reading.path}: {problem}" for problem in problems))


def _write(path: Path, rows: pl.DataFrame, images: Images, labels: list[str]) -> None:
    places = rows["place"].to_numpy()
    pieces = (images[places[start : start + _PIECE]] for start in range(0, len(places), _PIECE))
    names = [name for name in _TENSORS if name in rows.columns]
    flat = {name: rows[name].to_numpy().astype(_TENSORS[name]) for name in names}
    with spooled(pieces, path.parent) as kept:
        save_arrays(path, {"images": kept, **flat}, {"labels": json.dumps(labels)})
