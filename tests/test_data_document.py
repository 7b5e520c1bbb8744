"""The examples of docs/data.md do what it says, on files that this test makes."""

import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from documents import ROOT, blocks
from face_sources import CODES, FACES, USAGE, csv_text, save_shards, save_tree, tree, words

from facedenoise.images.tensors import read_tensors
from stages import noise
from stages.paths import SPLIT_NAMES, noisy_file, split_file
from stages.split import main

DOCUMENT = "docs/data.md"
DEFAULT_TASKS = yaml.safe_load((ROOT / "params.yaml").read_text())["tasks"].keys()
VOTES = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"


def save_csv(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(csv_text())


def save_votes(folder: Path) -> None:
    save_csv(folder / "icml_face_data.csv")
    rows = [f"{usage},,{','.join(['10', *'000000000'])}\n" for usage in USAGE]
    (folder / "fer2013new.csv").write_text(VOTES + "".join(rows))


def save_pairs(folder: Path) -> None:
    save_tree(folder, {f"clean/{name}": face for name, face in tree().items()})
    save_tree(folder, {f"noisy/{name}": 255 - face for name, face in tree().items()})


def save_challenge(folder: Path) -> None:
    folder.mkdir(parents=True)
    rows = [f"{code},{words(face)}\n" for code, face in zip(CODES, FACES, strict=True)]
    (folder / "train.csv").write_text("emotion,pixels\n" + "".join(rows[:14]))
    (folder / "test.csv").write_text("pixels\n" + "".join(row.split(",")[1] for row in rows[14:]))


EXAMPLES: dict[str, Callable[[Path], object]] = {
    "FER2013's CSV": save_csv,
    "Votes of FER+": save_votes,
    "The challenge's two CSVs": save_challenge,
    "Parquet": save_shards,
    "Folders of pictures": lambda path: save_tree(path, tree()),
    "Pictures without splits": lambda path: save_tree(
        path, {f"{n}.png": face for n, face in enumerate(FACES)}
    ),
    "Own pairs": save_pairs,
}


def test_every_form_has_an_example() -> None:
    text = (ROOT / DOCUMENT).read_text()
    sections = [section.split("\n", 1) for section in text.split("\n## ")]
    assert {heading for heading, body in sections if "```bash" in body} == EXAMPLES.keys()


@pytest.mark.parametrize("heading", EXAMPLES)
def test_the_example_splits_the_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heading: str) -> None:
    [block] = blocks(DOCUMENT, heading, "bash")
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    settings = [word.removeprefix("+").partition("=") for word in shlex.split(block) if "=" in word]
    for key, _, value in settings:
        section, name = key.split(".")
        content[section][name] = yaml.safe_load(value)
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(yaml.safe_dump(content))
    EXAMPLES[heading](Path(content["data"]["source"]))
    main()
    rows = [read_tensors(split_file(name))["row"].numpy() for name in SPLIT_NAMES]
    assert all(map(len, rows))
    assert sorted(np.concatenate(rows)) == list(range(len(np.concatenate(rows))))
    for task in content["tasks"].keys() - DEFAULT_TASKS:
        monkeypatch.setattr("sys.argv", ["noise", task])
        noise.main()
        noisy = read_tensors(noisy_file(task, "test"))["images"]
        np.testing.assert_array_equal(noisy, 255 - read_tensors(split_file("test"))["images"].numpy())
