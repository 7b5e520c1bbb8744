"""A bad params.yaml stops with one line that names the key; a good one is read as numbers."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from facedenoise.errors import InputError
from facedenoise.models import UNTRAINED
from facedenoise.noise import Varying
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.one_of import OneOf
from facedenoise.noise.poisson import Poisson
from facedenoise.params import parse_params

PARAMS = Path(__file__).resolve().parents[1] / "params.yaml"
TASK: dict[str, Any] = {
    "noise": {"kind": "poisson", "peak": 30},
    "after": UNTRAINED,
    "train": {"epochs": 1, "lr": 0.001},
    "gan": {"epochs": 1, "lr": 0.001},
}


@pytest.fixture
def content() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(PARAMS.read_text())
    return loaded


def changed(content: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    *path, last = key.split(".")
    section = content
    for part in path:
        section = section[part]
    section[last] = value
    return content


def problems(content: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_params(content, "params.yaml")
    return str(caught.value).splitlines()


def test_the_params_of_this_checkout_are_valid(content: dict[str, Any]) -> None:
    params = parse_params(content, "params.yaml")
    assert [task.after for task in params.tasks.values()] == [UNTRAINED, *list(params.tasks)[:-1]]
    assert params.tasks["low_gaussian"].noise == Gaussian(std=0.2, factor=0.2)
    assert params.titles["salt_pepper"] == "Salt-and-pepper noise"


@pytest.mark.parametrize("text", ["1e-05", "1E-5", "0.00001"])
def test_a_small_rate_that_yaml_reads_as_text_is_a_number(content: dict[str, Any], text: str) -> None:
    loaded = yaml.safe_load(f"lr: {text}")["lr"]
    params = parse_params(changed(content, "tasks.low_gaussian.train.lr", loaded), "params.yaml")
    assert params.tasks["low_gaussian"].train.lr == 1e-05


@pytest.mark.parametrize(("colour", "channels"), [("grey", 1), ("rgb", 3)])
def test_an_image_has_the_channels_of_its_colour(content: dict[str, Any], colour: str, channels: int) -> None:
    assert parse_params(changed(content, "data.colour", colour), "params.yaml").data.channels == channels


def test_a_task_needs_no_title_and_two_may_come_after_the_same(content: dict[str, Any]) -> None:
    params = parse_params({**content, "tasks": {"few_photons": TASK, "fewer": TASK}}, "params.yaml")
    assert params.titles == {"few_photons": "Few photons", "fewer": "Fewer"}


def test_a_task_may_have_noise_that_varies(content: dict[str, Any]) -> None:
    parts = [{"kind": "gaussian", "std": [0.0, 0.25], "factor": 2}, TASK["noise"]]
    tasks = {"any": {**TASK, "noise": {"kind": "one_of", "of": parts}}, "dim": {**TASK, "after": "any"}}
    params = parse_params({**content, "tasks": tasks}, "params.yaml")
    assert params.tasks["any"].noise == OneOf((Varying(Gaussian(0.0, 2), Gaussian(0.25, 2)), Poisson(30)))


def test_a_wrong_number_in_a_mixture_is_one_line_that_names_its_place(content: dict[str, Any]) -> None:
    parts = [TASK["noise"], {"kind": "poisson", "peak": [9, 3]}]
    [line] = problems(changed(content, "tasks.low_gaussian.noise", {"kind": "sequence", "of": parts}))
    assert line == (
        "params.yaml: tasks.low_gaussian.noise.of.1.peak: give a range as a list of its low and its high end "
        "(it is [9.0, 3.0])"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tasks.low_gaussian.noise.std", -0.2),
        ("tasks.low_gaussian.noise.std", float("nan")),
        ("tasks.low_gaussian.noise.std", float("inf")),
        ("tasks.low_gaussian.noise.std", "much"),
        ("tasks.low_gaussian.noise.std", True),
        ("tasks.salt_pepper.noise.factor", 1.1),
        ("tasks.salt_pepper.noise.salt_ratio", -0.1),
        ("tasks.salt_pepper.noise.sigma", 0.1),
        ("tasks.salt_pepper.noise", {"kind": "poisson", "peak": 0}),
        ("tasks.salt_pepper.noise", {"kind": "speckle", "std": -1}),
        ("tasks.salt_pepper.after", "rain"),
        ("tasks.salt_pepper.after", "salt_pepper"),
        ("tasks.salt_pepper.after", None),
        ("tasks.salt_pepper.title", ""),
        ("tasks.salt_pepper.gan.epochs", -1),
        ("tasks.low_gaussian.train.lr", 0),
        ("tasks.low_gaussian.train.lr", None),
        ("tasks.low_gaussian.noise.std", [0.5, 0.1]),
        ("tasks.low_gaussian.noise.std", [0.1]),
        ("tasks.low_gaussian.noise.std", [-0.1, 0.1]),
        ("tasks.low_gaussian.noise.kind", ["gaussian", "poisson"]),
        ("tasks.low_gaussian.noise", {"kind": "one_of", "of": []}),
        ("tasks.low_gaussian.train.epochs", 0),
        ("tasks.low_gaussian.train.epochs", "3"),
        ("tasks.low_gaussian.train.init", "scratch"),
        ("tasks.motion blur", TASK),
        ("tasks.3d", TASK),
        ("tasks.../up", TASK),
        ("tasks.untrained", TASK),
        ("tasks.clean", TASK),
        ("tasks", {}),
        ("noise.seed", -1),
        ("noise.seed", 0.5),
        ("noise.low_gaussian", {"kind": "gaussian", "std": 0.2, "factor": 0.2}),
        ("train.fresh_noise", "yes"),
        ("train.ema", 1.0),
        ("gan.smoothing", 0.5),
        ("classifier.batch_size", 1),
        ("classifier.smoothing", 1.0),
        ("classifier.weighting", "inverse"),
        ("model.widths", [16]),
        ("model.widths", [16, -1]),
        ("model.attention", 1),
        ("model.level", "yes"),
        ("data.source", ""),
        ("data.source", 3),
        ("data.labels", 3),
        ("data.split", "dealt"),
        ("data.split", [0.8, 0.1]),
        ("data.split", [0.8, 0.1, 0.2]),
        ("data.split", [1.0, 0.0, 0.0]),
        ("data.size", 7),
        ("data.colour", "bgr"),
        ("data.noisy", "noisy"),
        ("data.noisy", ["clean"]),
        ("data.noisy", ["../up"]),
        ("data.noisy", ["night", "Night"]),
        ("data.broken", "keep"),
        ("data.deduplicate", "no"),
        ("sample.rows", 10),
        ("colour", "red"),
    ],
)
def test_a_bad_value_is_one_line_that_names_its_key(content: dict[str, Any], key: str, value: Any) -> None:
    section, _, name = key.partition(".")
    wrong = {section: {**content[section], name: value}} if ".." in key else {}
    [line] = problems({**content, **wrong} if wrong else changed(content, key, value))
    assert line.startswith(f"params.yaml: {key}")


def test_names_that_differ_in_capitals_alone_are_refused(content: dict[str, Any]) -> None:
    lines = problems(changed(content, "tasks.Salt_Pepper", TASK))
    assert [line.split(": ")[1] for line in lines] == ["tasks.salt_pepper", "tasks.Salt_Pepper"]


GIVEN = {"kind": "given", "name": "night"}


def test_given_noise_is_named_in_data(content: dict[str, Any]) -> None:
    changed(content, "tasks.low_gaussian.noise", GIVEN)
    [line] = problems(content)
    wrong = "tasks.low_gaussian.noise.name: 'night' is not in data.noisy, which is empty"
    assert line == f"params.yaml: {wrong}; add it there"
    params = parse_params(changed(content, "data.noisy", ["dusk", "night"]), "params.yaml")
    assert params.data.noisy == ("dusk", "night")
    assert params.tasks["low_gaussian"].noise.given == "night"
    assert params.tasks["high_gaussian"].noise.given is None


@pytest.mark.parametrize("kind", ["one_of", "sequence"])
def test_given_noise_is_no_part_of_a_mixture(content: dict[str, Any], kind: str) -> None:
    mixture = {"kind": "sequence", "of": [{"kind": kind, "of": [GIVEN]}]}
    changed(changed(content, "data.noisy", ["night"]), "tasks.low_gaussian.noise", mixture)
    [line] = problems(content)
    assert line.startswith("params.yaml: tasks.low_gaussian.noise: given pictures are no part of a mixture;")


def test_tasks_in_a_circle_are_one_line_that_shows_it(content: dict[str, Any]) -> None:
    [line] = problems(changed(content, "tasks.low_gaussian.after", "high_gaussian"))
    assert "tasks.low_gaussian.after" in line
    assert "low_gaussian after high_gaussian after low_gaussian" in line


def test_an_unknown_kind_of_noise_names_those_there_are(content: dict[str, Any]) -> None:
    [line] = problems(changed(content, "tasks.low_gaussian.noise.kind", "laplace"))
    assert line == (
        "params.yaml: tasks.low_gaussian.noise.kind: choose one of gaussian, given, one_of, poisson, "
        "salt_pepper, sequence, speckle (it is 'laplace')"
    )


@pytest.mark.parametrize("network", ["model", "classifier"])
def test_widths_and_blocks_must_be_as_many(content: dict[str, Any], network: str) -> None:
    [line] = problems(changed(content, f"{network}.blocks", [1, 2]))
    assert f"{network}: 3 widths but 2 blocks" in line


def test_missing_keys_and_sections_are_all_named(content: dict[str, Any]) -> None:
    del content["train"]["clip"], content["gan"], content["tasks"]["salt_pepper"]["noise"]["factor"]
    assert problems(content) == [
        f"params.yaml: {key}: this key is missing; add it"
        for key in ("tasks.salt_pepper.noise.factor", "train.clip", "gan")
    ]


@pytest.mark.parametrize("content", [None, [], "text", 3])
def test_a_file_that_is_no_mapping_is_refused(content: object) -> None:
    assert problems(content)[0].startswith("params.yaml: the file")
