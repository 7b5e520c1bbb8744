"""The pages on adding a noise and a network, followed block by block."""

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

from facedenoise.images.tensors import read_tensors
from facedenoise.models.weights import read_weights
from facedenoise.pictures import Picture, write_picture

pytestmark = pytest.mark.slow

NOISE, NETWORK = "docs/add-a-noise.md", "docs/add-a-network.md"
FACEDENOISE = (sys.executable, "-c", "import sys; from facedenoise.cli.main import main; sys.exit(main())")


@pytest.fixture
def changed(clone: Clone) -> Iterator[Clone]:
    """Yield the clone of all tests, to be changed, and put it right again."""
    yield clone
    clone.restore()
    clone.run("git", "clean", "-fdq", "src")
    clone.repro()


def save_file(clone: Clone, page: str, heading: str) -> None:
    """Save a block of Python under the name that the page gives it."""
    [block] = blocks(page, heading, "python")
    [name] = re.findall(r"Save this as `(.+?)`", (ROOT / page).read_text())
    (clone.folder / name).write_text(block)


def params_of(page: str, heading: str) -> dict[str, dict[str, object]]:
    [block] = blocks(page, heading, "yaml")
    content: dict[str, dict[str, object]] = yaml.safe_load(block)
    return content


def test_a_kind_of_noise_is_added_as_the_page_says(changed: Clone) -> None:
    save_file(changed, NOISE, "The kind")
    params, added = changed.params(), params_of(NOISE, "Its task")["tasks"]
    changed.write_params({**params, "tasks": {**params["tasks"], **added}})
    assert blocks(NOISE, "Its task", "bash") == ["dvc repro\n"]
    of_task = {f"{stage}@rough" for stage in ("noise", "train", "gan", "evaluate", "picture")}
    assert changed.repro() == {"kinds", *of_task, "compare", "report"}
    clean, noisy = (
        read_tensors(changed.folder / file)["images"].numpy().astype(float)
        for file in ("data/splits/train.safetensors", "data/noisy/rough/train.safetensors")
    )
    inside = (clean > 26) & (clean < 229)  # where no end of the range cuts the noise off
    assert np.square(noisy - clean)[inside].mean() == pytest.approx(25.5**2 / 3, rel=0.02)
    card = (changed.folder / "reports/model_card.md").read_text()
    assert "Uniform, at most 0.1, standard deviation 0.057735" in card


def test_a_network_is_added_as_the_page_says(tmp_path: Path) -> None:
    clone = make_clone(tmp_path / "clone")
    save_file(clone, NETWORK, "The network")
    for number, diff in enumerate(re.findall(r"```diff\n(.*?)```", (ROOT / NETWORK).read_text(), re.DOTALL)):
        patch = tmp_path / f"{number}.diff"
        patch.write_text(diff)
        clone.run("git", "apply", str(patch))
    clone.write_params(clone.params() | params_of(NETWORK, "Its params"))
    clone.set("model.width=4", "model.depth=3")
    [block] = blocks(NETWORK, "What DVC tracks", "bash")
    test, repro = commands(block)
    clone.run(*shlex.split(test))
    assert repro == "dvc repro"
    clone.repro("train@low_gaussian")
    _, description = read_weights(clone.folder / "models/low_gaussian/unet.safetensors")
    settings = {"width": 4, "depth": 3, "channels": 1, "keep_unsaturated": False, "level": False}
    assert description["dncnn"] == settings
    assert_it_denoises(clone)


def assert_it_denoises(clone: Clone) -> None:
    """Denoise a picture of several tiles with the new network, and with one that the package brings."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 600), np.uint8)
    write_picture(clone.folder / "noisy.png", Picture(pixels))
    clone.environment["PYTHONPATH"] = "src"
    for weights, cleaned in (("models", "new.png"), ("src/facedenoise/pretrained", "old.png")):
        chosen = ("--noise", "low_gaussian", "--weights", weights)
        clone.run(*FACEDENOISE, "denoise", "noisy.png", cleaned, *chosen)
        assert (clone.folder / cleaned).read_bytes() != (clone.folder / "noisy.png").read_bytes()
