"""Drawn 48 by 48 grey faces with seven emotions, for those who do not have FER2013."""

from facedenoise.faces.drawing import draw_faces, each_face

__all__ = ["draw_faces", "each_face"]
