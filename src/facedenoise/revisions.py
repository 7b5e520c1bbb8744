"""Get the weights of another git revision or repository through DVC."""

import tempfile
from pathlib import Path

from facedenoise.errors import InputError
from facedenoise.inference import load_denoiser
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.released import PIPELINE


def load_revision(task: str, model: str, *, rev: str | None, repo: str | None) -> AttentionUNet:
    """Load `models/TASK/MODEL.safetensors` as it was in a revision; DVC fetches it where the cache lacks it.

    Parameters
    ----------
    task : str
        `low_gaussian`, `high_gaussian` or `salt_pepper`.
    model : str
        `unet` or `gan`.
    rev : str, optional
        A git tag, branch or commit; by default the working tree of `repo`.
    repo : str, optional
        Folder or URL of a repository with this pipeline; by default that around the working directory.

    Returns
    -------
    AttentionUNet
        In evaluation mode, on the CPU.

    Raises
    ------
    InputError
        If the repository, the revision or the file cannot be found, or the file holds no denoiser.
    """
    path = (PIPELINE / task / f"{model}.safetensors").as_posix()
    where = f"{repo or 'this repository'} at {rev or 'its working tree'}"
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / Path(path).name
        file.write_bytes(_read(path, where, rev=rev, repo=repo))
        try:
            return load_denoiser(file)
        except InputError as error:
            raise InputError(str(error).replace(str(file), f"{path} in {where}")) from None


def _read(path: str, where: str, *, rev: str | None, repo: str | None) -> bytes:
    import dvc.api  # noqa: PLC0415 - takes a second, and most users never need it
    from dvc.exceptions import DvcException  # noqa: PLC0415
    from dvc.scm import SCMError  # noqa: PLC0415

    try:
        return dvc.api.read(path, repo=repo, rev=rev, mode="rb")
    except (DvcException, SCMError, OSError) as error:
        cause = error.__cause__ or error  # DVC itself may say no more than "SCM error"
        reason = next(iter(str(cause).splitlines()), type(cause).__name__)
        raise InputError(f"{path}: not found in {where} ({reason}); name a revision that has it") from None
