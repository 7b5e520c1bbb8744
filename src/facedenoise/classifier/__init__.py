"""The classifier of labels: its network, its training, its answers."""
