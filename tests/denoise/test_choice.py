"""Choosing a network for the noise that was found."""

from dataclasses import replace

import pytest
from stand_ins import NOISES

from facedenoise.denoise.choice import NONE, OTHER, choose
from facedenoise.denoise.networks import Trained
from facedenoise.denoise.noise_level import NoiseEstimate
from facedenoise.noise import Noise, parse_noise
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.poisson import Poisson
from facedenoise.noise.salt_pepper import SaltPepper

DIM, NOISIER = Gaussian(std=1, factor=0.02), Gaussian(std=1, factor=0.2)  # sigmas 0.01 and 0.1
ANY = parse_noise({"kind": "gaussian", "std": [0, 0.25], "factor": 2})
LEVELS = "the trained levels 0.02 and 0.06; the nearer one is used"
NO_NETWORK = "no network was trained on such noise; left as it is"


def found(sigma: float, impulses: float = 0.0) -> NoiseEstimate:
    return NoiseEstimate(constant=sigma**2, impulses=impulses, sigma=sigma)


@pytest.mark.parametrize(
    ("noises", "estimate", "task", "remark"),
    [
        (NOISES, found(0), NONE, ""),
        (NOISES, found(0.017), "low_gaussian", ""),
        (NOISES, found(0.032), "low_gaussian", ""),
        (NOISES, found(0.0325), "low_gaussian", f"between {LEVELS}"),
        (NOISES, found(0.0399), "low_gaussian", f"between {LEVELS}"),
        (NOISES, found(0.0401), "high_gaussian", f"between {LEVELS}"),
        (NOISES, found(0.0511), "high_gaussian", ""),
        (NOISES, found(0.072), "high_gaussian", ""),
        (NOISES, found(0.0725), "high_gaussian", f"outside {LEVELS}"),
        ({"b": NOISIER, "a": NOISIER, "c": DIM}, found(0.1), "a", ""),
        ({"b": SaltPepper(0.3), "a": SaltPepper(0.2)}, found(0.1, 0.1), "a", ""),
        ({"dim": DIM}, found(0.1), "dim", "outside the trained level 0.01; the nearer one is used"),
        ({"dim": DIM}, found(0.1, 0.1), OTHER, NO_NETWORK),
        ({"shot": Poisson(30), "dead": SaltPepper(0.2)}, found(0.1), OTHER, NO_NETWORK),
        ({"shot": Poisson(30)}, found(0), NONE, ""),
    ],
)
def test_of_networks_that_are_told_nothing_that_of_the_nearest_level_is_chosen(
    noises: dict[str, Noise], estimate: NoiseEstimate, task: str, remark: str
) -> None:
    choice = choose(estimate, {name: Trained(noise, is_told=False) for name, noise in noises.items()})
    assert (choice.task, choice.remark) == (task, remark)


def shot(sigma: float) -> NoiseEstimate:
    return NoiseEstimate(linear=2 * sigma**2, sigma=sigma)


@pytest.mark.parametrize(
    ("estimate", "task"),
    [
        (found(0.021), "low_gaussian"),
        (found(0.0562), "high_gaussian"),
        (found(0, 0.01), "salt_pepper"),
        (found(0, 0.4), "salt_pepper"),
        (found(0.0217), "wide"),
        (found(0, 0.41), "wide"),
        (found(0.02, 0.01), "wide"),
        (shot(0.02), "wide"),
    ],
)
def test_a_network_of_one_strength_is_chosen_for_what_is_surely_its_noise(
    estimate: NoiseEstimate, task: str
) -> None:
    others = {name: Trained(noise, is_told=False) for name, noise in NOISES.items()}
    assert choose(estimate, {**others, "wide": Trained(ANY, is_told=True)}).task == task


@pytest.mark.parametrize("estimate", [found(0.03), found(0.2), found(0, 0.5), found(0.05, 0.01)])
def test_a_network_that_is_told_and_knows_every_strength_is_right_for_any_noise(
    estimate: NoiseEstimate,
) -> None:
    others = {name: Trained(noise, is_told=False) for name, noise in NOISES.items()}
    assert choose(estimate, {**others, "wide": Trained(ANY, is_told=True)}).task == "wide"
    for other in (Trained(ANY, is_told=False), Trained(DIM, is_told=True)):
        assert choose(estimate, {**others, "wide": other}).task != "wide"
    assert choose(found(0), {"wide": Trained(ANY, is_told=True)}).task == NONE


def test_the_remark_of_the_estimate_is_kept() -> None:
    networks = {name: Trained(noise, is_told=False) for name, noise in NOISES.items()}
    hidden = NoiseEstimate(remark="it is hidden")
    assert str(choose(hidden, networks)) == "no noise found, left as it is (it is hidden)"
    seen = replace(found(0.0325), remark="some is hidden")
    assert choose(seen, networks).remark == f"between {LEVELS}; some is hidden"
    assert str(choose(found(0), networks)) == "no noise found, left as it is"
