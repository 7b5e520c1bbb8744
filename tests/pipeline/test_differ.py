"""Whether two runs differ: made-up runs of which that is known, and the real commands of DVC."""

import json
import re
import sys
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import parts
import pytest
import seeds
import torch
from clones import Clone
from documents import blocks
from helpers import write_tensors

from facedenoise.files import md5_of
from stages.differ import report, take_sides
from stages.paths import METRICS, SEEDS, eval_file, noisy_file, split_file, weights_file
from stages.published import faces_here
from stages.release import seed_spread
from stages.revisions import Run, read_run, replicates

TASK = "high_gaussian"
FACES = 200
BASE = {"unet": {"psnr": 31.0, "ssim": 0.95}, "gan": {"psnr": 30.0, "ssim": 0.93}}
SCALE = {"psnr": 1.0, "ssim": 0.01}
COLUMNS = [f"{model}_{score}" for model, scores in BASE.items() for score in scores]


@dataclass
class Files:
    """The files of a revision."""

    texts: dict[Path, str]

    def read_text(self, path: str, encoding: str) -> str:
        if Path(path) not in self.texts:
            raise FileNotFoundError(path)
        return self.texts[Path(path)]


def made_up(
    name: str,
    gains: dict[str, float] | None = None,
    *,
    seed: int = 0,
    gan_seed: int = 0,
    lr: float = 0.001,
    faces: str = "aa",
    noise: str = "bb",
    task: str = TASK,
    after: str = "untrained",
    table: bool = True,
) -> Run:
    """Return a run whose networks score so much above `BASE`, by MODEL_SCORE, on average over the faces."""
    headline = {
        model: {
            score: round(mean + (gains or {}).get(f"{model}_{score}", 0), 4) for score, mean in scores.items()
        }
        for model, scores in BASE.items()
    }
    own = np.random.default_rng(seed).normal(0, 0.1, FACES)  # what the run makes of each face
    scores = pd.DataFrame({"row": range(FACES), "label": -1, "clean_label": -1})
    for column in COLUMNS:
        model, score = column.split("_")
        scores[column] = headline[model][score] + (own - own.mean()) * SCALE[score]
    test, noisy = split_file("test").as_posix(), noisy_file(task, "test").as_posix()
    params = {"train": {"seed": seed}, "gan.seed": gan_seed, f"tasks.{task}.train": {"lr": lr}}
    stages = {
        f"train@{task}": {
            "deps": [{"path": weights_file(after, "unet").as_posix(), "md5": f"{seed}"}],
            "params": {"params.yaml": params},
        },
        f"evaluate@{task}": {"deps": [{"path": test, "md5": faces}, {"path": noisy, "md5": noise}]},
    }
    files = Files({eval_file(task, "csv"): scores.to_csv(index=False)} if table else {})
    return Run(name, files, stages, {task: headline})


def printed(one: Run, other: Run, known: list[Run] | None = None, *, brief: bool = False) -> list[str]:
    return list(report(take_sides(one, other, known or []), brief=brief))


def words(lines: list[str], model: str, score: str) -> str:
    """Return what is said of a score."""
    [found] = [line for line in lines if re.match(rf"{TASK} +{model} +{score}", line)]
    return re.split(r"  +", found)[-1]


@pytest.fixture(autouse=True)
def _nothing_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


HEAD = made_up("HEAD")
SEED_GAINS = (0.03, -0.03, 0.0)  # of HEAD's replicates; with its own 0 their variance is 0.0018 / 3
SEEDS_OF_HEAD = [
    made_up(f"seed-{seed}", {column: gain * SCALE[column.split("_")[1]] for column in COLUMNS}, seed=seed)
    for seed, gain in enumerate(SEED_GAINS, start=1)
]
PUBLISHED = (0.06, -0.06, 0.02, -0.02, 0.0)  # of five other seeds; their variance is 0.002
T_OF_3, T_OF_4 = 3.18245, 2.77645  # of Student's distribution with so many degrees of freedom, for 95%


def test_the_page_shows_what_is_printed() -> None:
    other = made_up("lr-1", {"unet_psnr": 0.21, "unet_ssim": 0.0007, "gan_psnr": -0.04}, lr=0.002)
    lines = printed(HEAD, other, SEEDS_OF_HEAD)
    [shown] = blocks("docs/experiments.md", "Is it a difference?", "text")
    assert lines == shown.splitlines()
    moved = T_OF_3 * sqrt(0.0018 / 3 * (1 + 1 / 4))
    assert re.fullmatch(
        rf"different: \+0.21 \(\+0.2. to \+0.2.\), seeds alone move it by up to {moved:.2f}",
        words(lines, "U-Net", "PSNR"),
    )
    assert words(lines, "GAN", "PSNR").startswith("not told apart: -0.04 (")


def test_replicates_have_the_same_recipe_and_another_seed_of_the_unets_each_once() -> None:
    recipes = [
        made_up("rate", lr=0.002, seed=1),
        made_up("faces", faces="cc", seed=1),
        made_up("chain", after="another", seed=1),
    ]
    unets = [made_up("same"), made_up("gan", gan_seed=1), made_up("again", seed=1)]
    found = replicates(made_up("HEAD"), [*recipes, *unets, made_up("two", seed=2, gan_seed=2)])
    assert [run.name for run in found] == ["again", "two"]


def test_both_sides_are_averaged_over_their_replicates() -> None:
    other = made_up("lr-1", {"unet_psnr": 0.5}, lr=0.002)
    of_other = made_up("lr-1-seed", {"unet_psnr": 0.3}, lr=0.002, seed=1)
    lines = printed(HEAD, other, [*SEEDS_OF_HEAD, of_other])
    assert lines[:2] == [
        "A: HEAD, averaged with its replicates seed-1, seed-2, seed-3",
        "B: lr-1, averaged with its replicates lr-1-seed",
    ]
    moved = T_OF_4 * sqrt((0.0018 + 2 * 0.1**2) / 4 * (1 / 4 + 1 / 2))
    assert re.match(r"different: \+0.40 .* up to ", words(lines, "U-Net", "PSNR"))
    assert words(lines, "U-Net", "PSNR").endswith(f"{moved:.2f}")


def test_a_run_and_its_replicate_are_compared_alone() -> None:
    lines = printed(HEAD, SEEDS_OF_HEAD[0], SEEDS_OF_HEAD)
    assert lines[:2] == ["A: HEAD", "B: seed-1"]
    moved = T_OF_3 * sqrt(0.0018 / 3 * 2)
    assert words(lines, "U-Net", "PSNR").endswith(f"seeds alone move it by up to {moved:.2f}")


def test_without_replicates_it_is_said_that_seeds_are_not_known() -> None:
    lines = printed(HEAD, made_up("lr-1", {"unet_psnr": 0.21}, lr=0.002, seed=1))
    assert words(lines, "U-Net", "PSNR").startswith("perhaps different: +0.21 (")
    assert words(lines, "U-Net", "PSNR").endswith(", no replicates: what seeds alone do is not known here")


def publish(**changes: Any) -> None:
    """Write what benchmarks/seeds.py has measured on five seeds."""
    scores = {"psnr": [31 + gain for gain in PUBLISHED], "ssim": [0.95 + gain / 100 for gain in PUBLISHED]}
    entry = {"test_md5": HEAD.faces(TASK), "unet": scores, "gan": scores} | changes
    SEEDS.parent.mkdir(parents=True)
    SEEDS.write_text(json.dumps({"tasks": {TASK: entry}}))


def test_without_replicates_the_published_spread_is_taken_on_the_same_faces() -> None:
    publish()
    other = made_up("lr-1", {"unet_psnr": 0.21}, lr=0.002)
    moved = T_OF_4 * sqrt(0.002 * 2)
    assert words(printed(HEAD, other), "U-Net", "PSNR").endswith(f"up to {moved:.2f}")
    assert not words(printed(HEAD, other, SEEDS_OF_HEAD), "U-Net", "PSNR").endswith(f"up to {moved:.2f}")


@pytest.mark.parametrize("other", [{"clean": "cc", "noisy": "bb"}, {"clean": "aa", "noisy": "cc"}])
def test_the_published_spread_says_nothing_of_other_faces_or_noise(other: dict[str, str]) -> None:
    publish(test_md5=other)
    assert "not known here" in words(printed(HEAD, made_up("lr-1", lr=0.002, seed=1)), "U-Net", "PSNR")


def test_other_test_faces_are_not_compared() -> None:
    assert printed(HEAD, made_up("other", faces="cc"))[2:] == [
        f"{TASK}: other test faces, so not compared; `dvc metrics diff` shows the means",
        "other beside HEAD, 0 scores: nothing to compare",
    ]


def test_other_noise_is_told() -> None:
    lines = printed(HEAD, made_up("other", {"unet_psnr": -2}, noise="cc"))
    assert f"{TASK}: other noise on the test faces, which moves the scores as well" in lines
    assert "-2.00" in words(lines, "U-Net", "PSNR")


def test_a_task_of_one_run_is_named() -> None:
    assert printed(HEAD, made_up("other", task="dim"))[2:] == [
        f"{TASK}: only in HEAD",
        "dim: only in other",
        "other beside HEAD, 0 scores: nothing to compare",
    ]


def test_in_brief_only_what_differs_is_printed() -> None:
    other = made_up("workspace", {"unet_psnr": 0.5})
    [differs, summary] = printed(HEAD, other, SEEDS_OF_HEAD, brief=True)
    assert " U-Net  PSNR, dB " in differs
    assert summary.startswith("workspace beside HEAD, 4 scores: 3 the same, 1 different; up to one in twenty")
    assert printed(HEAD, HEAD, brief=True) == ["HEAD beside HEAD, 4 scores: 4 the same"]


def test_without_the_scores_of_each_face_the_means_are_compared() -> None:
    other = made_up("workspace", {"unet_psnr": 0.5}, table=False)
    lines = printed(HEAD, other, SEEDS_OF_HEAD)
    assert [line.startswith("No interval over the faces") for line in lines] == [
        False,
        False,
        True,
        *[False] * 5,
    ]
    moved = T_OF_3 * sqrt(0.0018 / 3 * 2)
    expected = f"different: +0.50, seeds alone move it by up to {moved:.2f}"
    assert words(lines, "U-Net", "PSNR") == expected


def save(clone: Clone, name: str, gain: float, *params: str) -> None:
    """Save an experiment of other params whose U-Net scores so much higher, without any training."""
    clone.set(*params)
    metrics, file = clone.metrics(), clone.folder / eval_file(TASK, "csv")
    metrics[TASK]["unet"]["psnr"] = round(metrics[TASK]["unet"]["psnr"] + gain, 4)
    (clone.folder / METRICS).write_text(json.dumps(metrics))
    table = pd.read_csv(file)
    table.assign(unet_psnr=table["unet_psnr"] + gain).to_csv(file, index=False)
    clone.run("dvc", "exp", "save", "-n", name)
    clone.restore()


def differ(clone: Clone, *names: str, status: int = 0) -> list[str]:
    return clone.run(sys.executable, "-m", "stages.differ", *names, status=status).splitlines()


def test_dvc_finds_runs_by_revision_and_their_replicates_by_seed(clone: Clone) -> None:
    assert differ(clone) == ["workspace beside HEAD, 24 scores: 24 the same"]
    save(clone, "first", 0.1, "train.seed=1", "gan.seed=1")
    save(clone, "second", -0.1, "train.seed=2", "gan.seed=2")
    save(clone, "rate", 1.0, f"tasks.{TASK}.train.lr=0.001")
    lines = differ(clone, "HEAD", "rate")
    assert lines[:2] == ["A: HEAD, averaged with its replicates first, second", "B: rate"]
    moved = 4.30265 * 0.1 * sqrt(1 + 1 / 3)
    expected = f"different: +1.00 (+1.00 to +1.00), seeds alone move it by up to {moved:.2f}"
    assert words(lines, "U-Net", "PSNR") == expected

    commit = clone.run("git", "rev-parse", "HEAD").strip()
    assert words(differ(clone, "first", commit), "U-Net", "PSNR").startswith(
        "not told apart: -0.10 (-0.10 to"
    )
    cache = (clone.folder / ".dvc/cache").rename(clone.folder / ".dvc/away")
    lines = differ(clone, "HEAD", "rate")
    cache.rename(clone.folder / ".dvc/cache")
    assert words(lines, "U-Net", "PSNR") == expected.replace(" (+1.00 to +1.00)", "")
    assert lines[2].startswith("No interval over the faces")
    clone.run("dvc", "exp", "remove", "first", "second", "rate")


def test_the_faces_here_have_the_hashes_of_dvc(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone.folder)
    assert faces_here(TASK) == read_run("workspace").faces(TASK)


def test_a_run_that_is_not_there_is_named_in_one_line(clone: Clone) -> None:
    wrong = "nothing: neither a git revision nor an experiment; see `dvc exp list -A`"
    assert differ(clone, "nothing", status=1) == [f"error: {wrong}"]
    assert differ(clone, "a", "b", "c", status=1) == ["error: expected at most two runs, got a b c"]
    lock = (clone.folder / "dvc.lock").rename(clone.folder / ".dvc/away")
    assert differ(clone, status=1) == ["error: workspace: has no dvc.lock; run `dvc repro` there"]
    lock.rename(clone.folder / "dvc.lock")


def test_the_scores_of_all_replicates_are_published() -> None:
    found = seeds.over_seeds([HEAD, *SEEDS_OF_HEAD], TASK)
    assert set(found) == {"unet", "gan"}
    assert found["unet"]["psnr"] == [31.0, 31.03, 30.97, 31.0]
    assert found["gan"]["ssim"] == [0.93, 0.9303, 0.9297, 0.93]


def test_a_part_is_judged_by_what_seeds_do() -> None:
    def with_panels(run: Run, two_sample: float) -> Run:
        scores = {"spectrum_error": 0.01, "two_sample": two_sample}
        panel = {model: {"psnr": {"mean": of["psnr"]}, **scores} for model, of in run.headline[TASK].items()}
        run.files.texts[eval_file(TASK, "json")] = json.dumps(panel)
        return run

    default = [with_panels(each, 0.6 + 0.01 * place) for place, each in enumerate([HEAD, *SEEDS_OF_HEAD])]
    without = [
        with_panels(made_up(f"none-{seed}", {"unet_psnr": 0.5 + gain}, lr=0.002, seed=seed), 0.62)
        for seed, gain in enumerate((0.02, -0.02))
    ]
    sides = take_sides(default[1], without[0], [*default, *without])
    found = {(row["model"], row["score"]): row for row in parts.compare(sides)}
    unet, told = found["unet", "psnr"], found["gan", "two_sample"]
    assert (unet["default"], unet["mean"], unet["verdict"]) == (31.0, 0.5, "different")
    assert unet["seeds"] == pytest.approx(
        T_OF_4 * sqrt((0.0018 + 2 * 0.02**2) / 4 * (1 / 4 + 1 / 2)), rel=1e-5
    )
    assert (told["mean"], told["faces"], told["verdict"]) == (0.005, None, "not told apart")
    assert found["gan", "spectrum_error"]["verdict"] == "the same"


def test_a_released_network_says_how_far_a_seed_moves_it(drawn: torch.Tensor) -> None:
    for file in (split_file("test"), noisy_file(TASK, "test")):
        write_tensors(file, {"images": drawn[:2]})
    assert seed_spread(TASK, "unet") == {}
    publish(test_md5={"clean": md5_of(split_file("test")), "noisy": md5_of(noisy_file(TASK, "test"))})
    assert seed_spread(TASK, "unet") == {"seed_sd": {"psnr": 0.0447, "ssim": 0.0004}}
    write_tensors(noisy_file(TASK, "test"), {"images": drawn[2:4]})
    assert seed_spread(TASK, "unet") == {}
