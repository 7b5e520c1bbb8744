"""The model card: its figures are those of the run, and it claims no data that it was not told of."""

import pytest
import torch
from finished_run import Read
from helpers import tinted

from facedenoise.images.fer2013 import EMOTIONS
from facedenoise.report.model_card import render_model_card
from facedenoise.report.score import mean
from facedenoise.report.templating import code_span, escape_markdown


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        (1, "Two networks: for one kind of noise an Attention U-Net"),
        (3, "Six networks: for each of three kinds of noise an Attention U-Net"),
        (8, "16 networks: for each of eight kinds of noise an Attention U-Net"),
    ],
)
def test_its_figures_are_those_of_all_tasks(read: Read, tasks: int, words: str) -> None:
    results = read(tasks=tasks)
    text = render_model_card(results)
    assert words in text
    for place, task in enumerate(results.titles):
        assert text.count(f"`models/{task}/gan.safetensors` | {1000 + place:,} |") == 1
        panel = results.panels[task]
        noisy, classical, unet, gan = (
            f"{mean(panel[method]['psnr']):.2f}"
            for method in ("noisy", panel["best_classical"], "unet", "gan")
        )
        assert f"| PSNR, dB | {noisy} | {classical} | **{unet}** | {gan} |" in text
    assert "on the clean test faces they are\n77.1% and 69.3%." in text


@pytest.mark.parametrize("has", [True, False])
def test_each_table_has_rows_of_one_length(read: Read, has: bool) -> None:
    text = render_model_card(read(labels=EMOTIONS if has else (), copies=has, equal=has, title="Own | noise"))
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) >= 6
    for lines in tables:
        assert all(line.startswith("|") and line.endswith("|") for line in lines)
        assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
        assert set(lines[1]) <= set("|-:")


def test_it_says_what_it_is_for_and_where_it_ends(read: Read) -> None:
    text = render_model_card(read())
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings[1:] == ["## Data", "## Intended use", "## Noise", "## Figures", "## Limits"]
    for limit in ("Size", "Colour", "Other noise", "Labels", "People"):
        assert f"- **{limit}.**" in text


def test_it_says_that_faces_are_grey_or_in_colour(read: Read, drawn: torch.Tensor) -> None:
    grey, colour = (render_model_card(read(faces)) for faces in (drawn[:5], tinted(drawn[:5])))
    assert grey.startswith("# Model card: denoisers of grey faces\n")
    assert colour.startswith("# Model card: denoisers of faces in colour\n")
    for of_grey, of_colour in (
        ("Each takes a grey image", "Each takes a colour image"),
        ("grey images of 48 by 48", "colour images of 48 by 48"),
        ("small grey faces", "small faces in colour"),
        ("One grey channel. Colour images are", "Red, green and blue, seen at once. Grey images are"),
    ):
        assert [of_grey in grey, of_colour in grey] == [True, False]
        assert [of_grey in colour, of_colour in colour] == [False, True]


def test_it_names_the_csv_that_was_read(read: Read) -> None:
    assert "Read from `` data/`own`.csv ``:" in render_model_card(read(csv="data/`own`.csv"))


def test_without_labels_it_gives_no_accuracy(read: Read) -> None:
    assert "accuracy" not in render_model_card(read(labels=())).lower()


@pytest.mark.parametrize(
    ("text", "span"), [("a", "`a`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```"), ("a\nb", "`a b`")]
)
def test_any_text_is_one_code_span(text: str, span: str) -> None:
    assert code_span(text) == span


@pytest.mark.parametrize(("text", "plain"), [("Low\nnoise ", "Low noise"), ("<b>|*_`", r"\<b\>\|\*\_\`")])
def test_any_text_is_plain_words(text: str, plain: str) -> None:
    assert escape_markdown(text) == plain
