"""Tensors written piece by piece."""

import io
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from facedenoise.images.streamed import Streamed, write_streamed


def test_the_file_is_that_of_safetensors_with_its_texts() -> None:
    arrays = {"label": np.array([3, -1]), "images": np.arange(6, dtype=np.uint8).reshape(2, 3)}
    file, texts = io.BytesIO(), {"labels": '["a", "\\u00e4"]'}
    pieces = {name: Streamed(str(array.dtype), array.shape, [array]) for name, array in arrays.items()}
    write_streamed(file, pieces, texts)
    assert file.getvalue() == save(arrays, texts)


@pytest.mark.parametrize(
    "pieces", [[np.zeros(2, np.uint8)], [np.zeros(4, np.uint8)], [np.zeros(3)]], ids=["few", "many", "dtype"]
)
def test_pieces_that_do_not_make_up_the_array_are_refused(pieces: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"^images: "):
        write_streamed(io.BytesIO(), {"images": Streamed("uint8", (3,), pieces)})
