"""Read the faces of a source, whatever it is, and remember of each what the splits go by."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from facedenoise.data.face import Face, Problems, split_code
from facedenoise.data.labels import Labels, excerpt
from facedenoise.data.pixels import Decoder, Images, in_batches
from facedenoise.data.source import open_source
from facedenoise.errors import InputError
from facedenoise.images.fer2013 import NO_EMOTION, USAGES
from facedenoise.progress import progress_bar

_NO_SPLIT = -1


class Reading:
    """A source, and what is remembered of its faces; unless `by_splits`, they may be of any split."""

    def __init__(self, path: Path, noisy: Sequence[str] = (), *, skip: bool, by_splits: bool = True) -> None:
        self.path, self.source, self.problems = path, open_source(path, noisy), Problems(skip=skip)
        self.remarks = [*self.source.remarks]
        self._labels = Labels(self.source.label, self.source.listed)
        self.count = 0  # of all faces, broken ones too
        self._by_splits, self._words = by_splits, {None, *USAGES}
        self._found: dict[str, int] = {}  # labels, numbered as they come
        self._known: list[NDArray[Any]] = []  # of the faces, by batches

    def images(self, decoder: Decoder) -> Iterator[Images]:
        """Yield the images of faces without fault; raise what is wrong with the others."""
        with progress_bar(desc=f"reading {self.path.name}", unit=" faces") as bar:
            for batch in in_batches(self.source.faces):
                faces = [face._replace(fault=face.fault or self._fault(face)) for face in batch]
                images, good = decoder.decode(faces, self.problems)
                if good:
                    self._remember(
                        [faces[index] for index in good], images[:, 0], self.count + np.array(good)
                    )
                    yield images
                self.count += len(faces)
                bar.update(len(faces))
        self.problems.settle()
        if not self._known:
            raise InputError(f"{self.problems.first}\n{self.path}: no face is left; mend them".strip())
        if decoder.layout and decoder.layout.channels > 1:
            self.remarks.append(f"pixels: {decoder.layout.description}")

    def _fault(self, face: Face) -> str:
        """Say what is wrong with the label or the split of a face, if anything."""
        if fault := self._labels.fault(face.label):
            return fault
        if face.split in self._words or not self._by_splits:
            return ""
        if split_code(face.split) is None or face.hint:  # in a line without end a word may be cut off
            wanted = ", ".join(USAGES)
            return f"{self.source.split_by}: {excerpt(face.split or '')} is no split; write {wanted}"
        self._words.add(face.split)
        return ""

    def _remember(self, faces: Sequence[Face], images: NDArray[np.uint8], rows: NDArray[np.int64]) -> None:
        # Among FER2013's faces, two different ones share a digest with a probability of 1 to 10^10.
        digests = b"".join(blake2b(image.tobytes(), digest_size=8).digest() for image in images)
        known = {
            "row": rows,
            "label": [self._found.setdefault(face.label, len(self._found)) for face in faces],
            "split": [_NO_SPLIT if (code := split_code(face.split)) is None else code for face in faces],
            "constant": (images == images[..., :1, :1]).all(axis=(1, 2, 3)),
            "digest": np.frombuffer(digests, np.uint64),
        }
        self._known.append(np.rec.fromarrays([*known.values()], names=[*known], formats="i8,i4,i1,?,u8"))

    def labelled(self) -> tuple[list[str], pl.DataFrame]:
        """Return the names of the labels, and what is remembered; `emotion` is the code of a label."""
        rows = pl.DataFrame(np.concatenate(self._known)).with_row_index("place")
        self._known.clear()  # a long source has many rows
        names, codes = self._labels.settle(self.path, self._found)
        emotion = np.array([codes.get(label, NO_EMOTION) for label in self._found])[rows["label"]]
        return names, rows.with_columns(pl.col("split").replace(_NO_SPLIT, None), emotion=pl.Series(emotion))
