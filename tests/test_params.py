"""A bad params.yaml stops with one line that names the key; a good one is read as numbers."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from facedenoise.errors import InputError
from facedenoise.params import TASKS, GaussianNoise, parse_params

PARAMS = Path(__file__).resolve().parents[1] / "params.yaml"


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


def test_the_params_of_this_checkout_are_valid(content: dict[str, Any]) -> None:
    params = parse_params(content, "params.yaml")
    assert set(TASKS) < set(content["noise"])
    assert params.noise.low_gaussian == GaussianNoise("gaussian", 0.2, 0.2)


def test_sigma_is_half_of_std_times_factor(content: dict[str, Any]) -> None:
    noise = parse_params(content, "params.yaml").noise
    assert isinstance(noise.low_gaussian, GaussianNoise)
    assert isinstance(noise.high_gaussian, GaussianNoise)
    assert noise.low_gaussian.sigma == pytest.approx(0.02)
    assert noise.high_gaussian.sigma == pytest.approx(0.06)


@pytest.mark.parametrize("text", ["1e-05", "1E-5", "0.00001"])
def test_a_small_rate_that_yaml_reads_as_text_is_a_number(content: dict[str, Any], text: str) -> None:
    loaded = yaml.safe_load(f"lr: {text}")["lr"]
    params = parse_params(changed(content, "train.low_gaussian.lr", loaded), "params.yaml")
    assert params.train.low_gaussian.lr == 1e-05


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("noise.low_gaussian.std", -0.2),
        ("noise.low_gaussian.std", float("nan")),
        ("noise.low_gaussian.std", float("inf")),
        ("noise.low_gaussian.std", "much"),
        ("noise.low_gaussian.std", True),
        ("noise.salt_pepper.factor", 1.1),
        ("noise.salt_pepper.salt_ratio", -0.1),
        ("noise.salt_pepper.sigma", 0.1),
        ("noise.seed", -1),
        ("noise.seed", 0.5),
        ("noise.motion_blur", {"kind": "gaussian", "std": 0.2, "factor": 0.2}),
        ("train.low_gaussian.lr", 0),
        ("train.low_gaussian.lr", None),
        ("train.low_gaussian.epochs", 0),
        ("train.low_gaussian.epochs", "3"),
        ("train.low_gaussian.init", "zero"),
        ("train.low_gausian", {"init": "scratch", "epochs": 1, "lr": 0.001}),
        ("train.fresh_noise", "yes"),
        ("train.ema", 1.0),
        ("gan.smoothing", 0.5),
        ("gan.init", "scratch"),
        ("emotion.batch_size", 1),
        ("emotion.smoothing", 1.0),
        ("model.widths", [16]),
        ("model.widths", [16, -1]),
        ("model.attention", 1),
        ("data.csv", ""),
        ("data.csv", 3),
        ("data.deduplicate", "no"),
        ("sample.rows", 10),
        ("colour", "red"),
    ],
)
def test_a_bad_value_is_one_line_that_names_its_key(content: dict[str, Any], key: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        parse_params(changed(content, key, value), "params.yaml")
    lines = str(caught.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"params.yaml: {key}")


def test_an_unknown_kind_of_noise_names_those_there_are(content: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"noise\.low_gaussian\.kind: 'laplace'.*'gaussian', 'salt_pepper'"):
        parse_params(changed(content, "noise.low_gaussian.kind", "laplace"), "params.yaml")


@pytest.mark.parametrize("network", ["model", "emotion"])
def test_widths_and_blocks_must_be_as_many(content: dict[str, Any], network: str) -> None:
    with pytest.raises(InputError, match=f"{network}: 3 widths but 2 blocks"):
        parse_params(changed(content, f"{network}.blocks", [1, 2]), "params.yaml")


def test_a_missing_key_and_a_missing_section_are_named(content: dict[str, Any]) -> None:
    del content["train"]["clip"], content["gan"]
    with pytest.raises(InputError) as caught:
        parse_params(content, "params.yaml")
    assert str(caught.value).splitlines() == [
        "params.yaml: train.clip: this key is missing; add it",
        "params.yaml: gan: this key is missing; add it",
    ]


@pytest.mark.parametrize("content", [None, [], "text", 3])
def test_a_file_that_is_no_mapping_is_refused(content: object) -> None:
    with pytest.raises(InputError, match=r"params\.yaml: the file"):
        parse_params(content, "params.yaml")


def test_a_missing_kind_of_noise_is_named(content: dict[str, Any]) -> None:
    del content["noise"]["salt_pepper"]["kind"]
    with pytest.raises(InputError, match=r": noise\.salt_pepper\.kind: this key is missing; add it$"):
        parse_params(content, "params.yaml")
