"""Write files so that nobody ever sees a half-written one."""

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from facedenoise.errors import InputError

_DIGITS = 16  # in hexadecimal: two names of one folder share them hardly ever
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; once the block succeeds, move it there.

    The temporary name is always the same, so what a killed run leaves is overwritten by the next one.
    If the block raises, the temporary file is removed and `path` stays as it was.

    Parameters
    ----------
    path : Path
        The file to write. Its folder is made if it is missing.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    InputError
        If there is no room on the disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(path)
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise InputError(f"{path}: {error.strerror}; make room and run again") from None
        raise


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """Yield an empty folder in a folder, and remove it; the next run removes what a killed one has left."""
    own = folder / ".scratch"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)


def temporary_name(path: Path) -> Path:
    """Return where a file is written until it is whole: a short name, as `path` may have the longest."""
    digest = sha256(os.fsencode(path.name)).hexdigest()
    return path.with_name(f".{digest[:_DIGITS]}.tmp")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return _digest(path, "sha256")


def md5_of(path: Path) -> str:
    """Return the MD5 of a file, in hexadecimal: the hash by which DVC knows it."""
    return _digest(path, "md5")


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return file_digest(file, kind).hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, whole or not at all, the same bytes on every system."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, content: Any) -> None:  # noqa: ANN401
    """Write JSON for people and programs, whole or not at all."""
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:  # noqa: ANN401
    """Read what `write_json` wrote."""
    return json.loads(path.read_text(encoding="utf-8"))
