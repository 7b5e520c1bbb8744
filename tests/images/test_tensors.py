"""The forms of a batch of images."""

import numpy as np
import torch
from helpers import random_images
from skimage.color import rgb2gray

from facedenoise.images.tensors import luminance, require_batch


def test_the_luminance_of_colours_is_that_of_scikit_image() -> None:
    colours = random_images(3, 5, 7, channels=3)
    expected = rgb2gray(colours.double().numpy(), channel_axis=1)
    np.testing.assert_allclose(luminance(colours)[:, 0].numpy(), expected, rtol=1e-6)


def test_the_luminance_of_grey_is_the_very_tensor() -> None:
    grey = random_images()
    assert luminance(grey) is grey


def test_the_luminance_of_a_batch_is_one() -> None:
    greys = torch.linspace(0, 1, 256).expand(1, 3, 1, 256)
    torch.testing.assert_close(require_batch(luminance(greys)), greys[:, :1], rtol=0, atol=1e-7)
