"""The classifier of emotions: its network, its training, its answers."""
