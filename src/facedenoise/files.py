"""Write files so that nobody ever sees a half-written one."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facedenoise.errors import InputError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; once the block succeeds, move it there.

    The temporary name is fixed, so what a killed run leaves is overwritten by the next one.
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
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            raise InputError(f"{path}: {error.strerror}; make room and run again") from None
        raise
