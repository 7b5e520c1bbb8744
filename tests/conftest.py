"""What several tests share."""

import shutil
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from clones import Clone, make_clone
from clusters import one_worker, ray_cluster, two_workers

from facedenoise.faces import draw_faces

__all__ = ["one_worker", "ray_cluster", "two_workers"]

torch.set_num_threads(1)  # the networks of the tests are too small to share out


@pytest.fixture(scope="session")
def drawn() -> torch.Tensor:
    """Return 64 drawn faces, uint8 (64, 1, 48, 48)."""
    images, _ = draw_faces(64, seed=7)
    return torch.from_numpy(images[:, np.newaxis])


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """Return a clone in which the whole tiny pipeline has run once; tests leave it as they found it."""
    made = make_clone(tmp_path_factory.mktemp("clone"))
    made.repro()
    made.commit("tiny")
    yield made
    shutil.rmtree(made.folder, ignore_errors=True)
