"""The cluster of Ray that the environment names: `pool` and `machines` work on it.

`FACEDENOISE_RAY` is `local` for a cluster of this machine's cores, which lasts as long as this process, or
the address of one that is running. All of its machines see the working directory under the same path.
"""

import os
import socket
from logging import ERROR
from pathlib import Path
from types import ModuleType
from typing import Any

from facedenoise.errors import InputError

RAY = "FACEDENOISE_RAY"
START_SECONDS = 300.0  # until a worker or a machine must be there; some have to wait for a place
_ANSWER_SECONDS = 20.0
_SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])  # none; the 4 says that they are settings (RFC 9113)
_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _SETTINGS
_TOKEN = Path.home() / ".ray" / "auth_token"
_SOURCES = Path(__file__).parents[2]


def is_asked_for() -> bool:
    """Return whether the environment asks for a cluster."""
    return bool(os.environ.get(RAY))


def has_address() -> bool:
    """Return whether the environment names a cluster that may have several machines."""
    return os.environ.get(RAY, "local") not in ("", "local")


def connect(*, shows_output: bool = False) -> ModuleType:
    """Join the cluster, or start it, unless that is done; return the module `ray`.

    `shows_output` prints here what its processes print.

    Raises
    ------
    InputError
        If Ray is not installed, or there is no such cluster.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # all of these are read when Ray is imported
    os.environ.setdefault("RAY_worker_niceness", "0")  # else other work leaves its workers hardly any time
    if has_address() and _TOKEN.exists():  # Ray itself takes the token only when it starts a cluster
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        import ray  # noqa: PLC0415 - an optional package
    except ImportError:
        raise InputError(f"{RAY}: Ray is not installed; `pip install '.[ray]'` in the checkout") from None
    if not ray.is_initialized():
        address = os.environ[RAY]
        path = os.pathsep.join(filter(None, [str(_SOURCES), str(Path.cwd()), os.environ.get("PYTHONPATH")]))
        settings: dict[str, Any] = {
            "include_dashboard": False,
            "log_to_driver": shows_output,
            "logging_level": ERROR,
        }
        try:
            _require_answer(address)
            ray.init(address, runtime_env={"env_vars": {"PYTHONPATH": path}}, **settings)
        except Exception as error:  # Ray raises this very class if a machine is too slow
            reason = " ".join(str(error).split())
            remedy = "start it with `ray start --head`, or give `local`"
            raise InputError(f"{RAY}: no cluster at {address!r} ({reason}); {remedy}") from None
    return ray


def reason_of(error: Exception) -> str:
    """Return the last line of an error of Ray; the lines before it are a traceback."""
    line = str(error).strip().rpartition("\n")[2]
    is_refused = "cancelled" in line  # Ray says no more of a process that has another token
    return f"{line} Do all machines have the same {_TOKEN}, or none?" if is_refused else line


def _require_answer(address: str) -> None:
    """Ask first whether there is something that speaks as Ray does: Ray itself waits for many minutes."""
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal()):
        return
    place = host.removeprefix("ray://"), int(port)
    with socket.create_connection(place, _ANSWER_SECONDS) as connection:
        if "RAY_USE_TLS" in os.environ:  # all is encrypted
            return
        connection.sendall(_HELLO)
        if connection.recv(len(_SETTINGS))[3:4] != _SETTINGS[3:4]:
            raise OSError("what answers is no Ray")
