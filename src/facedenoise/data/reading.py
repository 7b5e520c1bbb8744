"""Read the faces of a source, whatever it is, and remember of each what the splits go by."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from facedenoise.data.archives import first_bytes
from facedenoise.data.face import Face, Problems, Source, split_code
from facedenoise.data.face_csv import find_csvs, open_csv
from facedenoise.data.folder import open_folder
from facedenoise.data.labels import excerpt
from facedenoise.data.parquet import open_parquet
from facedenoise.data.pixels import Decoder, Images, in_batches
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import USAGES
from facedenoise.progress import progress_bar

NO_SPLIT = -1


def open_source(path: Path, noisy: Sequence[str] = ()) -> Source:
    """Open Parquet files, a CSV or a folder of pictures, whichever is there; InputError if none is.

    `noisy` are the columns, or the folders beside the folder `clean`, of the noisy versions of its pictures.
    """
    if not path.is_dir():
        is_parquet = first_bytes(path).startswith(b"PAR1")
        return open_parquet(path, [path], noisy) if is_parquet else open_csv(find_csvs(path), noisy)
    parquet, csvs = sorted(path.rglob("*.parquet")), []
    try:
        csvs = find_csvs(path)
    except InputError:  # of a CSV or an archive that is no source
        if not parquet:
            raise
    if parquet and csvs:
        raise InputError(f"{path}: {parquet[0]} and {csvs[0].name} both hold faces; name one of them")
    if parquet:
        return open_parquet(path, parquet, noisy)
    return open_csv(csvs, noisy) if csvs else open_folder(path, noisy)


class Reading:
    """A source, and what is remembered of its faces; unless `by_splits`, they may be of any split."""

    def __init__(self, path: Path, noisy: Sequence[str] = (), *, skip: bool, by_splits: bool = True) -> None:
        self._by_splits, self._words = by_splits, {*USAGES}
        self.path, self.source, self.problems = path, open_source(path, noisy), Problems(skip=skip)
        self.remarks = [*self.source.remarks]
        self.count = 0  # of all faces, broken ones too
        self._known: list[NDArray[Any]] = []  # of the faces, by batches

    def images(self, decoder: Decoder) -> Iterator[Images]:
        """Yield the images of faces without fault; raise what is wrong with the others."""
        with progress_bar(desc=f"reading {self.path.name}", unit=" faces") as bar:
            for batch in in_batches(self.source.faces):
                faces = [face._replace(fault=face.fault or self._fault(face)) for face in batch]
                images, good = decoder.decode(faces, self.problems)
                if good:
                    self._remember([faces[index] for index in good], images, self.count + np.array(good))
                    yield images
                self.count += len(faces)
                bar.update(len(faces))
        self.problems.settle()
        if not self._known:
            raise InputError("\n".join([*self.problems.first, f"{self.path}: no face is left; mend them"]))
        if decoder.layout and decoder.layout.channels > 1:
            self.remarks.append(f"pixels: {decoder.layout.description}")

    def _fault(self, face: Face) -> str:
        """Say what is wrong with the label or the split of a face, if anything."""
        if fault := self.source.labels.fault(face.label):
            return fault
        word = face.split
        if not self._by_splits or word is None or word in self._words:
            return ""
        if split_code(word) is None or face.hint:  # in a line without end a word may be cut off
            return f"{self.source.split_by}: {excerpt(word)} is no split; write {', '.join(USAGES)}"
        self._words.add(word)
        return ""

    def _remember(self, faces: Sequence[Face], pairs: Images, row: NDArray[np.int64]) -> None:
        images = pairs[:, 0]
        codes = [split_code(face.split) for face in faces]
        # Among FER2013's faces, two different ones share a digest with a probability of 1 to 10^10.
        digests = b"".join(blake2b(image.tobytes(), digest_size=8).digest() for image in images)
        known = {
            "row": row,
            "label": [self.source.labels.number(face.label) for face in faces],
            "split": [NO_SPLIT if code is None else code for code in codes],
            "brightest": images.max(axis=(1, 2, 3)),
            "constant": (images == images[..., :1, :1]).all(axis=(1, 2, 3)),
            "digest": np.frombuffer(digests, np.uint64),
        }
        self._known.append(np.rec.fromarrays([*known.values()], names=[*known], formats="i8,i4,i1,u1,?,u8"))

    def labelled(self) -> tuple[list[str], pl.DataFrame]:
        """Return the names of the labels, and what is remembered, with their codes."""
        names, codes = self.source.labels.settle(self.path)
        rows = pl.DataFrame(np.concatenate(self._known)).with_row_index("place")
        self._known.clear()  # a long source has many rows
        return names, rows.with_columns(emotion=pl.Series(codes[rows["label"]]))
