"""Read the faces of a source, whatever it is, and remember of each what the splits go by."""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from functools import partial
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from facedenoise.data.face import MAX_PROBLEMS, Face, Problems, Source, split_code
from facedenoise.data.labels import Labels, excerpt
from facedenoise.data.pixels import Decoder, in_batches
from facedenoise.data.source import Part, open_source
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import NO_EMOTION, USAGES
from facedenoise.images.tensors import Gathered
from facedenoise.params import Data
from facedenoise.progress import progress_bar
from facedenoise.shards import map_shards


class Reading:
    """A source that has been read: its images, (p, C, H, H) of each face, in files; the rest in a table.

    A face with a fault is an `InputError`, or left out if `data.broken` is `skip`.
    """

    def __init__(self, data: Data, decoder: Decoder, folder: Path) -> None:
        self.path, self.problems = Path(data.source), Problems(skip=data.broken == "skip")
        self.source, parts = open_source(self.path, data.noisy)
        decoder.learn(self.source.faces)
        self.count, rows, files = 0, [], []  # the count is of all faces, broken ones too
        common = self.source._replace(faces=iter(()))  # without what no other process can have
        read = partial(read_part, data=data, source=common, decoder=decoder, folder=folder)
        for part in map_shards(read, parts):
            self.problems.lines += part.problems
            self.problems.settle(MAX_PROBLEMS)
            rows.append(part.rows.with_columns(pl.col("row") + self.count))
            files.append(part.file)
            self.count += part.seen
        self.problems.settle()
        self._rows = pl.concat(rows).with_row_index("place")
        if self._rows.is_empty():
            raise InputError(f"{self.problems.first}\n{self.path}: no face is left; mend them".strip())
        self.images = Gathered(files, (1 + len(data.noisy), *decoder.shape))
        self.remarks = [*self.source.remarks]
        if decoder.layout and decoder.layout.channels > 1:
            self.remarks.append(f"pixels: {decoder.layout.description}")

    def labelled(self) -> tuple[list[str], pl.DataFrame]:
        """Return the names of the labels, and what is remembered; `emotion` is the code of a label."""
        labels = Labels(self.source.label, self.source.listed)
        found = self._rows["label"].unique(maintain_order=True).cast(pl.String).to_list()
        if fault := next(filter(None, map(labels.fault, found)), ""):  # each part may be of another kind
            raise InputError(f"{self.path}: {fault}")
        names, codes = labels.settle(self.path, found)
        emotion = pl.col("label").replace_strict(codes, default=NO_EMOTION, return_dtype=pl.Int64)
        return names, self._rows.with_columns(emotion=emotion)


class Read(NamedTuple):
    """What was read of a part: the file of the images, a row on each, and how many faces were seen."""

    file: Path
    rows: pl.DataFrame
    seen: int
    problems: list[str]


def read_part(part: Part, *, data: Data, source: Source, decoder: Decoder, folder: Path) -> Read:
    """Read a part of a source, or so much of it that there are enough problems to be told.

    The images go to a file of the folder. The decoder has learnt from the first faces of the source.
    """
    problems, seen = Problems(skip=True), 0
    rows = [_rows([], np.empty((0, 1, 1, 1), np.uint8), np.empty(0, np.int64))]
    decoder, faces = deepcopy(decoder), _judged(part.open(data.noisy).faces, data, source)
    with NamedTemporaryFile(dir=folder, delete=False) as file:
        for batch in in_batches(progress_bar(faces, desc=f"reading {part.file.name}", unit=" faces")):
            images, good = decoder.decode(batch, problems)
            file.write(images.tobytes())
            numbers = seen + np.array(good, np.int64)
            rows.append(_rows([batch[index] for index in good], images[:, 0], numbers))
            seen += len(batch)
            if len(problems.lines) >= MAX_PROBLEMS and data.broken != "skip":
                break
    return Read(Path(file.name), pl.concat(rows), seen, problems.lines)


def _judged(faces: Iterable[Face], data: Data, source: Source) -> Iterator[Face]:
    """Say of faces what is wrong with their labels and splits."""
    labels, words = Labels(source.label, source.listed), {None, *USAGES}
    for face in faces:
        fault = face.fault or labels.fault(face.label)
        if data.split == "given" and not fault and face.split not in words:
            if split_code(face.split) is not None and not face.hint:
                words.add(face.split)
            else:  # in a line without end a word may be cut off
                wrong = f"{source.split_by}: {excerpt(face.split or '')} is no split"
                fault = f"{wrong}; write {', '.join(USAGES)}"
        yield face._replace(fault=fault)


def _rows(faces: Sequence[Face], images: NDArray[np.uint8], rows: NDArray[np.int64]) -> pl.DataFrame:
    # Among FER2013's faces, two different ones share a digest with a probability of 1 to 10^10.
    digests = b"".join(blake2b(image.tobytes(), digest_size=8).digest() for image in images)
    columns = {
        "row": rows,
        "label": [face.label for face in faces],
        "split": [split_code(face.split) for face in faces],
        "constant": (images == images[..., :1, :1]).all(axis=(1, 2, 3)),
        "digest": np.frombuffer(digests, np.uint64),
    }
    return pl.DataFrame(columns, schema_overrides={"label": pl.Categorical, "split": pl.Int8})
