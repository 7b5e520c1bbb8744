"""params.yaml as frozen dataclasses, checked in one place; knows no task and no kind of noise by name."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from math import isclose
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainValidator, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails

from facedenoise.errors import InputError
from facedenoise.models import UNTRAINED
from facedenoise.noise import AnyNoise, Noise
from facedenoise.ranges import (
    STRICT,
    Count,
    Counts,
    Decay,
    NotNegative,
    Number,
    Positive,
    Seed,
    Share,
    Switch,
)

# These name files, keys and answers beside those of the tasks.
_RESERVED = {UNTRAINED, "auto", "clean", "failed", "noise", "none", "other", "samples"}
_PLAIN_WORD = re.compile("[A-Za-z][A-Za-z0-9_]*")


def _two_or_more(widths: tuple[int, ...]) -> tuple[int, ...]:
    if len(widths) < 2:  # noqa: PLR2004
        raise ValueError("at least two sizes are needed, since a U-Net without a skip is none")
    return widths


def _require_as_many(widths: tuple[int, ...], blocks: tuple[int, ...]) -> None:
    if len(widths) != len(blocks):
        raise ValueError(f"{len(widths)} widths but {len(blocks)} blocks; give as many of each")


def _given_or_shares(value: Any) -> str | tuple[float, ...]:  # noqa: ANN401
    """Take `given`, or shares of train, val and test."""
    is_three = isinstance(value, list | tuple) and [type(share) for share in value] == [float] * 3
    if is_three and min(value) > 0 and isclose(sum(value), 1):
        return tuple(value)
    if value == "given":
        return "given"
    raise ValueError("give `given`, or three shares that add up to 1, such as [0.8, 0.1, 0.1]")


def _plain_and_apart(names: tuple[str, ...]) -> tuple[str, ...]:
    if not all(map(_PLAIN_WORD.fullmatch, names)):
        raise ValueError("give plain words: letters, digits and _, with a letter first")
    if len({name.lower() for name in ("clean", "pixels", *names)}) < len(names) + 2:
        raise ValueError("give each name once, and not `clean` or `pixels`")
    return names


@dataclass(frozen=True, config=STRICT)
class Sample:
    """The drawn faces."""

    rows: Annotated[int, Field(strict=True, ge=70)]  # fewer leave a split without some emotion
    seed: Seed


@dataclass(frozen=True, config=STRICT)
class Data:
    """Where the faces come from, what is made of them, and what is left out; see docs/data.md."""

    source: Annotated[str, Field(min_length=1)]
    labels: Annotated[str, Field(min_length=1)] | None
    split: Annotated[str | tuple[float, ...], PlainValidator(_given_or_shares)]
    size: Annotated[int, Field(strict=True, ge=8, le=2000)] | None
    colour: Literal["grey", "rgb"]
    noisy: Annotated[tuple[str, ...], AfterValidator(_plain_and_apart)]
    broken: Literal["refuse", "skip"]
    deduplicate: Switch

    @property
    def channels(self) -> int:
        """The channels of an image."""
        return 3 if self.colour == "rgb" else 1


@dataclass(frozen=True, config=STRICT)
class NoiseSeed:
    """What all noise has in common."""

    seed: Seed


@dataclass(frozen=True, config=STRICT)
class TrainTask:
    """What differs between the trainings of the U-Nets."""

    epochs: Count
    lr: Positive


@dataclass(frozen=True, config=STRICT)
class GanTask:
    """What differs between the adversarial trainings."""

    epochs: Count
    lr: Positive


@dataclass(frozen=True, config=STRICT)
class Task:
    """A noise, and how its networks are trained.

    Attributes
    ----------
    noise : Noise
        What is to be removed.
    after : str
        The task whose networks this one starts from, or `UNTRAINED`.
    train, gan : TrainTask, GanTask
        The two trainings.
    title : str or None
        How readers see its name.
    """

    noise: AnyNoise
    after: str
    train: TrainTask
    gan: GanTask
    title: Annotated[str, Field(min_length=1)] | None = None


@dataclass(frozen=True, config=STRICT)
class Model:
    """The Attention U-Net: channels and residual blocks at full size, half size, ..."""

    widths: Annotated[Counts, AfterValidator(_two_or_more)]
    blocks: Counts
    attention: Switch
    level: Switch

    def __post_init__(self) -> None:
        """Check that widths and blocks speak of the same sizes."""
        _require_as_many(self.widths, self.blocks)


@dataclass(frozen=True, config=STRICT)
class Train:
    """The training of the U-Nets."""

    seed: Seed
    batch_size: Count
    muon: NotNegative
    weight_decay: NotNegative
    warmup: Share
    clip: Positive
    ema: Decay
    fresh_noise: Switch
    patience: Count


@dataclass(frozen=True, config=STRICT)
class Gan:
    """The adversarial refinement and its PatchGAN."""

    seed: Seed
    batch_size: Count
    widths: Counts
    weight: NotNegative
    smoothing: Annotated[Number, Field(ge=0, lt=0.5)]
    discriminator_lr: Positive
    warmup: Share
    clip: Positive
    ema: Decay


@dataclass(frozen=True, config=STRICT)
class Classifier:
    """The classifier of labels and its training: residual blocks at half size, quarter size, ..."""

    widths: Counts
    blocks: Counts
    seed: Seed
    epochs: Count
    batch_size: Annotated[int, Field(strict=True, ge=2)]  # batch norm needs two
    lr: Positive
    weight_decay: NotNegative
    warmup: Share
    clip: Positive
    ema: Decay
    smoothing: Annotated[Number, Field(ge=0, lt=1)]
    weighting: Literal["balanced", "none"]

    def __post_init__(self) -> None:
        """Check that widths and blocks speak of the same sizes."""
        _require_as_many(self.widths, self.blocks)


@dataclass(frozen=True, config=STRICT)
class Params:
    """All of params.yaml, with the tasks in its order."""

    sample: Sample
    data: Data
    tasks: Annotated[dict[str, Task], Field(min_length=1)]
    noise: NoiseSeed
    model: Model
    train: Train
    gan: Gan
    classifier: Classifier

    @property
    def titles(self) -> dict[str, str]:
        """How readers see the names of the tasks: `salt_pepper` is "Salt pepper" unless it has a title."""
        return {name: task.title or name.replace("_", " ").capitalize() for name, task in self.tasks.items()}


def parse_params(content: object, source: str) -> Params:
    """Check the content of a params file.

    Parameters
    ----------
    content : object
        What the YAML parser made of the file.
    source : str
        The file's name, for the message.

    Returns
    -------
    Params
        The checked, immutable params.

    Raises
    ------
    InputError
        One line a problem, each naming the key: unknown or missing, of a wrong type, out of range; a task
        whose name is no plain word or taken, that comes after no task or after itself, or whose given
        pictures are not in `data.noisy`.
    """
    try:
        params = TypeAdapter(Params).validate_python(content)
        problems = list(_wrong_names(params.tasks)) or list(_wrong_chain(params.tasks))
        problems += _wrong_pairs(params)
    except ValidationError as error:
        problems = [_describe(problem) for problem in error.errors()]
    if problems:
        raise InputError("\n".join(f"{source}: {problem}" for problem in problems))
    return params


def _wrong_names(tasks: Mapping[str, Task]) -> Iterator[str]:
    alike = Counter(name.lower() for name in tasks)
    for name in tasks:
        if not _PLAIN_WORD.fullmatch(name):
            yield f"tasks.{name}: give a plain word: letters, digits and _, with a letter first"
        elif name in _RESERVED:
            yield f"tasks.{name}: this name is taken; choose another"
        elif alike[name.lower()] > 1:
            yield f"tasks.{name}: another task differs from it in capitals alone; choose another name"


def _wrong_chain(tasks: Mapping[str, Task]) -> Iterator[str]:
    """Name the tasks that come after no task, then one of those that come after themselves."""
    known = ", ".join((*tasks, UNTRAINED))
    for name, task in tasks.items():
        if task.after not in (*tasks, UNTRAINED):
            yield f"tasks.{name}.after: {task.after!r} is no task; give one of {known}"
    for name in tasks:
        chain = [name]
        while (before := tasks[chain[-1]].after) in tasks and before not in chain:
            chain.append(before)
        if before == name:
            circle = " after ".join([*chain, name])
            yield f"tasks.{name}.after: the tasks go round in a circle: {circle}; let one start {UNTRAINED}"
            return


def _wrong_pairs(params: Params) -> Iterator[str]:
    """Name the tasks whose noisy pictures `data` does not have, or that mix them with other noise."""
    for name, task in params.tasks.items():
        given = task.noise.given
        if any(part.given for part in _parts(task.noise)):
            yield f"tasks.{name}.noise: given pictures are no part of a mixture; make it a task of its own"
        elif given and given not in params.data.noisy:
            known = ", ".join(params.data.noisy) or "empty"
            yield f"tasks.{name}.noise.name: {given!r} is not in data.noisy, which is {known}; add it there"


def _parts(noise: Noise) -> Iterator[Noise]:
    for part in noise.parts:
        yield from (part, *_parts(part))


def _describe(problem: ErrorDetails) -> str:
    key = ".".join(map(str, problem["loc"]))
    match problem["type"]:
        case "missing":
            return f"{key}: this key is missing; add it"
        case "unexpected_keyword_argument":
            return f"{key}: unknown key; correct its name or remove it"
        case _:
            message = problem["msg"].removeprefix("Value error, ")
            return f"{key or 'the file'}: {message} (it is {problem['input']!r:.80})"
