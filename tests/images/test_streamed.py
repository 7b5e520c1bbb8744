"""Tensors written piece by piece."""

import io
from typing import Any

import numpy as np
import pytest

from facedenoise.images.streamed import Streamed, write_streamed


@pytest.mark.parametrize(
    "pieces", [[np.zeros(2, np.uint8)], [np.zeros(4, np.uint8)], [np.zeros(3)]], ids=["few", "many", "dtype"]
)
def test_pieces_that_do_not_make_up_the_array_are_refused(pieces: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"^images: "):
        write_streamed(io.BytesIO(), {"images": Streamed("uint8", (3,), pieces)})
