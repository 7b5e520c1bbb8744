"""Denoise grey face images: data, networks, training and honest scoring."""
