"""The model card: its figures are those of the run, and it claims no data that it was not told of."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from finished_run import run_params, write_run

from facedenoise.params import TASKS
from facedenoise.report.templating import code_span
from stages import report

Card = Callable[..., str]


@pytest.fixture
def card(drawn: torch.Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Card:
    """Give a function that writes a run and its model card."""
    monkeypatch.chdir(tmp_path)

    def written(csv: str = "data/raw/sample.csv", **options: bool) -> str:
        write_run(tmp_path, drawn[:5], **options)
        report.write_page(run_params(csv))
        return Path("reports/model_card.md").read_text(encoding="utf-8")

    return written


def test_its_figures_are_those_of_the_metrics(card: Card) -> None:
    text = card()
    metrics = json.loads(Path("reports/metrics.json").read_text())
    for task in TASKS:
        psnr = [f"{metrics[task][column]['psnr']:.2f}" for column in ("noisy", "classical", "unet", "gan")]
        assert f"| PSNR, dB | {psnr[0]} | {psnr[1]} | **{psnr[2]}** | {psnr[3]} |" in text
    assert "on the clean test faces it is 77.1%" in text


def test_each_table_has_rows_of_one_length(card: Card) -> None:
    for text in (card(), card(labels=False, copies=False, equal=False)):
        tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
        assert len(tables) >= 7
        for lines in tables:
            assert all(line.startswith("|") and line.endswith("|") for line in lines)
            assert len({line.count("|") for line in lines}) == 1
            assert set(lines[1]) <= set("|-:")


def test_it_says_what_it_is_for_and_where_it_ends(card: Card) -> None:
    text = card()
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings[1:] == ["## Data", "## Intended use", "## Noise", "## Figures", "## Limits"]
    for limit in ("Size", "Colour", "Other noise", "Emotion", "People"):
        assert f"- **{limit}.**" in text


def test_it_names_the_csv_that_was_read(card: Card) -> None:
    assert "Read from `data/own.csv`:" in card(csv="data/own.csv")
    assert "Read from `` data/`own`.csv ``:" in card(csv="data/`own`.csv")


def test_it_counts_the_weights(card: Card) -> None:
    text = card()
    count = report.network_sizes()["models/low_gaussian/unet.safetensors"]
    assert text.count(f"unet.safetensors` | {count:,} |") == len(TASKS)


def test_where_all_test_faces_are_copies_it_says_so(card: Card) -> None:
    words = "Every test face has a copy among the training faces."
    assert words not in card()
    for path in Path("reports/eval").glob("*.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"without_copies": {"faces": 0}}))
    report.write_page(run_params())
    for name in ("index.html", "model_card.md"):
        assert words in Path("reports", name).read_text(encoding="utf-8")


def test_without_labels_it_gives_no_accuracy(card: Card) -> None:
    assert "accuracy" not in card(labels=False).lower()


@pytest.mark.parametrize(
    ("text", "span"), [("a", "`a`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```"), ("a\nb", "`a b`")]
)
def test_any_text_is_one_code_span(text: str, span: str) -> None:
    assert code_span(text) == span
