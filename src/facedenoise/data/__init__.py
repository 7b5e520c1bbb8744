"""Where images come from, and how they are kept on disk."""
