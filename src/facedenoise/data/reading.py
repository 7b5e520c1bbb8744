"""Read the faces of a source, whatever it is, and remember of each what the splits go by."""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from functools import partial
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

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

_NO_SPLIT = -1
_KNOWN = np.dtype([("row", "i8"), ("label", "i4"), ("split", "i1"), ("constant", "?"), ("digest", "u8")])


class Reading:
    """A source that has been read: its images, (p, C, H, H) of each face, in files; the rest in a table.

    A face with a fault is an `InputError`, or left out if `data.broken` is `skip`.
    """

    def __init__(self, data: Data, decoder: Decoder, folder: Path) -> None:
        self.path, self.problems = Path(data.source), Problems(skip=data.broken == "skip")
        self.source, parts = open_source(self.path, data.noisy)
        decoder.learn(self.source.faces)
        self.count, files = 0, []  # the count is of all faces, broken ones too
        self._known: list[NDArray[Any]] = []  # of the faces, by parts
        self._found: dict[str, int] = {}  # labels, numbered as they come
        common = self.source._replace(faces=iter(()))  # without what no other process can have
        read = partial(read_part, data=data, source=common, decoder=decoder, folder=folder)
        for part in map_shards(read, parts):
            self.problems.lines += part.problems
            self.problems.settle(MAX_PROBLEMS)
            numbers = [self._found.setdefault(label, len(self._found)) for label in part.labels]
            own = part.known.copy()  # what comes from another process cannot be changed
            own["label"] = np.array(numbers, np.int32)[own["label"]]
            own["row"] += self.count
            self._known.append(own)
            files.append(part.file)
            self.count += part.seen
        self.problems.settle()
        if not any(map(len, self._known)):
            raise InputError(f"{self.problems.first}\n{self.path}: no face is left; mend them".strip())
        self.images = Gathered(files, (1 + len(data.noisy), *decoder.shape))
        self.remarks = [*self.source.remarks]
        if decoder.layout and decoder.layout.channels > 1:
            self.remarks.append(f"pixels: {decoder.layout.description}")

    def labelled(self) -> tuple[list[str], pl.DataFrame]:
        """Return the names of the labels, and what is remembered; `emotion` is the code of a label."""
        labels = Labels(self.source.label, self.source.listed)
        rows = pl.DataFrame(np.concatenate(self._known)).with_row_index("place")
        self._known.clear()  # a long source has many rows
        if fault := next(filter(None, map(labels.fault, self._found)), ""):  # parts may be of two kinds
            raise InputError(f"{self.path}: {fault}")
        names, codes = labels.settle(self.path, self._found)
        emotion = np.array([codes.get(label, NO_EMOTION) for label in self._found])[rows["label"]]
        return names, rows.with_columns(pl.col("split").replace(_NO_SPLIT, None), emotion=pl.Series(emotion))


class Read(NamedTuple):
    """What was read of a part: the file of the images, what is known of each, how many faces were seen."""

    file: Path
    known: NDArray[Any]
    labels: list[str]
    seen: int
    problems: list[str]


def read_part(part: Part, *, data: Data, source: Source, decoder: Decoder, folder: Path) -> Read:
    """Read a part of a source, or so much of it that there are enough problems to be told.

    The images go to a file of the folder. The decoder has learnt from the first faces of the source.
    """
    problems, found, known, seen = Problems(skip=True), dict[str, int](), [np.empty(0, _KNOWN)], 0
    decoder, faces = deepcopy(decoder), _judged(part.open(data.noisy).faces, data, source)
    with NamedTemporaryFile(dir=folder, delete=False) as file:
        for batch in in_batches(progress_bar(faces, desc=f"reading {part.file.name}", unit=" faces")):
            images, good = decoder.decode(batch, problems)
            file.write(images.tobytes())
            known.append(_known([batch[index] for index in good], images[:, 0], found))
            known[-1]["row"] = seen + np.array(good, np.int64)
            seen += len(batch)
            if len(problems.lines) >= MAX_PROBLEMS and data.broken != "skip":
                break
    return Read(Path(file.name), np.concatenate(known), [*found], seen, problems.lines)


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


def _known(faces: Sequence[Face], images: NDArray[np.uint8], found: dict[str, int]) -> NDArray[Any]:
    """Return what the splits go by; number the labels as they come."""
    known = np.zeros(len(faces), _KNOWN)
    known["label"] = [found.setdefault(face.label, len(found)) for face in faces]
    codes = [split_code(face.split) for face in faces]
    known["split"] = [_NO_SPLIT if code is None else code for code in codes]
    known["constant"] = (images == images[..., :1, :1]).all(axis=(1, 2, 3))
    # Among FER2013's faces, two different ones share a digest with a probability of 1 to 10^10.
    digests = b"".join(blake2b(image.tobytes(), digest_size=8).digest() for image in images)
    known["digest"] = np.frombuffer(digests, np.uint64)
    return known
