"""Drawn 48 by 48 grey faces with seven emotions: the built-in stand-in for FER2013."""

from facedenoise.faces.drawing import draw_faces

__all__ = ["draw_faces"]
