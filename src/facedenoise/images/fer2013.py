"""The words of FER2013's own CSV."""

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The emotions by their code, from 0."""

NO_EMOTION = -1
"""The code of a face without a label."""

USAGES = ("Training", "PublicTest", "PrivateTest")
"""The splits: training, validation and test."""
