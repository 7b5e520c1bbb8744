"""params.yaml as frozen dataclasses, checked in one place."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails

from facedenoise.errors import InputError

Task = Literal["low_gaussian", "high_gaussian", "salt_pepper"]
TASKS: tuple[Task, ...] = ("low_gaussian", "high_gaussian", "salt_pepper")
"""The tasks in chain order: each network starts from that of the task before."""


def _number(value: Any) -> Any:  # noqa: ANN401
    """Read the text `1e-05` as a number: YAML 1.1 takes what DVC writes for 0.00001 as a string."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _two_or_more(widths: tuple[int, ...]) -> tuple[int, ...]:
    if len(widths) < 2:  # noqa: PLR2004
        raise ValueError("at least two sizes are needed, since a U-Net without a skip is none")
    return widths


def _require_as_many(widths: tuple[int, ...], blocks: tuple[int, ...]) -> None:
    if len(widths) != len(blocks):
        raise ValueError(f"{len(widths)} widths but {len(blocks)} blocks; give as many of each")


_Float = Annotated[float, Field(strict=True, allow_inf_nan=False), BeforeValidator(_number)]
Switch = Annotated[bool, Field(strict=True)]
Positive = Annotated[_Float, Field(gt=0)]
NotNegative = Annotated[_Float, Field(ge=0)]
Share = Annotated[_Float, Field(ge=0, le=1)]
Decay = Annotated[_Float, Field(ge=0, lt=1)]
Count = Annotated[int, Field(strict=True, ge=1)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**63)]
Counts = Annotated[tuple[Count, ...], Field(min_length=1)]
_FROZEN = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_FROZEN)
class Sample:
    """The drawn faces."""

    rows: Annotated[int, Field(strict=True, ge=70)]  # fewer leave a split without some emotion
    seed: Seed


@dataclass(frozen=True, config=_FROZEN)
class Data:
    """The CSV and what is left out of it."""

    csv: Annotated[str, Field(min_length=1)]
    deduplicate: Switch


@dataclass(frozen=True, config=_FROZEN)
class GaussianNoise:
    """Additive white Gaussian noise of standard deviation std * factor on intensities in [-1, 1]."""

    kind: Literal["gaussian"]
    std: NotNegative
    factor: NotNegative

    @property
    def sigma(self) -> float:
        """Standard deviation on intensities in [0, 1], half of that on [-1, 1]."""
        return self.std * self.factor / 2

    @property
    def description(self) -> str:
        """Words for the model card."""
        return f"Gaussian, standard deviation {self.sigma:g}"


@dataclass(frozen=True, config=_FROZEN)
class SaltPepperNoise:
    """Each pixel is replaced with probability `factor`: white with `salt_ratio`, else black."""

    kind: Literal["salt_pepper"]
    factor: Share
    salt_ratio: Share

    @property
    def description(self) -> str:
        """Words for the model card."""
        white = f"{self.salt_ratio:.4g} of these by white, the others by black"
        return f"{self.factor:.4g} of the pixels replaced, {white}"


NoiseModel = Annotated[GaussianNoise | SaltPepperNoise, Field(discriminator="kind")]


@dataclass(frozen=True, config=_FROZEN)
class Noise:
    """The seed of all noise, and the noise of each task."""

    seed: Seed
    low_gaussian: NoiseModel
    high_gaussian: NoiseModel
    salt_pepper: NoiseModel


@dataclass(frozen=True, config=_FROZEN)
class Model:
    """The Attention U-Net: channels and residual blocks at full size, half size, ..."""

    widths: Annotated[Counts, AfterValidator(_two_or_more)]
    blocks: Counts
    attention: Switch

    def __post_init__(self) -> None:
        """Check that widths and blocks speak of the same sizes."""
        _require_as_many(self.widths, self.blocks)


@dataclass(frozen=True, config=_FROZEN)
class TrainTask:
    """What differs between the trainings of the U-Net."""

    init: Literal["previous", "scratch"]
    epochs: Count
    lr: Positive


@dataclass(frozen=True, config=_FROZEN)
class Train:
    """The training of the U-Nets."""

    seed: Seed
    batch_size: Count
    weight_decay: NotNegative
    warmup: Share
    clip: Positive
    ema: Decay
    fresh_noise: Switch
    patience: Count
    low_gaussian: TrainTask
    high_gaussian: TrainTask
    salt_pepper: TrainTask


@dataclass(frozen=True, config=_FROZEN)
class GanTask:
    """What differs between the adversarial trainings; `weight_factor` is that of the common weight."""

    epochs: Count
    lr: Positive
    weight_factor: NotNegative


@dataclass(frozen=True, config=_FROZEN)
class Gan:
    """The adversarial refinement and its PatchGAN."""

    seed: Seed
    batch_size: Count
    init: Literal["unet", "previous"]
    widths: Counts
    weight: NotNegative
    smoothing: Annotated[_Float, Field(ge=0, lt=0.5)]
    discriminator_lr: Positive
    warmup: Share
    clip: Positive
    ema: Decay
    low_gaussian: GanTask
    high_gaussian: GanTask
    salt_pepper: GanTask


@dataclass(frozen=True, config=_FROZEN)
class Emotion:
    """The classifier of emotions and its training: residual blocks at half size, quarter size, ..."""

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
    smoothing: Annotated[_Float, Field(ge=0, lt=1)]

    def __post_init__(self) -> None:
        """Check that widths and blocks speak of the same sizes."""
        _require_as_many(self.widths, self.blocks)


@dataclass(frozen=True, config=_FROZEN)
class Params:
    """All of params.yaml."""

    sample: Sample
    data: Data
    noise: Noise
    model: Model
    train: Train
    gan: Gan
    emotion: Emotion


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
        One line a problem, each naming the key: unknown or missing, of a wrong type, out of range.
    """
    try:
        return TypeAdapter(Params).validate_python(content)
    except ValidationError as error:
        problems = [f"{source}: {_describe(problem)}" for problem in error.errors()]
        raise InputError("\n".join(problems)) from None


def _describe(problem: ErrorDetails) -> str:
    key = ".".join(str(part) for part in _without_tags(problem["loc"]))
    match problem["type"]:
        case "missing":
            return f"{key}: this key is missing; add it"
        case "union_tag_not_found":
            return f"{key}.kind: this key is missing; add it"
        case "union_tag_invalid":
            context = problem["ctx"]
            return f"{key}.kind: {context['tag']!r} is unknown; choose one of {context['expected_tags']}"
        case "unexpected_keyword_argument":
            return f"{key}: unknown key; correct its name or remove it"
        case _:
            message = problem["msg"].removeprefix("Value error, ")
            return f"{key or 'the file'}: {message} (it is {problem['input']!r:.80})"


def _without_tags(location: Sequence[int | str]) -> list[int | str]:
    """Leave out the kind of noise, which pydantic adds behind `noise.TASK`."""
    is_tag = len(location) > 2 and location[0] == "noise"  # noqa: PLR2004
    return [part for index, part in enumerate(location) if not (is_tag and index == 2)]  # noqa: PLR2004
