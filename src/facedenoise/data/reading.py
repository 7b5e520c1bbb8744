"""Read the faces of a source, whatever it is, and remember of each what the splits go by."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from facedenoise.data.archives import readable
from facedenoise.data.face import (
    FOLDERS,
    Face,
    Problems,
    Source,
    in_lines,
    split_code,
)
from facedenoise.data.face_csv import find_csvs, open_csv
from facedenoise.data.folder import open_folder
from facedenoise.data.labels import excerpt, remarks_on_names
from facedenoise.data.parquet import open_parquet
from facedenoise.data.pixels import Decoder, Images, in_batches
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import USAGES
from facedenoise.progress import progress_bar

NO_SPLIT = -1
_KNOWN = [  # of a face
    ("row", np.int64),
    ("label", np.int32),
    ("split", np.int8),
    ("brightest", np.uint8),
    ("constant", np.bool_),
    ("digest", np.uint64),
]


def open_source(path: Path, noisy: Sequence[str] = ()) -> Source:
    """Open Parquet files, a CSV or a folder of pictures, whichever is there; InputError if none is.

    `noisy` are the columns, or the folders beside the folder `clean`, of the noisy versions of its pictures.
    """
    with readable(path):
        if path.is_dir():
            parquet = sorted(path.rglob("*.parquet"))
        else:
            with path.open("rb") as file:
                parquet = [path] if file.read(4) == b"PAR1" else []
    if parquet:
        _require_no_csv(path, parquet)
        return open_parquet(path, parquet, noisy)
    return open_csv(path, noisy) or open_folder(path, noisy)


def _require_no_csv(path: Path, parquet: list[Path]) -> None:
    csvs = []
    with suppress(InputError):  # of a CSV or an archive that is no source
        csvs = find_csvs(path) if path.is_dir() else []
    if csvs:
        raise InputError(f"{path}: {parquet[0]} and {csvs[0].name} both hold faces; name one of them")


class Reading:
    """A source, and what is remembered of its faces; unless `by_splits`, they may be of any split."""

    def __init__(self, path: Path, noisy: Sequence[str] = (), *, skip: bool, by_splits: bool = True) -> None:
        self._by_splits, self._words = by_splits, {*USAGES}
        self.path, self.source, self.problems = path, open_source(path, noisy), Problems(skip=skip)
        self.remarks = [*self.source.remarks]
        self.count = 0  # of all faces, broken ones too
        self._known: list[NDArray[Any]] = []

    def images(self, decoder: Decoder) -> Iterator[Images]:
        """Yield the images of faces without fault; raise what is wrong with the others."""
        with progress_bar(desc=f"reading {self.path.name}", unit=" faces") as bar:
            for batch in in_batches(self.source.faces):
                faces = [self._judged(face) for face in batch]
                images, faults = decoder.decode(faces)
                self.problems.add(*in_lines(faces, faults))
                if good := [index for index in range(len(faces)) if index not in faults]:
                    self._remember([faces[index] for index in good], images, self.count + np.array(good))
                    yield images
                self.count += len(faces)
                bar.update(len(faces))
        self.problems.settle()
        if not self._known:
            raise InputError("\n".join([*self.problems.first, f"{self.path}: no face is left; mend them"]))
        if decoder.layout and decoder.layout.channels > 1:
            self.remarks.append(f"pixels: {decoder.layout.description}")

    def _judged(self, face: Face) -> Face:
        """Note it as the fault of a face if its split or its label is none."""
        if self._by_splits and face.split is not None and not self._is_split(face.split, face.hint):
            wrong = f"{excerpt(face.split)} is no split; write {', '.join(USAGES)}"
            return face._replace(fault=f"{self.source.split_by}: {wrong}")
        is_folder = self.source.label_by == FOLDERS  # that may have any name
        fault = None if is_folder or face.label is None else self.source.labels.fault(face.label)
        return face._replace(fault=f"{self.source.label_by}: {fault}") if fault else face

    def _is_split(self, word: str, hint: str) -> bool:
        """Whether a word means a split; in a line without end only if it is known, as it may be cut off."""
        if not hint and split_code(word) is not None:
            self._words.add(word)
        return word in self._words

    def _remember(self, faces: Sequence[Face], pairs: Images, row: NDArray[np.int64]) -> None:
        # Among FER2013's faces, two different ones share a digest with a probability of 1 to 10^10.
        images = pairs[:, 0]
        digests = b"".join(blake2b(image.tobytes(), digest_size=8).digest() for image in images)
        darkest, brightest = images.min(axis=(2, 3)), images.max(axis=(2, 3))
        known = np.empty(len(faces), _KNOWN)
        known["row"] = row
        known["label"] = self.source.labels.numbers([face.label for face in faces])
        codes = (split_code(face.split or "") for face in faces)
        known["split"] = [NO_SPLIT if code is None else code for code in codes]
        known["brightest"] = brightest.max(axis=1)
        known["constant"] = (brightest == darkest).all(axis=1)
        known["digest"] = np.frombuffer(digests, np.uint64)
        self._known.append(known)

    def labelled(self) -> tuple[list[str], pl.DataFrame]:
        """Return the names of the labels, and what is remembered, with their codes."""
        names, codes = self.source.labels.settle(self.path)
        self.remarks += remarks_on_names(names)
        rows = pl.DataFrame(np.concatenate(self._known)).with_row_index("place")
        self._known.clear()  # a long source has many rows
        return names, rows.with_columns(emotion=pl.Series(codes.astype(np.int32)[rows["label"]]))
