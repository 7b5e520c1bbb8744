"""Clusters of Ray on this machine, each of its machines with one worker."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from facedenoise.shards.cluster import RAY

# For all that a test starts; Ray reads them when it is imported. There may be a token. And the workers of Ray
# would give way to all other work, and hardly move on a busy machine.
os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "RAY_worker_niceness": "0"}

TESTS = Path(__file__).parent
TESTS_PATH = os.pathsep.join(map(str, (TESTS.parent, TESTS, TESTS / "shards")))
"""Where workers find what the tests define."""
LEAN = {"include_dashboard": False, "no_monitor": True}
"""A first machine without what only people and autoscalers look at: it starts sooner."""


@pytest.fixture(scope="module")
def ray_cluster() -> Iterator[Any]:
    """Start a cluster that the tests of a module share; the environment names it in some of them only."""
    with running_cluster() as started:
        yield started


@contextmanager
def running_cluster() -> Iterator[Any]:
    """Start a cluster of one machine, which knows the present environment."""
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    started = patiently(lambda: Cluster(initialize_head=True, head_node_args={"num_cpus": 1, **LEAN}))
    try:
        yield started
    finally:
        started.shutdown()


@pytest.fixture
def one_worker(ray_cluster: Any) -> Iterator[Any]:
    """Work on a cluster of one machine."""
    with named(ray_cluster, 1):
        yield ray_cluster


@pytest.fixture
def two_workers(ray_cluster: Any) -> Iterator[Any]:
    """Work on a cluster of two machines; a test may kill the second."""
    with named(ray_cluster, 2):
        yield ray_cluster


@contextmanager
def named(cluster: Any, machines: int) -> Iterator[None]:
    """Let a cluster have one machine or two, and let the environment name it."""
    import ray  # noqa: PLC0415

    if len(cluster.worker_nodes) == machines:
        kill_second(cluster)
    if len(cluster.worker_nodes) < machines - 1:
        patiently(lambda: cluster.add_node(num_cpus=1))
    cluster.wait_for_nodes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", TESTS_PATH)
        patch.setenv(RAY, cluster.address)
        try:
            yield
        finally:
            ray.shutdown()


def patiently(start: Callable[[], Any]) -> Any:
    """Start a machine, up to three times: Ray gives it 30 s, which a busy machine may exceed."""
    for _ in range(2):
        with suppress(Exception):
            return start()
    return start()


def kill_second(cluster: Any) -> None:
    """Kill the second machine of a cluster."""
    [machine] = cluster.worker_nodes
    cluster.remove_node(machine, allow_graceful=False)


def kill_second_once(cluster: Any, condition: Callable[[], object]) -> threading.Thread:
    """Kill the second machine of a cluster as soon as a condition holds; return who waits for it."""

    def kill() -> None:
        wait_until(condition)
        kill_second(cluster)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    return killer


def wait_until(condition: Callable[[], object], seconds: float = 120) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("what was waited for has not come")
        time.sleep(0.01)
