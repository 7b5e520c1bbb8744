"""A shard that is tried until it succeeds or has failed for good."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from facedenoise.errors import InputError

TRIES = 3


@dataclass
class Task:
    """A shard and what has become of it."""

    shard: Any
    result: Any = None
    error: Exception | None = None
    tries: int = 0

    def note(self, result: Any, error: Exception | None) -> None:  # noqa: ANN401
        """Note how a try has ended."""
        self.result, self.error, self.tries = result, error, self.tries + 1

    @property
    def is_settled(self) -> bool:
        """Whether it needs no other try. What the user has to mend would be as wrong then."""
        if self.error is None:
            return self.tries > 0
        return self.tries == TRIES or isinstance(self.error, InputError)

    def __str__(self) -> str:
        """Say why it has failed; an `InputError` says where by itself."""
        if isinstance(self.error, InputError):
            return str(self.error)
        reason = str(self.error).partition("\n")[0] or type(self.error).__name__
        return f"{self.shard}: failed {TRIES} times ({reason})"


def attempt(function: Callable[[Any], Any], shard: Any) -> tuple[Any, Exception | None]:  # noqa: ANN401
    """Return the result, or the error; of any kind, because the other shards go on."""
    try:
        return function(shard), None
    except Exception as error:
        return None, error
