"""One thing that all machines of a cluster do together."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from clusters import kill_second_once

from facedenoise.errors import InputError
from facedenoise.shards import cluster, map_shards
from facedenoise.shards.machines import Seat, on_each_machine

pytestmark = pytest.mark.slow


def describe(seat: Seat) -> str:
    return (
        f"{seat.machines} {seat.is_first} {seat.cpus} {seat.meeting.startswith(seat.address)} {seat.meeting}"
    )


def wait_forever(seat: Seat, folder: Path) -> int:
    (folder / str(seat.is_first)).touch()
    while True:
        time.sleep(1)


class Idle:
    """Takes a place."""

    def here(self) -> None:
        """Answer once it has it."""


@pytest.fixture
def taken(one_worker: Any) -> Iterator[None]:
    """Let somebody else have the only place of a cluster."""
    ray = cluster.connect()
    other = ray.remote(num_cpus=1)(Idle).remote()
    ray.get(other.here.remote(), timeout=60)
    yield
    ray.kill(other)


def test_all_meet_on_the_first(two_workers: Any) -> None:
    first, second = (str(told).split() for told in on_each_machine(describe))
    assert [first[:4], second[:3]] == [["2", "True", "1", "True"], ["2", "False", "1"]]
    assert first[4] == second[4]


def test_if_one_dies_the_others_have_some_time_to_notice(
    two_workers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facedenoise.shards.machines._END_SECONDS", 2)
    kill_second_once(two_workers, lambda: len([*tmp_path.iterdir()]) == 2)
    for told in on_each_machine(partial(wait_forever, folder=tmp_path)):
        assert str(told).startswith("error: a machine of the cluster failed (")
        assert str(told).endswith("; run again, and it goes on where it was")


@pytest.mark.usefixtures("taken")
def test_who_finds_no_place_is_told_after_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facedenoise.shards.machines.START_SECONDS", 2)
    with pytest.raises(InputError, match=r"a machine of the cluster is not free within 2 seconds;"):
        on_each_machine(describe)
    monkeypatch.setattr("facedenoise.shards.pool.START_SECONDS", 2)
    with pytest.raises(InputError, match=r"no worker has started within 2 seconds; `ray status`"):
        list(map_shards(abs, [1]))
