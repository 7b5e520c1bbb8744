"""What several tests share."""

import numpy as np
import pytest
import torch

from facedenoise.data.faces import draw_faces

torch.set_num_threads(1)  # the networks of the tests are too small to share out


@pytest.fixture(scope="session")
def drawn() -> torch.Tensor:
    """Give 64 drawn faces, uint8 (64, 1, 48, 48)."""
    images, _ = draw_faces(64, seed=7)
    return torch.from_numpy(images[:, np.newaxis])
