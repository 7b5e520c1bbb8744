"""Find the weights of the denoisers: the pipeline's own, or those released with the package."""

from pathlib import Path

PIPELINE = Path("models")
"""Where `dvc repro` puts them, seen from the top of a checkout."""

RELEASED = Path(__file__).parent / "pretrained"
"""Where the package brings its own."""

MODELS = ("unet", "gan")
"""The denoisers of each task."""


def find_weights(task: str, model: str, folder: Path | None = None) -> Path:
    """Say which file holds the weights of a denoiser.

    Parameters
    ----------
    task : str
        `low_gaussian`, `high_gaussian` or `salt_pepper`.
    model : str
        `unet` or `gan`.
    folder : Path, optional
        Look in this folder alone. By default in the pipeline's `models/` under the working directory, then
        among those released with the package.

    Returns
    -------
    Path
        The first FOLDER/TASK/MODEL.safetensors that is there; the last one looked for where none is.
    """
    folders = [PIPELINE, RELEASED] if folder is None else [folder]
    files = [each / task / f"{model}.safetensors" for each in folders]
    return next((file for file in files if file.is_file()), files[-1])
