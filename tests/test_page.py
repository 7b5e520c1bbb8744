"""The page as a text: it refers to nothing outside itself, and says what the results say."""

import base64
import hashlib
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from finished_run import run_params, write_run
from PIL import Image

from facedenoise.data.tensors import read_tensors
from facedenoise.params import TASKS
from facedenoise.report.style import TASK_TITLES
from stages import report
from stages.paths import noisy_file

Attributes = dict[str, str | None]
Build = Callable[..., str]


class Page(HTMLParser):
    """What stands in the page: its elements, and the text of each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[Attributes]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def build(drawn: torch.Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Give a function that writes a run and builds its page."""
    monkeypatch.chdir(tmp_path)

    def built(csv: str = "data/raw/sample.csv", faces: torch.Tensor = drawn[:5], **options: bool) -> str:
        write_run(tmp_path, faces, **options)
        report.write_page(run_params(csv))
        return Path("reports/index.html").read_text(encoding="utf-8")

    return built


def content_of(text: str, tag: str) -> str:
    (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL)
    return content


def test_the_same_results_give_the_same_page(build: Build) -> None:
    assert build() == build()


def test_it_refers_to_nothing_outside_itself(build: Build) -> None:
    text = build()
    page = Page(text)
    addresses = [
        address
        for _, attributes in page.elements
        for name in ("src", "href", "srcset", "action", "data", "poster")
        if (address := attributes.get(name)) is not None
    ]
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert not re.search(r"url\(|@import", content_of(text, "style"))


def test_its_policy_lets_its_own_style_and_script_pass_and_nothing_else(build: Build) -> None:
    text = build()
    (policy,) = [meta["content"] for meta in Page(text).all("meta") if "http-equiv" in meta]
    hashes = {
        tag: base64.b64encode(hashlib.sha256(content_of(text, tag).encode()).digest()).decode()
        for tag in ("style", "script")
    }
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes['style']}'; "
        f"script-src 'sha256-{hashes['script']}'; base-uri 'none'; form-action 'none'"
    )
    assert not any("style" in attributes for _, attributes in Page(text).elements)


def test_a_users_string_is_only_text(build: Build) -> None:
    csv = "data/<script>alert(1)</script>\"'&.csv"
    text = build(csv)
    page = Page(text)
    assert len(page.all("script")) == 1
    assert "".join(page.words).count(csv) == 2  # where the data are described, and among the params


def test_who_does_not_see_it_can_read_it(build: Build) -> None:
    text = build()
    page = Page(text)
    assert page.all("html") == [{"lang": "en"}]
    assert all(image["alt"] for image in page.all("img"))
    assert all(drawing.get("aria-label") for drawing in page.all("svg") if drawing.get("role") == "img")
    labels = [handle["aria-label"] or "" for handle in page.all("input") if handle["type"] == "range"]
    assert all(any(title in label for title in TASK_TITLES.values()) for label in labels)
    assert all(head["scope"] in {"col", "row", "rowgroup"} for head in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table")) > 0
    headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
    names = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {f"#{name}" for name in names} >= {link["href"] for link in page.all("a")}


def test_its_pictures_are_the_faces(build: Build, drawn: torch.Tensor) -> None:
    pictures = {}
    for image in Page(build()).all("img"):
        png = base64.b64decode((image["src"] or "").removeprefix("data:image/png;base64,"))
        pictures[image["alt"]] = np.asarray(Image.open(io.BytesIO(png)))
    for place in range(5):
        np.testing.assert_array_equal(pictures[f"Face of row {32298 + place}, clean"], drawn[place, 0])
    noisy = [alt for alt in pictures if alt and "High Gaussian noise" in alt]
    assert len(noisy) == 5
    expected = read_tensors(noisy_file("high_gaussian", "test"))["images"][:, 0]
    for alt in noisy:
        row = int((alt or "").split()[3].removesuffix(","))
        np.testing.assert_array_equal(pictures[alt], expected[row - 32298])


@pytest.mark.parametrize("side", [16, 67, 128, 300])
def test_it_stays_below_3_mb_whatever_the_size_of_the_images(build: Build, side: int) -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (20, 1, side, side), dtype=torch.uint8, generator=generator)
    assert len(build(faces=noise).encode()) < 3_000_000


def test_without_labels_it_does_not_speak_of_emotion_scores(build: Build) -> None:
    text = build(labels=False)
    assert 'id="emotion"' not in text
    assert "Emotion accuracy" not in text
    assert "Emotion classifier, training" not in text
    assert 'id="emotion"' in build()


@pytest.mark.parametrize("name", ["index.html", "model_card.md"])
def test_an_untrained_classifier_is_not_presented_as_trained(build: Build, name: str) -> None:
    words = "Too few faces to learn from have a label: the classifier is untrained"
    build()
    assert words not in Path("reports", name).read_text(encoding="utf-8")
    build(trained=False)
    text = " ".join(Path("reports", name).read_text(encoding="utf-8").split())
    assert words in text
    assert "accuracy is" not in text
    assert 'id="emotion"' not in text


def test_without_copies_it_does_not_speak_of_them(build: Build) -> None:
    words = "Without the test faces that have an exact copy among the training faces"
    assert words not in build(copies=False)
    assert words in build()


def test_without_an_equal_blend_it_still_compares(build: Build) -> None:
    against_the_blend, legend = "At the same PSNR of", "the same at the GAN&#39;s PSNR"
    text = build()
    assert text.count(against_the_blend) == len(TASKS)
    assert legend in text
    text = build(equal=False)
    assert text.count("is not below that of the U-Net") == len(TASKS)
    assert against_the_blend not in text
    assert legend not in text
