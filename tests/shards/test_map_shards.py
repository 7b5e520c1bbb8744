"""Shards give the same from a loop and from clusters, of which a worker or a machine may die."""

import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
from clusters import TESTS_PATH, kill_second, wait_until
from documents import ROOT

from facedenoise.errors import InputError
from facedenoise.shards import map_shards
from facedenoise.shards.cluster import RAY

on_cluster = pytest.mark.slow


class Squares:
    """Squares numbers; notes in a folder each try, by its number, and the process that has made it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.loaded = 0

    def __call__(self, number: int) -> int:
        self.loaded += 1
        tries = len(self.notes(number))
        (self.folder / f"{number}-{tries}-{os.getpid()}-{self.loaded}").touch()
        self.spoil(number, tries)
        return number**2

    def spoil(self, number: int, tries: int) -> None:
        """Do nothing; others fail here."""

    def notes(self, number: int | str = "*") -> list[str]:
        return sorted(path.name for path in self.folder.glob(f"{number}-*"))

    def processes(self) -> set[str]:
        return {name.split("-")[2] for name in self.notes()}


class FailingOnce(Squares):
    """Fails the first time."""

    def spoil(self, number: int, tries: int) -> None:
        if not tries:
            raise OSError("not now")


class FailingAtThree(Squares):
    """Always fails at 3 and at 5."""

    def spoil(self, number: int, tries: int) -> None:
        if number in (3, 5):
            raise OSError(f"no {number}")


class Wrong(Squares):
    """Finds at 3 and 5 what the user has to mend."""

    def spoil(self, number: int, tries: int) -> None:
        if number in (3, 5):
            raise InputError("give another number")


class Faulty(Squares):
    """Has a fault."""

    def spoil(self, number: int, tries: int) -> None:
        [][number]


class DyingOnce(Squares):
    """Dies at 4, the first time."""

    def spoil(self, number: int, tries: int) -> None:
        if number == 4 and not tries:
            os.kill(os.getpid(), signal.SIGKILL)


class DyingAtFour(Squares):
    """Always dies at 4."""

    def spoil(self, number: int, tries: int) -> None:
        if number == 4:
            os.kill(os.getpid(), signal.SIGKILL)


class Meeting(Squares):
    """Waits at each number until so many processes have come to one."""

    def __init__(self, folder: Path, count: int) -> None:
        super().__init__(folder)
        self.count = count

    def spoil(self, number: int, tries: int) -> None:
        wait_until(lambda: len(self.processes()) >= self.count)


class Slow(Meeting):
    """Takes a while then."""

    def spoil(self, number: int, tries: int) -> None:
        super().spoil(number, tries)
        time.sleep(0.3)


@pytest.fixture(
    scope="module",  # so that the tests with equally many workers follow each other
    params=[
        pytest.param(0, id="loop"),
        pytest.param(1, id="one worker", marks=on_cluster),
        pytest.param(2, id="two workers", marks=on_cluster),
    ],
)
def count(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def workers(count: int, request: pytest.FixtureRequest) -> int:
    """Work in a loop, then on a cluster of one worker, then on one of two machines with a worker each."""
    if count:
        request.getfixturevalue(("one_worker", "two_workers")[count - 1])
    return count


def squares(function: Squares, count: int = 8) -> list[int]:
    return list(map_shards(function, range(count)))


EXPECTED = [number**2 for number in range(8)]


def test_results_come_in_the_order_of_the_shards(workers: int, tmp_path: Path) -> None:
    function = Meeting(tmp_path, workers)
    assert squares(function) == EXPECTED
    assert squares(function, 0) == []
    assert len(function.processes()) == max(1, workers)
    assert (str(os.getpid()) in function.processes()) == (workers == 0)
    assert max(int(name.split("-")[3]) for name in function.notes()) >= 4, "a worker keeps its function"


def test_what_has_failed_is_tried_again(workers: int, tmp_path: Path) -> None:
    function = FailingOnce(tmp_path)
    assert squares(function) == EXPECTED
    assert len(function.notes()) == 16


def test_what_fails_three_times_is_named_and_the_rest_is_finished(workers: int, tmp_path: Path) -> None:
    function, results = FailingAtThree(tmp_path), list[int]()
    with pytest.raises(InputError, match=r"^3: failed 3 times \(no 3\)\n5: failed 3 times \(no 5\)$"):
        results.extend(map_shards(function, range(8)))
    assert results == [0, 1, 4, 16, 36, 49]
    assert [len(function.notes(number)) for number in range(8)] == [1, 1, 1, 3, 1, 3, 1, 1]


def test_what_the_user_has_to_mend_is_said_once_and_not_tried_again(workers: int, tmp_path: Path) -> None:
    function = Wrong(tmp_path)
    with pytest.raises(InputError, match=r"^give another number$"):
        squares(function)
    assert [len(function.notes(number)) for number in (3, 7)] == [1, 1]


def test_a_fault_of_the_program_shows_as_such_with_the_shard(workers: int, tmp_path: Path) -> None:
    with pytest.raises(IndexError) as caught:
        squares(Faulty(tmp_path), 1)
    assert caught.value.__notes__ == ["0: failed 3 times (list index out of range)"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [("127.0.0.1:1", "Connection refused"), ("nonsense", "Invalid address"), ("no.such.host:1", "")],
)
def test_an_address_without_a_cluster_is_said_in_one_line(
    address: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RAY, address)
    with pytest.raises(
        InputError, match=rf"^{RAY}: no cluster at '{address}' \(.*{reason}.*\); start"
    ) as caught:
        list(map_shards(abs, [1]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "reason"), [(b"", "timed out"), (b"SSH-2.0-OpenSSH_9.9", "what answers is no Ray")]
)
def test_an_address_of_something_else_is_said_in_one_line(
    answer: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facedenoise.shards.cluster._ANSWER_SECONDS", 0.5)
    connections = []

    def reply() -> None:
        connections.append(other.accept()[0])  # which stays open
        connections[0].sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv(RAY, f"127.0.0.1:{port}")
        threading.Thread(target=reply, daemon=True).start()
        with pytest.raises(InputError, match=rf"^{RAY}: no cluster at '127.0.0.1:{port}' \({reason}\)"):
            list(map_shards(abs, [1]))


def test_the_loop_needs_no_ray_and_a_cluster_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; sys.modules['ray'] = None; from facedenoise.shards import map_shards; {}"
    plain = "print(*map_shards(abs, [-1, -2]))"
    command, environment = [sys.executable, "-c", code.format(plain)], {**os.environ, "PYTHONPATH": "src"}
    done = run(command, cwd=ROOT, env=environment, capture_output=True, check=True, text=True)
    assert done.stdout == "1 2\n"
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setenv(RAY, "local")
    with pytest.raises(InputError, match=r"Ray is not installed; `pip install '.\[ray\]'`"):
        list(map_shards(abs, [1]))


@on_cluster
@pytest.mark.usefixtures("two_workers")
class TestDeath:
    def test_a_worker_that_dies_is_replaced(self, tmp_path: Path) -> None:
        function = DyingOnce(tmp_path)
        assert squares(function) == EXPECTED
        assert len(function.notes(4)) == 2

    def test_a_shard_at_which_three_workers_die_is_named_and_the_rest_is_finished(
        self, tmp_path: Path
    ) -> None:
        function = DyingAtFour(tmp_path)
        with pytest.raises(InputError, match=r"^4: failed 3 times \(its worker: "):
            squares(function)
        assert [len(function.notes(number)) for number in (4, 7)] == [3, 1]

    def test_two_workers_of_whom_one_dies_at_a_random_moment(self, tmp_path: Path) -> None:
        function, results = Slow(tmp_path, 2), []
        for place, result in enumerate(map_shards(function, range(12))):
            results.append(result)
            if place == 2:
                killed = function.notes()[-1].split("-")[2]
                os.kill(int(killed), signal.SIGKILL)
        assert results == [number**2 for number in range(12)]
        assert len(function.processes()) >= 2


@on_cluster
def test_a_machine_that_dies_leaves_its_shards_to_the_other(two_workers: Any, tmp_path: Path) -> None:
    function, results = Slow(tmp_path, 2), []
    for place, result in enumerate(map_shards(function, range(12))):
        results.append(result)
        if place == 2:
            kill_second(two_workers)
    assert results == [number**2 for number in range(12)]


@on_cluster
def test_on_the_cores_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")
    monkeypatch.setenv(RAY, "local")
    monkeypatch.setenv("PYTHONPATH", TESTS_PATH)
    function = Squares(tmp_path)
    assert squares(function) == EXPECTED
    assert str(os.getpid()) not in function.processes()
    ray.shutdown()


@on_cluster
@pytest.mark.usefixtures("one_worker")
def test_a_token_that_the_cluster_does_not_have_is_said() -> None:
    code = "from facedenoise.shards import map_shards; list(map_shards(abs, [1]))"
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64, "PYTHONPATH": "src"}
    command, environment = [sys.executable, "-c", code], {**os.environ, **token}
    done = run(command, cwd=ROOT, env=environment, capture_output=True, check=False, text=True)
    assert "InputError: FACEDENOISE_RAY: no worker starts: " in done.stderr
    assert "Do all machines have the same" in done.stderr


@on_cluster
@pytest.mark.usefixtures("two_workers")
def test_a_folder_that_is_not_on_all_machines_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "cwd", lambda: Path("/not/there"))
    with pytest.raises(InputError, match=r"no worker starts: FileNotFoundError: .*/not/there"):
        squares(Squares(tmp_path))
