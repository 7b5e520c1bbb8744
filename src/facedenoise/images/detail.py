"""The fine detail of images, in which denoised faces differ most from clean ones."""

from torch import Tensor
from torch.nn import functional

GAIN = 8  # the detail of a face is some eight times weaker than the face


def fine_detail(images: Tensor) -> Tensor:
    """Return the difference from the mean of 3 x 3 pixels, amplified to the strength of the image.

    Parameters
    ----------
    images : Tensor
        Floating point, about [0, 1], shape (N, C, H, W).

    Returns
    -------
    Tensor
        About [-1, 1], same shape; 0 where the image is flat.
    """
    smooth = functional.avg_pool2d(functional.pad(images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    return GAIN * (images - smooth)
