"""Get the weights of another git revision or repository through DVC."""

from facedenoise.errors import InputError
from facedenoise.released import PIPELINE


def read_revision(task: str, model: str, *, rev: str | None, repo: str | None) -> bytes:
    """Read a file of weights as it was in a revision; DVC fetches it where the cache lacks it.

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
    bytes
        The content of `models/TASK/MODEL.safetensors`.

    Raises
    ------
    InputError
        If the repository, the revision or the file cannot be found.
    """
    import dvc.api  # noqa: PLC0415 - takes a second, and most users never need it
    from dvc.exceptions import DvcException  # noqa: PLC0415
    from dvc.scm import SCMError  # noqa: PLC0415

    path = (PIPELINE / task / f"{model}.safetensors").as_posix()
    try:
        return dvc.api.read(path, repo=repo, rev=rev, mode="rb")
    except (DvcException, SCMError, OSError) as error:
        where = f"{repo or 'this repository'} at {rev or 'its working tree'}"
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(f"{path}: not found in {where} ({reason}); name a revision that has it") from None
