"""The real dvc.yaml, run on a tiny drawn CSV in a temporary clone."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
from clones import Clone

from facedenoise.data.tensors import read_tensors
from facedenoise.params import TASKS


def stages_of(task: str) -> set[str]:
    return {f"{stage}@{task}" for stage in ("noise", "train", "gan")}


def test_all_outs_are_there(clone: Clone) -> None:
    metrics = json.loads((clone.folder / "reports/metrics.json").read_text())
    for task in TASKS:
        assert set(metrics[task]) == {"noisy", "classical", "unet", "gan"}
        assert metrics[task]["classical"].pop("method") in {"median", "nlm", "tv", "wavelet", "biharmonic"}
        headline = {"psnr", "ssim", "emotion_accuracy"}
        assert all(set(scores) == headline for scores in metrics[task].values())
        assert json.loads((clone.folder / f"reports/eval/{task}.json").read_text())["unet"]["two_sample"]
        history = pd.read_csv(clone.folder / f"reports/history/{task}/unet.csv")
        assert list(history) == ["epoch", "loss", "val_psnr", "val_ssim", "lr"]
        for model in ("unet", "gan", "discriminator"):
            assert read_tensors(clone.folder / f"models/{task}/{model}.safetensors")
    assert set(metrics) == {*TASKS, "clean"}
    assert len(list((clone.folder / "reports/figures").glob("*.png"))) == 3 + len(TASKS)
    assert (clone.folder / "reports/index.html").read_text().startswith("<!doctype html>")
    assert (clone.folder / "reports/model_card.md").read_text().startswith("# Model card")


def test_git_holds_the_metrics_and_no_picture_or_tensor(clone: Clone) -> None:
    tracked = clone.run("git", "ls-files").split()
    assert {"reports/metrics.json", "reports/data.json", "dvc.lock"} <= set(tracked)
    released = ("docs/pictures/", "src/facedenoise/pretrained/")  # drawn faces, and networks
    made = [Path(name) for name in tracked if not name.startswith(released)]
    assert not [path for path in made if path.suffix in {".png", ".safetensors", ".csv", ".state"}]


def test_a_second_repro_runs_nothing(clone: Clone) -> None:
    assert clone.repro() == set()
    assert "up to date" in clone.run("dvc", "status")


def test_another_noise_reruns_only_what_depends_on_it(clone: Clone) -> None:
    before = json.loads((clone.folder / "reports/metrics.json").read_text())
    clone.set("noise.salt_pepper.factor=0.2")
    assert clone.repro() == stages_of("salt_pepper") | {"evaluate", "report"}
    after = json.loads((clone.folder / "reports/metrics.json").read_text())
    assert after["low_gaussian"] == before["low_gaussian"]
    assert after["salt_pepper"]["noisy"]["psnr"] < before["salt_pepper"]["noisy"]["psnr"] - 2
    assert "noise.salt_pepper.factor" in clone.run("dvc", "params", "diff")
    assert "salt_pepper.noisy.psnr" in clone.run("dvc", "metrics", "diff")
    clone.set("noise.salt_pepper.factor=0.1")
    assert clone.repro() == set(), "the run-cache should have brought the earlier outs back"
    clone.restore()


def test_a_gan_param_retrains_no_u_net(clone: Clone) -> None:
    clone.set("gan.salt_pepper.lr=0.0007")
    assert clone.repro("--dry") == {"gan@salt_pepper", "report"}  # the page prints all params
    clone.set("gan.weight=0.3")
    assert clone.repro("--dry") == {"report", *(f"gan@{task}" for task in TASKS)}
    clone.restore()


def test_an_experiment_with_a_rate_written_as_1e_05(clone: Clone) -> None:
    clone.run("dvc", "exp", "run", "-n", "slow", "-S", "train.salt_pepper.lr=0.00001")
    assert "1e-05" in (clone.folder / "params.yaml").read_text()
    history = pd.read_csv(clone.folder / "reports/history/salt_pepper/unet.csv")
    assert history["lr"].max() <= 1e-05
    assert "slow" in clone.run("dvc", "exp", "show", "--no-pager", "--csv")
    clone.restore()


@pytest.mark.parametrize(
    ("change", "key"),
    [("noise.low_gaussian.std=-1", "noise.low_gaussian.std"), ("gan.wieght=1", "gan.wieght")],
)
def test_a_bad_param_stops_every_stage_with_one_line(clone: Clone, change: str, key: str) -> None:
    clone.set(change)
    for stage in ("settings", "sample", "split", "noise", "train", "gan", "emotion", "evaluate", "report"):
        arguments = ["low_gaussian"] if stage in {"noise", "train", "gan"} else []
        output = clone.run(sys.executable, "-m", f"stages.{stage}", *arguments, status=1)
        assert output.startswith(f"error: params.yaml: {key}"), stage
        assert len(output.splitlines()) == 1
    clone.restore()


def test_a_malformed_csv_names_the_line_and_costs_no_earlier_out(clone: Clone) -> None:
    lines = (clone.folder / "data/raw/sample.csv").read_text().splitlines()
    lines[6] = lines[6].replace(" ", " x", 1)
    own = clone.folder / "data/raw/own.csv"
    own.write_text("\n".join(lines) + "\n")
    clone.set("data.csv=data/raw/own.csv")
    output = clone.run("dvc", "repro", status=255)
    assert "data/raw/own.csv: line 7" in output
    assert "Traceback" not in output
    own.unlink()
    clone.restore()
    assert clone.repro() == set()


def test_a_missing_csv_is_named(clone: Clone) -> None:
    clone.set("data.csv=data/raw/nowhere.csv")
    output = clone.run(sys.executable, "-m", "stages.settings", status=1)
    assert output.startswith("error: params.yaml: data.csv")
    assert "data/raw/nowhere.csv" in clone.run("dvc", "repro", status=255)
    clone.restore()


def test_an_unknown_task_is_refused(clone: Clone) -> None:
    output = clone.run(sys.executable, "-m", "stages.noise", "rain", status=1)
    assert output == "error: unknown task 'rain'; choose one of low_gaussian, high_gaussian, salt_pepper\n"
