"""Where images come from, and how they rest on disk."""
