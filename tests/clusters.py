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
    """Start a cluster of so many machines, which the environment then names."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_AUTH_MODE"] = "disabled"  # whether or not there is a token
    import ray  # noqa: PLC0415
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", TESTS_PATH)
        started = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        for _ in range(machines - 1):
            started.add_node(num_cpus=1)
        patch.setenv(RAY, started.address)
        try:
            yield started
        finally:
            ray.shutdown()
            started.shutdown()


@pytest.fixture
def one_worker() -> Iterator[Any]:
    """Start a cluster of one machine."""
    with cluster(1) as started:
        yield started


@pytest.fixture
def two_workers() -> Iterator[Any]:
    """Start a cluster of two machines; a test may kill the second."""
    with cluster(2) as started:
        yield started


def kill_second(started: Any) -> None:
    """Kill the second machine of a cluster."""
    [machine] = started.worker_nodes
    started.remove_node(machine, allow_graceful=False)
