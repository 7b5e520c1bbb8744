"""The measuring scripts: each runs on a tiny run of drawn faces, and measures what it says."""

import itertools
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import common
import numpy as np
import pytest
import reference
import rivals
import torch
import yaml
from attention import in_turns
from checkout import enter, pairs, score
from helpers import write_tensors
from recipe import learner_from, trained_for, trained_steps
from skimage.restoration import denoise_nl_means
from torch import Tensor

from facedenoise.data.fer_writer import interleaved_usage, write_fer_csv
from facedenoise.data.tensors import to_float
from facedenoise.errors import InputError
from facedenoise.evaluation.plane import mean_psnr
from facedenoise.models.attention_unet import AttentionUNet
from facedenoise.models.weights import write_weights
from facedenoise.noise import corrupt
from facedenoise.params import TASKS, GaussianNoise, Params, SaltPepperNoise, parse_params
from facedenoise.training.reconstruction import Reconstruction
from facedenoise.training.schedule import rate_factor
from stages.denoising import batches

ROOT = common.ROOT
needs_bm3d = pytest.mark.skipif(not find_spec("bm3d"), reason="needs benchmarks/requirements.txt")
MODEL = {"widths": [4, 8], "blocks": [1, 1], "attention": True}


@pytest.fixture
def finished(drawn: Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with 64 drawn faces in three splits and tiny networks; results go to its `results`."""
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    content["model"] = MODEL
    content["train"] |= {"batch_size": 8}
    for task in TASKS:
        content["train"][task] |= {"epochs": 1, "lr": 1e-5}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    write_faces(tmp_path, parse_params(content, "params.yaml"), drawn)
    for task in TASKS:
        for model in ("unet", "gan"):
            write_network(tmp_path / "models" / task / f"{model}.safetensors", task)
    monkeypatch.chdir(tmp_path)  # the scripts enter the run; this brings the tests back
    monkeypatch.setattr(common, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(reference, "BATCH_SIZE", 8)
    monkeypatch.setattr(reference, "WORKERS", 0)
    return tmp_path


def write_faces(folder: Path, params: Params, drawn: Tensor) -> None:
    rows = torch.arange(len(drawn))
    for split, chosen in {"train": slice(0, 32), "val": slice(32, 48), "test": slice(48, 64)}.items():
        clean = {"images": drawn[chosen], "emotion": rows[chosen] % 7, "row": rows[chosen]}
        write_tensors(folder / f"data/splits/{split}.safetensors", clean)
        for task in TASKS:
            noise = getattr(params.noise, task)
            noisy = corrupt(drawn[chosen].numpy(), rows[chosen].numpy(), noise, seed=0, task=task, draw=0)
            write_tensors(
                folder / f"data/noisy/{task}/{split}.safetensors", {"images": torch.from_numpy(noisy)}
            )


def write_network(path: Path, task: str) -> None:
    keep = task == "salt_pepper"
    network = AttentionUNet((4, 8), (1, 1), keep_unsaturated=keep)
    write_weights(path, network.state_dict(), {"attention_unet": {**MODEL, "keep_unsaturated": keep}})


def one_thread() -> ThreadPoolExecutor:
    """Stand in for processes, which take seconds to start."""
    return ThreadPoolExecutor(1)


def run(script: str, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [script, ".", *arguments])
    import_module(script).main()


def result(name: str) -> Any:
    return json.loads(Path(f"results/{name}.json").read_text())


@needs_bm3d
def test_quality_scores_every_method_and_keeps_the_classical_scores(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quality = import_module("quality")
    monkeypatch.setattr(quality, "process_per_core", one_thread)
    run("quality", "--faces", "1", "--cache", "kept.json", monkeypatch=monkeypatch)
    first = result("quality")
    assert set(first["tasks"]["low_gaussian"]["methods"]) >= {"noisy", "bm3d", "unet", "gan"}
    assert "biharmonic" in first["tasks"]["salt_pepper"]["methods"]
    # An untrained network changes nothing, so its lead over BM3D is what BM3D loses on the noisy images.
    methods = first["tasks"]["high_gaussian"]["methods"]
    assert methods["unet"] == methods["noisy"]
    lead = first["tasks"]["high_gaussian"]["over_classical"]["unet"]["psnr"]["mean"]
    assert lead == pytest.approx(methods["noisy"]["psnr"]["mean"] - methods["bm3d"]["psnr"]["mean"], abs=2e-4)
    monkeypatch.setattr(quality, "apply", None)  # now nothing can be computed anew
    run("quality", "--faces", "1", "--cache", "kept.json", monkeypatch=monkeypatch)
    assert result("quality") == first


def test_time_to_quality_stops_when_the_published_figure_is_passed(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(reference.PUBLISHED_PSNR, "low_gaussian", 30.0)  # less than the noisy images have
    run("time_to_quality", "--every", "0", "--reference-steps", "1", monkeypatch=monkeypatch)
    low, high, _ = result("time_to_quality")["tasks"]
    assert low["passed"]
    assert low["steps"] == 1
    assert not high["passed"]
    assert high["steps"] == high["of_steps"] == 4
    assert "times_faster" not in high
    assert high["seconds_with_before"] == pytest.approx(low["seconds"] + high["seconds"])
    assert low["times_faster"] == pytest.approx(low["reference_seconds"] / low["seconds"])


def test_equal_budgets_trains_both_ways_for_as_long(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("time_to_quality", "--budget", "0.2", monkeypatch=monkeypatch)
    rows = result("equal_budgets")["tasks"]
    assert [(row["task"], row["way"]) for row in rows] == [
        (task, way) for task in TASKS for way in ("ours", "reference")
    ]
    assert all(row["seconds"] >= 0.2 for row in rows)


def test_chain_gives_both_starts_the_same_steps_and_half_of_them(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("chain", "--budget", "0.2", "--tasks", "high_gaussian", monkeypatch=monkeypatch)
    ways = result("chain")["tasks"]["high_gaussian"]
    scratch, previous, half = (way["curve"][-1]["steps"] for way in ways.values())
    assert scratch == previous
    assert half == max(1, scratch // 2)
    assert ways["scratch"]["reached"] is not None


def test_attention_is_compared_on_and_off(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("attention", "--budget", "0.1", monkeypatch=monkeypatch)
    gates, none = result("attention")["ways"]
    assert (gates["way"], none["way"]) == ("gates", "no gates")
    assert min(gates["steps"], none["steps"]) >= 1
    assert min(gates["seconds"], none["seconds"]) >= 0.1


def test_of_two_trainings_the_one_behind_takes_the_next_step() -> None:
    clocks = {"slow": iter([(1, 2.0), (2, 4.0)]), "fast": iter([(1, 1.0), (2, 2.0), (3, 3.0)])}
    turns = [(name, taken) for name, taken, _ in in_turns(clocks)]
    assert turns == [("slow", 1), ("fast", 1), ("fast", 2), ("slow", 2), ("fast", 3)]


def test_throughput_gives_every_moment_of_a_step_to_a_part(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("throughput", "--rounds", "1", "--steps", "2", "--matrix", "64", monkeypatch=monkeypatch)
    measured = result("throughput")
    assert sum(measured["profile"].values()) == pytest.approx(1)
    parts = ("convolution, backward", "convolution, forward", "optimiser", "clipping", "weight average")
    assert all(measured["profile"][part] > 0 for part in (*parts, "batch making"))


def test_gan_measures_the_blend_only_between_noisy_and_unet(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_apart(clean: Tensor, images: Tensor, *, seed: int) -> float:
        return 0.5 + seed / 10

    monkeypatch.setattr(import_module("gan"), "two_sample_accuracy", told_apart)
    run("gan", "--weight-zero-models", "models", monkeypatch=monkeypatch)
    images = result("gan")["tasks"]["low_gaussian"]
    assert set(images) == {"noisy", "clean", "unet", "gan", "gan_weight_zero"}
    assert images["clean"]["spectrum_error"] == 0
    assert images["gan_weight_zero"] == images["gan"]
    over_seeds = [images["gan"][f"two_sample{suffix}"] for suffix in ("_low", "", "_high")]
    assert over_seeds == pytest.approx([0.5, 0.6, 0.7])
    run("gan", "--released", monkeypatch=monkeypatch)
    released = result("gan_released")["tasks"]["low_gaussian"]
    assert released["unet"]["psnr"] > images["unet"]["psnr"]  # the run's network is untrained


def test_blend_has_the_psnr_of_the_gan(drawn: Tensor) -> None:
    clean, offset = to_float(drawn), torch.linspace(-0.1, 0.1, 48)
    noisy, unet, gan = (((clean + share * offset).clamp(0, 1)) for share in (1.0, 0.1, 0.5))
    blend = import_module("gan").blend(clean, noisy, unet, gan)["blend"]
    assert mean_psnr(clean, blend) == pytest.approx(mean_psnr(clean, gan), abs=0.01)


@needs_bm3d
def test_inference_measures_every_way(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inference = import_module("inference")
    monkeypatch.setattr(inference, "process_per_core", one_thread)
    monkeypatch.setattr(inference, "HELP_RUNS", 1)
    run("inference", "--faces", "1", "--rounds", "1", monkeypatch=monkeypatch)
    ways = {(row["task"], row["way"]): row for row in result("inference")["ways"]}
    assert {way for task, way in ways if task == "high_gaussian"} == {
        "unet",
        "released_unet",
        "bm3d",
        "nonlocal_means",
        "nonlocal_means_fast",
    }
    assert all(row["images_a_second"] > 0 for row in ways.values())
    assert result("inference")["help_seconds"] > 0


class TestScale:
    def test_it_runs_the_stages_on_more_and_more_rows(
        self, finished: Path, drawn: Tensor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scale = import_module("scale")
        monkeypatch.setattr(scale, "ROOT", finished)  # for its tiny network
        monkeypatch.setattr(scale, "measure", measure_in_this_process)
        monkeypatch.setenv("DVC_ROOT", "")  # the script sets it; this brings it back
        write_fer_csv(Path("faces.csv"), drawn[:, 0].numpy(), np.zeros(64, int), interleaved_usage(64))
        monkeypatch.setattr(sys, "argv", ["scale", "faces.csv", "--rows", "50"])
        scale.main()
        os.chdir(finished)
        runs = result("scale")["runs"]
        assert [(run["rows"], run["stage"]) for run in runs] == [
            (rows, stage) for rows in (50, 200, 800) for stage in ("split", "noise", "train")
        ]
        assert all(run["seconds"] > 0 and run["peak_mb"] > 0 for run in runs)
        for run in runs[1::3]:  # no image was a copy, else the split would have left it out
            assert 0 < run["bytes"] - run["rows"] * 48 * 48 < 1000

    def test_its_sample_is_rows_of_the_csv_in_their_order(self, drawn: Tensor, tmp_path: Path) -> None:
        scale = import_module("scale")
        source, target = tmp_path / "faces.csv", tmp_path / "sample.csv"
        write_fer_csv(source, drawn[:, 0].numpy(), np.arange(64) % 7, interleaved_usage(64))
        scale.write_sample(source, target, 40)
        lines = source.read_text().splitlines()
        header, *places = [lines.index(line) for line in target.read_text().splitlines()]
        assert header == 0
        assert len(places) == 40
        assert places == sorted(set(places))
        with pytest.raises(InputError, match=r"64 rows; give --rows at most so many$"):
            scale.write_sample(source, target, 65)

    def test_its_plan_is_proportional_to_what_the_largest_set_took(self) -> None:
        small = {"stage": "split", "rows": 10, "bytes": 1, "seconds": 9.0, "peak_mb": 1.0}
        large = {"rows": 1_000_000, "bytes": 2_320_000_000, "seconds": 36.0, "peak_mb": 200.4}
        runs = [small, *({"stage": stage, **large} for stage in ("split", "noise", "train"))]
        measured, planned = import_module("scale").tables({"csv_bytes_a_row": 8400, "runs": runs})
        assert "| split | 1,000,000 | 36.0 | 36 | 200 |" in measured
        assert planned.splitlines()[2:] == [
            "| CSV | 8,400 | 840 |  |",
            "| split | 2,320 | 232 | 1.0 |",
            "| noise | 2,320 | 232 | 1.0 |",
            "| train |  |  | 1.0 |",
        ]

    def test_the_page_has_the_measured_figures(self) -> None:
        measured = json.loads((ROOT / "benchmarks/results/scale.json").read_text())
        page = (ROOT / "docs/scale.md").read_text()
        assert all(table in page for table in import_module("scale").tables(measured))


def measure_in_this_process(function: Any, *arguments: object, summarise: Any) -> dict[str, Any]:
    """Stand in for a process of its own, which takes seconds to start."""
    return common._measure_here(function, arguments, summarise)


class TestReference:
    def test_has_about_two_million_parameters(self) -> None:
        network = reference.ReferenceUNet()
        assert 1.9e6 < sum(parameter.numel() for parameter in network.parameters()) < 2.1e6
        assert network(torch.zeros(1, 1, 48, 48)).shape == (1, 1, 48, 48)

    @pytest.mark.parametrize(
        ("noise", "variance"),
        [(GaussianNoise("gaussian", 0.4, 0.3), 0.12**2), (SaltPepperNoise("salt_pepper", 0.1, 0.5), 0.1)],
    )
    def test_its_noise_is_as_strong_as_the_pipelines(
        self, noise: GaussianNoise | SaltPepperNoise, variance: float
    ) -> None:
        grey = torch.full((4, 1, 48, 48), 127, dtype=torch.uint8)
        torch.manual_seed(0)
        items = reference.TextFaces(grey, noise)
        noisy, clean = (torch.stack(images) for images in zip(*(items[0] for _ in range(20)), strict=True))
        torch.testing.assert_close(clean, torch.full_like(clean, 127 / 127.5 - 1))
        assert (noisy - clean).square().mean().item() == pytest.approx(variance, rel=0.05)

    def test_its_rate_falls_when_the_validation_loss_stagnates(self, finished: Path) -> None:
        noise = enter(finished).noise.low_gaussian
        training = reference.ReferenceTraining(
            "low_gaussian", pairs("low_gaussian", "train"), pairs("low_gaussian", "val"), noise
        )
        for _ in range(reference.PLATEAU_PATIENCE + 2):
            training.schedule.step(1.0)
        assert training.optimiser.param_groups[0]["lr"] == pytest.approx(5e-4)

    def test_it_learns(self, finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reference, "WORKERS", 2)
        noise = enter(finished).noise.high_gaussian
        train, val = pairs("high_gaussian", "train"), pairs("high_gaussian", "val")
        training = reference.ReferenceTraining("low_gaussian", train, val, noise)
        untrained = score(training.denoiser(), val)
        for _ in islice(training.trained_steps(), 20):
            pass
        assert score(training.denoiser(), val) > untrained + 3


class TestRecipe:
    def test_it_takes_the_weights_it_is_given(self, finished: Path) -> None:
        params = enter(finished)
        given = learner_from(params, "low_gaussian", None)
        with torch.no_grad():
            given.network.head.bias.fill_(0.25)  # type: ignore[union-attr, operator]
        learner = learner_from(params, "salt_pepper", given.network.state_dict())
        for network in (learner.network, learner.averaged()):
            assert all(
                torch.equal(a, b)
                for a, b in zip(network.parameters(), given.network.parameters(), strict=True)
            )

    def test_its_clock_stands_while_the_caller_works(self, finished: Path) -> None:
        params = enter(finished)
        data = batches(params, "low_gaussian", params.train)
        learner = learner_from(params, "low_gaussian", None)
        clock = []
        for taken, seconds in trained_steps(learner, data, 3, 0.1):
            time.sleep(0.5)
            clock.append((taken, seconds))
        assert [taken for taken, _ in clock] == [1, 2, 3]
        assert clock[-1][1] < 1

    def test_a_budget_of_seconds_has_the_whole_schedule_in_it(
        self, finished: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        params, factors = enter(finished), []

        def step(_: Reconstruction, noisy: Tensor, clean: Tensor, factor: float) -> dict[str, Tensor]:
            factors.append(factor)
            return {"loss": torch.tensor(0.0)}

        monkeypatch.setattr(Reconstruction, "step", step)
        monkeypatch.setattr(time, "perf_counter", map(float, itertools.count()).__next__)  # a step: a second
        data = batches(params, "low_gaussian", params.train)
        learner = learner_from(params, "low_gaussian", None)
        clock = list(trained_for(learner, data, 100, 0.1))
        assert clock[-1] == (100, 100.0)
        assert factors[10:] == pytest.approx([rate_factor(step, 100, 0.1) for step in range(10, 100)])
        assert factors[0] < factors[5] < factors[10]


class TestRivals:
    def test_each_image_is_denoised_on_its_own_and_in_order(self, drawn: Tensor) -> None:
        method = partial(rivals.nonlocal_means, sigma=0.06, fast=True)
        with rivals.process_per_core() as pool:
            denoised = rivals.apply(pool, method, drawn[:5])
        for image, estimate in zip(drawn[:5], denoised, strict=True):
            expected = denoise_nl_means(image[0].numpy() / 255, h=0.048, sigma=0.06)
            np.testing.assert_allclose(estimate[0], expected, atol=1e-6)

    def test_biharmonic_touches_only_saturated_pixels(self, drawn: Tensor) -> None:
        image = drawn[0, 0].numpy() / 255
        image[10, 10], image[20, 20] = 0.0, 1.0
        filled = rivals.biharmonic(image)
        inside = (image > 0) & (image < 1)
        np.testing.assert_array_equal(filled[inside], image[inside])
        assert 0 < filled[10, 10] < 1
