"""Resumable state on disk: atomic, checksummed, the last two kept, one trainer at a time."""

import io
import os
import time
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
from filelock import FileLock, Timeout

from facedenoise.errors import InputError
from facedenoise.files import replacing

EVERY_SECONDS = 30.0
_DIGEST_BYTES = 32


class Checkpoints:
    """The saved states of one training, in a folder of their own.

    A context manager, which holds the folder's lock.

    Parameters
    ----------
    folder : Path
        Made if it is missing. It belongs to this training alone.

    Raises
    ------
    InputError
        On entry, if another process holds the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = FileLock(folder / "lock", blocking=False)
        self._saved_at = time.monotonic()

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout:
            raise InputError(
                f"{self.folder}: this very training is already running in another process "
                "(killing `dvc` leaves it alive); wait for it or stop it, then run again"
            ) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()

    def due(self) -> bool:
        """Return whether it is time to save the next state."""
        return time.monotonic() - self._saved_at >= EVERY_SECONDS

    def save(self, state: dict[str, Any]) -> None:
        """Write a state beside the last one, then drop the one before that.

        Raises
        ------
        InputError
            If the disk is full; earlier states stay.
        """
        earlier = self._paths()
        number = int(earlier[-1].stem) + 1 if earlier else 0
        buffer = io.BytesIO()
        torch.save(state, buffer)
        payload = buffer.getvalue()
        self._write(self.folder / f"{number:08d}.state", sha256(payload).digest() + payload)
        for path in earlier[:-1]:
            path.unlink()
        self._saved_at = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """Read the newest undamaged state; None if there is none."""
        for path in reversed(self._paths()):
            content = path.read_bytes()
            digest, payload = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
            if sha256(payload).digest() == digest:
                state: dict[str, Any] = torch.load(io.BytesIO(payload), "cpu", weights_only=True)
                return state
            path.unlink()
        return None

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.state"))

    def _write(self, path: Path, content: bytes) -> None:
        with replacing(path) as temporary, temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
