"""The clusters that the tests of shards work on."""

from clusters import one_worker, two_workers

__all__ = ["one_worker", "two_workers"]
