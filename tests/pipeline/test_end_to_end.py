"""The real dvc.yaml, run on a tiny drawn CSV in a temporary clone."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
from clones import TASKS, Clone

from facedenoise.images.tensors import read_tensors


def test_all_outs_are_there(clone: Clone) -> None:
    metrics = clone.metrics()
    assert list(metrics) == [*TASKS, "clean"]
    page, card = ((clone.folder / f"reports/{name}").read_text() for name in ("index.html", "model_card.md"))
    assert page.startswith("<!doctype html>")
    assert card.startswith("# Model card")
    for task in TASKS:
        assert list(metrics[task]) == ["noisy", "classical", "unet", "gan"]
        assert metrics[task]["classical"].pop("method") in {"median", "nlm", "tv", "wavelet", "biharmonic"}
        headline = {"psnr", "ssim", "label_accuracy", "balanced_accuracy"}
        assert all(set(scores) == headline for scores in metrics[task].values())
        assert json.loads((clone.folder / f"reports/eval/{task}.json").read_text())["unet"]["two_sample"]
        history = pd.read_csv(clone.folder / f"reports/history/{task}/unet.csv")
        assert list(history) == ["epoch", "loss", "val_psnr", "val_ssim", "lr"]
        for model in ("unet", "gan", "discriminator"):
            assert read_tensors(clone.folder / f"models/{task}/{model}.safetensors")
        assert f"models/{task}/gan.safetensors" in page
        assert f"models/{task}/gan.safetensors" in card
    figures = {path.stem for path in (clone.folder / "reports/figures").glob("*.png")}
    assert figures == {"samples", "noise", *TASKS}


def test_git_holds_the_metrics_and_no_picture_or_tensor(clone: Clone) -> None:
    tracked = clone.run("git", "ls-files").split()
    assert {"reports/metrics.json", "reports/data.json", "reports/kinds.json", "dvc.lock"} <= set(tracked)
    released = ("docs/pictures/", "src/facedenoise/pretrained/")  # drawn faces, and networks
    made = [Path(name) for name in tracked if not name.startswith(released)]
    assert not [path for path in made if path.suffix in {".png", ".safetensors", ".csv", ".state"}]


def test_a_second_repro_runs_nothing(clone: Clone) -> None:
    assert clone.repro() == set()
    assert "up to date" in clone.run("dvc", "status")


def test_a_param_reruns_only_what_depends_on_it(clone: Clone) -> None:
    collected = {"kinds", "compare", "report"}
    clone.set("tasks.salt_pepper.gan.lr=0.0007")
    assert clone.repro("--dry") == {"gan@salt_pepper", "picture@salt_pepper", *collected}
    clone.restore()
    clone.set("tasks.salt_pepper.title=Salt")
    assert clone.repro("--dry") == {"picture@salt_pepper", *collected}
    clone.restore()
    clone.set("gan.weight=0.3")
    assert clone.repro("--dry") == {"report", *(f"gan@{task}" for task in TASKS)}
    clone.restore()
    clone.set("classifier.epochs=2")
    assert clone.repro("--dry") == {"classifier", "report"}, "evaluate follows once the classifier is another"
    clone.restore()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ("tasks.low_gaussian.noise.std=-1", "tasks.low_gaussian.noise.std"),
        ("tasks.low_gaussian.after=rain", "tasks.low_gaussian.after"),
        ("gan.wieght=1", "gan.wieght"),
    ],
)
def test_a_bad_param_stops_before_anything_runs_with_one_line(clone: Clone, change: str, key: str) -> None:
    clone.set(change)
    for command in (["stages.settings"], ["stages.train", "low_gaussian"]):
        output = clone.run(sys.executable, "-m", *command, status=1)
        assert output.startswith(f"error: params.yaml: {key}")
        assert len(output.splitlines()) == 1
    clone.restore()


def test_a_malformed_csv_names_the_line_and_costs_no_earlier_out(clone: Clone) -> None:
    lines = (clone.folder / "data/raw/sample.csv").read_text().splitlines()
    lines[6] = lines[6].replace(" ", " x", 1)
    own = clone.folder / "data/raw/own.csv"
    own.write_text("\n".join(lines) + "\n")
    clone.set("data.source=data/raw/own.csv")
    output = clone.run("dvc", "repro", status=255)
    assert "data/raw/own.csv: line 7" in output
    assert "Traceback" not in output
    own.unlink()
    clone.restore()
    assert clone.repro() == set()


def test_own_faces_in_the_place_of_the_drawn_ones_are_warned_of(clone: Clone) -> None:
    sample = clone.folder / "data/raw/sample.csv"
    assert clone.run(sys.executable, "-m", "stages.settings") == ""
    content = sample.read_text()
    sample.unlink()  # it may be a link into the cache
    sample.write_text(content + content.splitlines()[-1] + "\n")
    warning = clone.run(sys.executable, "-m", "stages.settings")
    assert warning.startswith("warning: data/raw/sample.csv is not the file of dvc.lock, and drawn faces")
    clone.restore()
    assert clone.repro() == set()


def test_a_missing_csv_and_an_unknown_task_are_named(clone: Clone) -> None:
    output = clone.run(sys.executable, "-m", "stages.noise", "rain", status=1)
    assert output == "error: unknown task 'rain'; choose one of low_gaussian, high_gaussian, salt_pepper\n"
    clone.set("data.source=data/raw/nowhere.csv")
    output = clone.run(sys.executable, "-m", "stages.settings", status=1)
    assert output.startswith("error: params.yaml: data.source")
    clone.restore()
