"""The clusters that the tests of shards work on."""

from clusters import cluster_of_one, cluster_of_two, one_worker, two_mortal, two_workers

__all__ = ["cluster_of_one", "cluster_of_two", "one_worker", "two_mortal", "two_workers"]
