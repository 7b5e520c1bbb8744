"""The clusters that the tests of shards work on."""

from clusters import one_worker, ray_cluster, two_workers

__all__ = ["one_worker", "ray_cluster", "two_workers"]
