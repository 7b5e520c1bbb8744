"""The test faces, what methods make of them, and what was measured on them: one file a shard.

So the memory does not grow with the faces, but for the scores and features of each.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from facedenoise.classifier.network import LabelClassifier
from facedenoise.evaluation.judge import Traits, joined, traits, two_sample
from facedenoise.evaluation.panel import score_table
from facedenoise.evaluation.tradeoff import Blend, Point, blends, equal_blend, point
from facedenoise.images.fidelity import psnr
from facedenoise.images.tensors import read_tensors, save_arrays, spooled, to_uint8

CLEAN = Blend("clean", "clean", 0.0)
_TABLE = "table/"


def write_scored(
    path: Path,
    classifier: LabelClassifier,
    clean: Tensor,
    facts: Mapping[str, Tensor],
    images: Mapping[str, Tensor],
) -> None:
    """Score and measure the images of a shard, and write all that `Scored` reads.

    `facts` are `row` and `emotion` of each face; for the rest see `score_table`.
    """
    table = score_table(classifier, clean, facts["row"], facts["emotion"], images)
    sets = {"clean": clean, **images, **{name: blend.of(images) for name, blend in blends().items()}}
    # The file sorts by name, the table does not.
    columns = {f"{_TABLE}{place:03}/{name}": table[name] for place, name in enumerate(table)}
    arrays: dict[str, NDArray[np.generic]] = {name: column.to_numpy() for name, column in columns.items()}
    for name in ("clean", *images):
        arrays[f"images/{name}"] = np.ascontiguousarray(sets[name].numpy())
    for name, batch in sets.items():
        of = traits(classifier, batch)
        arrays |= {
            f"features/{name}": of.features,
            f"power/{name}": of.power,
            f"psnr/{name}": psnr(clean, batch),
        }
    save_arrays(path, arrays)


@dataclass(frozen=True)
class Scored:
    """The shards that `write_scored` has written, in the order of the faces."""

    files: Sequence[Path]

    def table(self) -> pd.DataFrame:
        """Return the table of `score_table`."""
        parts = [
            pd.DataFrame({name.split("/")[2]: part[name] for name in sorted(part) if name.startswith(_TABLE)})
            for part in self._parts()
        ]
        return pd.concat(parts, ignore_index=True)

    def psnr(self, name: str) -> NDArray[np.float64]:
        """Return the PSNR of each image of a method or a blend."""
        return np.concatenate([part[f"psnr/{name}"].numpy() for part in self._parts()])

    def traits(self, name: str) -> Traits:
        """Return the traits of the images of a method or a blend."""
        parts = self._parts()
        return joined(
            Traits(part[f"features/{name}"].numpy(), part[f"power/{name}"].numpy()) for part in parts
        )

    def images(self, *blended: Blend) -> Iterator[tuple[Tensor, ...]]:
        """Yield the images of blends, shard by shard."""
        for part in self._parts():
            by_method = {
                name.removeprefix("images/"): part[name] for name in part if name.startswith("images/")
            }
            yield tuple(blend.of(by_method) for blend in blended)

    def faces(self, method: str) -> "Chosen":
        """Return the images of a method, to choose from."""
        return Chosen([part[f"images/{method}"] for part in self._parts()])

    def plane(self) -> dict[str, Point]:
        """Place the blends that are always the same on the perception-distortion plane."""
        clean = self.traits("clean")
        return {name: point(self.psnr(name), clean, self.traits(name)) for name in blends()}

    def equal(self, points: Mapping[str, Point]) -> Blend | None:
        """Return the blend of `equal_blend`."""
        return equal_blend(points, lambda blend: float(self._psnr_of(blend).mean()))

    def point(self, blend: Blend, classifier: LabelClassifier) -> Point:
        """Place another blend on the plane."""
        of = joined(traits(classifier, images) for (images,) in self.images(blend))
        return point(self._psnr_of(blend), self.traits("clean"), of)

    def two_sample(self, asked: Mapping[str, Blend]) -> dict[str, float]:
        """Return by the name of each blend how well a network tells its images from clean ones."""
        with ExitStack() as stack:
            clean, *sets = (
                stack.enter_context(spooled(self._pixels(blend), self.files[0].parent))
                for blend in (CLEAN, *asked.values())
            )
            return dict(zip(asked, two_sample(clean, sets), strict=True))

    def _pixels(self, blend: Blend) -> Iterator[NDArray[np.uint8]]:
        return (to_uint8(images).numpy() for (images,) in self.images(blend))

    def _psnr_of(self, blend: Blend) -> NDArray[np.float64]:
        return np.concatenate([psnr(*pair) for pair in self.images(CLEAN, blend)])

    def _parts(self) -> Iterator[dict[str, Tensor]]:
        """Read the shards, memory-mapped."""
        return map(read_tensors, self.files)


@dataclass(frozen=True)
class Chosen:
    """Images in several parts; those that are asked for are put together."""

    parts: Sequence[Tensor]

    def __getitem__(self, places: Tensor) -> Tensor:
        """Return the images at some places."""
        ends = torch.tensor([len(part) for part in self.parts]).cumsum(0)
        owners = torch.searchsorted(ends, places, right=True)
        starts = ends - torch.tensor([len(part) for part in self.parts])
        return torch.stack(
            [self.parts[owner][place - starts[owner]] for owner, place in zip(owners, places, strict=True)]
        )
