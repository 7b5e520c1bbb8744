"""Batches of images: their form in memory and on disk, and the differences between two of them."""
