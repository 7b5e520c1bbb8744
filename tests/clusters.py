"""Clusters of Ray on this machine, each of its machines with one worker."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from facedenoise.shards.cluster import RAY

TESTS = Path(__file__).parent
TESTS_PATH = os.pathsep.join(map(str, (TESTS.parent, TESTS, TESTS / "shards")))
"""Where workers find what the tests define."""


@contextmanager
def cluster(machines: int) -> Iterator[Any]:
    """Start a cluster of so many machines."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_AUTH_MODE"] = "disabled"  # whether or not there is a token
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    for _ in range(machines - 1):
        started.add_node(num_cpus=1)
    yield started
    started.shutdown()


@contextmanager
def joined(started: Any) -> Iterator[Any]:
    """Let the environment name a cluster."""
    import ray  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", TESTS_PATH)
        patch.setenv(RAY, started.address)
        yield started
        ray.shutdown()


@pytest.fixture(scope="session")
def cluster_of_one() -> Iterator[Any]:
    """Start a cluster of one machine for all tests, which leave it as it is."""
    with cluster(1) as started:
        yield started


@pytest.fixture(scope="session")
def cluster_of_two() -> Iterator[Any]:
    """Start a cluster of two machines for all tests, which leave it as it is."""
    with cluster(2) as started:
        yield started


@pytest.fixture
def one_worker(cluster_of_one: Any) -> Iterator[Any]:
    """Join the cluster of one machine."""
    with joined(cluster_of_one) as started:
        yield started


@pytest.fixture
def two_workers(cluster_of_two: Any) -> Iterator[Any]:
    """Join the cluster of two machines."""
    with joined(cluster_of_two) as started:
        yield started


@pytest.fixture
def two_mortal() -> Iterator[Any]:
    """Join a cluster of two machines for this test alone, which may kill the second."""
    with cluster(2) as own, joined(own) as started:
        yield started
