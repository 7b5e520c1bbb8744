"""How much noise an image has, judged from the image alone by a small network."""
