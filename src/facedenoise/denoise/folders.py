"""Write changed copies of the many pictures of a folder or a prefix, shard by shard."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from facedenoise.denoise.places import Finished, Place, at_hand, below
from facedenoise.denoise.rewriting import Change, Outcome, rewrite_pictures

PICTURES = 1000  # of a shard, at most
_BYTES = 1 << 24  # of a shard of more than one picture


class Shard(NamedTuple):
    """Some pictures of a folder, by their names in it, and their number among the shards."""

    number: int
    names: list[str]

    def __str__(self) -> str:
        """Say which."""
        return f"{self.names[0]} to {self.names[-1]}"


def shards_of(sizes: Mapping[str, int]) -> Iterator[Shard]:
    """Cut pictures, named with their bytes, into shards of many small ones or few large ones."""
    number, names, held = 0, list[str](), 0
    for name, size in sizes.items():
        if names and (len(names) == PICTURES or held + size > _BYTES):
            yield Shard(number, names)
            number, names, held = number + 1, [], 0
        names.append(name)
        held += size
    if names:
        yield Shard(number, names)


class Tell(Protocol):
    """What is said of pictures."""

    def __call__(self, outcomes: Iterable[Outcome]) -> Any:  # noqa: ANN401
        """Return it as JSON can hold it."""


@dataclass(frozen=True)
class Rewriting:
    """Changes the pictures of shards, from a place to a place, and says what became of them."""

    source: Place
    target: Place
    change: Change
    tell: Tell
    finished: Finished

    def __call__(self, shard: Shard) -> Any:  # noqa: ANN401
        """Return what `tell` says; of a shard that is finished, what it has said."""
        return self.finished.report(str(shard.number), lambda: self._rewrite(shard))

    def _rewrite(self, shard: Shard) -> Any:  # noqa: ANN401
        with at_hand(self.source, self.target, shard.names) as (top, out):
            pairs = [(top / name, out / name) for name in shard.names]
            outcomes = rewrite_pictures(top, pairs, self.change)
            return self.tell(self._as_named(outcome, top, out) for outcome in outcomes)

    def _as_named(self, outcome: Outcome, top: Path, out: Path) -> Outcome:
        """Name the files as the user does."""
        name = Path(outcome.source).relative_to(top).as_posix()
        error = outcome.error and outcome.error.replace(f"{top}/", f"{self.source}/")
        error = error and error.replace(f"{out}/", f"{self.target}/")
        source, target = below(self.source, name), below(self.target, name)
        return outcome._replace(source=source, target=target, error=error)
