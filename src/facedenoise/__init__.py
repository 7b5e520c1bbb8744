"""Denoise grey face images: data, networks, training and honest scoring."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facedenoise.denoise.denoiser import Denoiser as Denoiser

__all__ = ["Denoiser"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import `Denoiser`, and PyTorch with it, only when it is asked for."""
    if name != "Denoiser":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from facedenoise.denoise.denoiser import Denoiser  # noqa: PLC0415

    return Denoiser
