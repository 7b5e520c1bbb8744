"""Clean pictures of any size and format with a trained network."""
