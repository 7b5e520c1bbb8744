"""The pages on adding a noise and a network, followed block by block on a scratch copy."""

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from clones import Clone, make_clone
from documents import ROOT, blocks, commands

from facedenoise.data.tensors import read_tensors
from facedenoise.models.weights import read_weights
from facedenoise.pictures import Picture, write_picture

NOISE, NETWORK = "docs/add-a-noise.md", "docs/add-a-network.md"
FACEDENOISE = (sys.executable, "-c", "import sys; from facedenoise.cli.main import main; sys.exit(main())")


@pytest.fixture
def changed(clone: Clone) -> Iterator[Clone]:
    """Give the clone of all tests, to be changed, and put it right again."""
    yield clone
    clone.restore()


def apply_diffs(page: str, clone: Clone, scratch: Path) -> None:
    diffs = re.findall(r"```diff\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    for number, diff in enumerate(diffs):
        patch = scratch / f"{number}.diff"
        patch.write_text(diff)
        clone.run("git", "apply", str(patch))


def add_params(clone: Clone, block: str) -> None:
    file = clone.folder / "params.yaml"
    params = yaml.safe_load(file.read_text())
    for section, added in yaml.safe_load(block).items():
        params[section] = {**params.get(section, {}), **added}
    file.write_text(yaml.safe_dump(params))


def test_a_kind_of_noise_is_added_as_the_page_says(changed: Clone, tmp_path: Path) -> None:
    apply_diffs(NOISE, changed, tmp_path)
    [tests] = blocks(NOISE, "Its tests", "bash")
    keep, repro = blocks(NOISE, "Into the pipeline", "bash")
    [params] = blocks(NOISE, "Into the pipeline", "yaml")
    changed.run(*shlex.split(tests))
    changed.run(*shlex.split(keep))
    assert changed.repro("--dry") == set(), "no out depends on a kind that no task has"
    add_params(changed, params)
    assert shlex.split(repro) == ["dvc", "repro"]
    of_chain = {f"{stage}@{task}" for stage in ("train", "gan") for task in ("high_gaussian", "salt_pepper")}
    assert changed.repro() == {"noise@high_gaussian", *of_chain, "evaluate", "report"}
    assert variance_over_brightness(changed.folder, "high_gaussian") == pytest.approx(255 / 100, rel=0.05)
    assert "Poisson, 100 photons in a white pixel" in (changed.folder / "reports/model_card.md").read_text()


def variance_over_brightness(folder: Path, task: str) -> float:
    """Divide the noise's variance by the intensity, where neither end of the range cuts it off."""
    clean, noisy = (
        read_tensors(folder / file)["images"].numpy().astype(float)
        for file in ("data/splits/train.safetensors", f"data/noisy/{task}/train.safetensors")
    )
    middle = (clean > 64) & (clean < 160)
    return float(np.square(noisy - clean)[middle].mean() / clean[middle].mean())


def test_a_network_is_added_as_the_page_says(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "clone")
    apply_diffs(NETWORK, clone, tmp_path)
    [params] = blocks(NETWORK, "Its params", "yaml")
    add_params(clone, params)
    clone.set("dncnn.width=4", "dncnn.depth=3")
    [block] = blocks(NETWORK, "What DVC tracks", "bash")
    *edits_and_tests, repro = commands(block)
    for command in edits_and_tests:
        clone.run(*shlex.split(command))
    assert repro == "dvc repro"
    clone.repro("train@low_gaussian")
    _, description = read_weights(clone.folder / "models/low_gaussian/unet.safetensors")
    assert description["dncnn"] == {"width": 4, "depth": 3, "keep_unsaturated": False}
    assert_it_denoises(clone)


def assert_it_denoises(clone: Clone) -> None:
    """Denoise a picture of several tiles with the new network, and with one that the package brings."""
    write_picture(
        clone.folder / "noisy.png", Picture(np.random.default_rng(0).integers(0, 256, (40, 600), np.uint8))
    )
    clone.environment["PYTHONPATH"] = "src"
    for weights, cleaned in (("models", "new.png"), ("src/facedenoise/pretrained", "old.png")):
        chosen = ("--noise", "low_gaussian", "--weights", weights)
        clone.run(*FACEDENOISE, "denoise", "noisy.png", cleaned, *chosen)
        assert (clone.folder / cleaned).read_bytes() != (clone.folder / "noisy.png").read_bytes()
