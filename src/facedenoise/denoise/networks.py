"""Which networks there are, where their files are, and which noise they were trained on.

Cheap to import: what is heavy is imported when it is needed.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from facedenoise.errors import InputError
from facedenoise.models import KIND, MODELS, UNTRAINED

if TYPE_CHECKING:
    from facedenoise.models.attention_unet import AttentionUNet
    from facedenoise.noise import Noise

PIPELINE = Path("models")
"""Where `dvc repro` writes networks, seen from the top of a checkout."""

RELEASED = Path(__file__).parents[1] / "pretrained"
"""Where the package has its own."""

_PARAMS = Path("params.yaml")


class Trained(NamedTuple):
    """What a network was trained on: its noise, and whether it is told the level."""

    noise: "Noise"
    is_told: bool


class UnknownTaskError(InputError, ValueError):
    """There is no such task: names those there are."""

    def __init__(self, task: str, known: list[str]) -> None:
        super().__init__(f"no task {task!r}; give one of {', '.join(known)}")


def find_tasks(folder: Path | None = None) -> list[str]:
    """Return the names of the tasks that have a network, sorted; raise an `InputError` if there is none.

    They are looked for in `folder`; by default in the pipeline's `models/` under the working directory, where
    only the tasks in params.yaml count, and among the networks released with the package.
    """
    tasks = sorted({each.name for each in _task_folders(folder)})
    if not tasks:
        where = folder or RELEASED
        raise InputError(f"{where}: no TASK/unet.safetensors in it; `dvc repro` or `dvc pull` brings them")
    return tasks


def find_weights(task: str, model: str, folder: Path | None = None) -> Path:
    """Return the file of a denoiser, in the folders of `find_tasks`: the pipeline's before the released one.

    Where a task has no such model, the file that was looked for last. Raises an `UnknownTaskError`.
    """
    files = [each / f"{model}.safetensors" for each in _task_folders(folder) if each.name == task]
    if not files:
        raise UnknownTaskError(task, find_tasks(folder))
    return next((file for file in files if file.is_file()), files[-1])


def trained(path: Path) -> Trained:
    """Return what the metadata of a network's file say of its training: no tensor is read.

    Raises an `InputError` if the file is missing or broken, or does not say a noise of a known kind.
    """
    from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - slow

    from facedenoise.noise import parse_noise  # noqa: PLC0415 - slow

    try:
        with safe_open(path, framework="numpy") as file:
            description = json.loads(file.metadata()["facedenoise"])
        noise = {name: value for name, value in description["params"]["noise"].items() if name != "seed"}
        return Trained(parse_noise(noise), bool(description[KIND].get("level")))
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error})") from None
    except (AttributeError, KeyError, TypeError, ValueError):
        remedy = f"train it again, or denoise with it by name: --noise {path.parent.name}"
        raise InputError(f"{path}: does not say which noise it was trained on; {remedy}") from None


def trained_networks(model: str, folder: Path | None = None) -> dict[str, Trained]:
    """Return the training of each task that has this model; see `find_tasks` and `trained`."""
    files = {task: find_weights(task, model, folder) for task in find_tasks(folder)}
    return {task: trained(file) for task, file in files.items() if file.is_file()}


def task_noise(task: str) -> "Noise":
    """Return the noise of a task: as params.yaml of the working directory says, else that of its U-Net.

    Raises an `InputError` if neither knows the task, or the one that does is wrong.
    """
    from facedenoise.params import parse_params  # noqa: PLC0415 - slow

    params = _read_params()
    if task in params.get("tasks", ()):
        return parse_params(params, str(_PARAMS)).tasks[task].noise
    known = find_tasks()
    if task not in known:
        raise UnknownTaskError(task, sorted({*known, *map(str, params.get("tasks", ()))}))
    return trained(find_weights(task, "unet")).noise


def load_revision(task: str, model: str, *, rev: str | None, repo: str | None) -> "AttentionUNet":
    """Load `models/TASK/MODEL.safetensors` as it was in a revision; DVC fetches it where the cache lacks it.

    The arguments are those of `Denoiser.load`; without `rev` it is the working tree of `repo`. Raises an
    `InputError` if the repository, the revision or the file cannot be found, or the file holds no denoiser.
    """
    import dvc.api  # noqa: PLC0415 - takes a second, and most users never need it
    from dvc.exceptions import DvcException  # noqa: PLC0415
    from dvc.scm import SCMError  # noqa: PLC0415

    from facedenoise.models.inference import load_denoiser  # noqa: PLC0415

    path = (PIPELINE / task / f"{model}.safetensors").as_posix()
    where = f"{repo or 'this repository'} at {rev or 'its working tree'}"
    try:
        content = dvc.api.read(path, repo=repo, rev=rev, mode="rb")
    except (DvcException, SCMError, OSError) as error:
        cause = error.__cause__ or error  # DVC itself may say no more than "SCM error"
        reason = next(iter(str(cause).splitlines()), type(cause).__name__)
        raise InputError(f"{path}: not found in {where} ({reason}); name a revision that has it") from None
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "weights"
        file.write_bytes(content)
        try:
            return load_denoiser(file)
        except InputError as error:
            raise InputError(str(error).replace(str(file), f"{path} in {where}")) from None


def _task_folders(folder: Path | None) -> list[Path]:
    """Return the folders with networks, each named as its task, in the order of preference."""
    if folder is not None:
        return _with_networks(folder)
    tasks = _read_params().get("tasks")
    own = [each for each in _with_networks(PIPELINE) if tasks is None or each.name in tasks]
    return own + _with_networks(RELEASED)


def _with_networks(folder: Path) -> list[Path]:
    found = {file.parent for model in MODELS for file in folder.glob(f"*/{model}.safetensors")}
    return sorted(found - {folder / UNTRAINED})


def _read_params() -> Mapping[str, Any]:
    """Return the content of params.yaml if the working directory has one with tasks, else nothing."""
    import yaml  # noqa: PLC0415 - slow

    try:
        content = yaml.safe_load(_PARAMS.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{_PARAMS}: not valid YAML: {' '.join(str(error).split())}") from None
    has_tasks = isinstance(content, dict) and isinstance(content.get("tasks"), dict)
    return content if has_tasks else {}
