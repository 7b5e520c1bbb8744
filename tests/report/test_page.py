"""The page as a text: it refers to nothing outside itself, and says what the results say."""

import base64
import hashlib
import io
import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise

import pytest
import torch
from finished_run import Read
from helpers import tinted
from PIL import Image

from facedenoise.report.model_card import render_model_card
from facedenoise.report.page import render_page
from facedenoise.report.results import Results

Attributes = dict[str, str | None]
Render = Callable[[Results], str]


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


def content_of(text: str, tag: str) -> str:
    (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL)
    return content


def test_its_policy_lets_its_own_style_and_script_pass_and_nothing_else(read: Read) -> None:
    text = render_page(read())
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


@pytest.mark.parametrize(("name", "places"), [("csv", 2), ("title", 10)])
def test_a_users_string_is_only_text(read: Read, name: str, places: int) -> None:
    string = "<script>alert(1)</script>\"'&."
    page = Page(render_page(read(**{name: string})))
    assert len(page.all("script")) == 1
    assert "".join(page.words).count(string) >= places


@pytest.mark.parametrize("tasks", [1, 3, 8])
def test_who_does_not_see_it_can_read_it(read: Read, tasks: int) -> None:
    results = read(tasks=tasks)
    page = Page(render_page(results))
    assert page.all("html") == [{"lang": "en"}]
    assert all(image["alt"] for image in page.all("img"))
    assert all(drawing.get("aria-label") for drawing in page.all("svg") if drawing.get("role") == "img")
    labels = [handle["aria-label"] or "" for handle in page.all("input") if handle["type"] == "range"]
    assert all(any(title in label for label in labels) for title in results.titles.values())
    assert all(head["scope"] in {"col", "row", "rowgroup"} for head in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table")) > 0
    headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(names)) == len(names)
    assert {f"#{name}" for name in names} >= {link["href"] for link in page.all("a")}


@pytest.mark.parametrize(
    ("tasks", "words"), [(1, "One kind of noise"), (3, "Three kinds of noise"), (11, "11 kinds of noise")]
)
def test_it_counts_the_noises(read: Read, tasks: int, words: str) -> None:
    assert f'<p class="lede">{words} on 5 test faces' in render_page(read(tasks=tasks))


@pytest.mark.parametrize("side", [16, 67, 128, 300])
@pytest.mark.parametrize(("tasks", "channels"), [(1, 1), (3, 1), (8, 1), (3, 3)])
def test_it_stays_below_3_mb_for_any_images_and_tasks(
    read: Read, side: int, tasks: int, channels: int
) -> None:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (20, channels, side, side), dtype=torch.uint8, generator=generator)
    assert len(render_page(read(noise, tasks=tasks)).encode()) < 3_000_000


@pytest.mark.parametrize("in_colour", [False, True])
def test_it_shows_faces_as_they_are_grey_or_in_colour(
    read: Read, drawn: torch.Tensor, in_colour: bool
) -> None:
    text = render_page(read(tinted(drawn[:5]) if in_colour else drawn[:5]))
    pictures = [base64.b64decode((image["src"] or "").split(",")[1]) for image in Page(text).all("img")]
    assert {Image.open(io.BytesIO(picture)).mode for picture in pictures} == {"RGB" if in_colour else "L"}
    assert f"images of one {'colour' if in_colour else 'grey'}" in text
    for words in ("in all three channels together", "are those of the luminance"):
        assert (words in text) is in_colour


def test_each_task_has_a_line_of_its_own(read: Read) -> None:
    lines = [curve["class"] for curve in Page(render_page(read(tasks=8))).all("polyline")][-2 * 8 - 1 : -1]
    assert lines[:8] == lines[8:]
    assert len(set(lines)) == 8
    assert lines[:2] == ["line series-0", "line series-1"]
    assert lines[6:8] == ["line series-0 dashed", "line series-1 dashed"]


@pytest.mark.parametrize("labels", [(), ("face",)], ids=["none", "one"])
def test_without_labels_to_tell_apart_it_does_not_speak_of_their_scores(
    read: Read, labels: tuple[str, ...]
) -> None:
    text = render_page(read(labels=labels))
    for words in ('id="labels"', "Label accuracy", "Balanced accuracy", "Classifier, training"):
        assert words not in text
        assert words in render_page(read())


@pytest.mark.parametrize(("count", "words"), [(3, "three"), (20, "20")])
def test_it_names_the_labels_whatever_they_are(
    read: Read, drawn: torch.Tensor, count: int, words: str
) -> None:
    labels = [f"L{number}_<b>" for number in range(count)]
    text = render_page(read(drawn[:20], labels=labels))
    page = Page(text)
    assert f"A classifier of {words} labels" in text
    assert "77.1% and 69.3%" in text
    shown = {word.split(", ")[1] for word in page.words if re.match(r"row \d+, ", word)}
    assert shown <= set(labels)
    assert [word for word in page.words if word in labels] == labels, "the table of the data names each"


@pytest.mark.parametrize("render", [render_page, render_model_card])
def test_an_untrained_classifier_is_not_presented_as_trained(read: Read, render: Render) -> None:
    words = "There are too few labels to learn from: the classifier is untrained"
    assert words not in render(read())
    text = " ".join(render(read(trained=False)).split())
    assert words in text
    assert not [words for words in ("accuracy is", "Label accuracy", 'id="labels"') if words in text]


@pytest.mark.parametrize("render", [render_page, render_model_card])
def test_it_speaks_of_copies_where_there_are_any(read: Read, render: Render) -> None:
    some = "Without the test faces that have an exact copy among the training faces; 2 are left"
    every = "Every test face has a copy among the training faces."
    results = read()
    assert [words in render(results) for words in (some, every)] == [True, False]
    results.panels["low_gaussian"]["without_copies"] = {"faces": 0}
    assert [words in render(results) for words in (some, every)] == [False, True]
    assert not any(words in render(read(copies=False)) for words in (some, every))


@pytest.mark.parametrize("equal", [True, False])
def test_without_an_equal_blend_it_still_compares(read: Read, equal: bool) -> None:
    text = render_page(read(equal=equal))
    assert text.count("At the same PSNR of") == (3 if equal else 0)
    assert text.count("is not below that of the U-Net") == (0 if equal else 3)
    assert ("the same at the GAN&#39;s PSNR" in text) is equal
