"""The page in a real browser: it loads alone, its sliders move, its numbers are right, nothing overflows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from browser import opened_browser, read_log, requested, show
from finished_run import MIXTURE, write_run
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from facedenoise.report.page import render_page
from facedenoise.report.results import Results
from stages.report import read_results
from stages.settings import load_params

pytestmark = pytest.mark.slow
TASKS = (1, 3, 8)
WIDTHS = (1280, 390)
FORMS = {
    "psnr": "{:.2f}",
    **dict.fromkeys(("ssim", "gmsd", "haarpsi", "spectrum_error"), "{:.4f}"),
    **dict.fromkeys(("two_sample", "frechet"), "{:.3f}"),
    **dict.fromkeys(("label_accuracy", "balanced_accuracy", "label_agreement"), "{:.1%}"),
}
Runs = dict[int, tuple[Results, Path]]


@pytest.fixture(scope="module")
def runs(drawn: torch.Tensor, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Return what runs of one, three and eight tasks found, and their pages."""
    written = {}
    for tasks in TASKS:
        folder = tmp_path_factory.mktemp("run")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            write_run(folder, drawn[:10], tasks=tasks, noise=MIXTURE if tasks > 3 else None)
            results = read_results(load_params())
        (folder / "index.html").write_text(render_page(results), encoding="utf-8")
        written[tasks] = results, folder / "index.html"
    return written


@pytest.fixture(scope="module")
def page(runs: Runs) -> Path:
    return runs[3][1]


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with opened_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def shown_methods(chrome: Chrome, gallery: WebElement) -> set[str]:
    script = """
        const after = [...arguments[0].querySelectorAll(".after")].filter(item => item.checkVisibility());
        return after.map(item => item.dataset.method)
    """
    return set(chrome.execute_script(script, gallery))


def first_slider(chrome: Chrome, page: Path) -> WebElement:
    show(chrome, page, 1280)
    slider = chrome.find_element(By.CSS_SELECTOR, ".gallery .slider")
    chrome.execute_script("arguments[0].scrollIntoView({block: 'center'})", slider)
    return slider


def split(chrome: Chrome, slider: WebElement) -> float:
    """Return where the denoised picture begins and the handle stands, in per cent; they agree."""
    after = slider.find_element(By.CSS_SELECTOR, ".after[data-method=unet]")
    handle = slider.find_element(By.CSS_SELECTOR, ".handle")
    clip = str(chrome.execute_script("return getComputedStyle(arguments[0]).clipPath", after))
    edge = float(clip.removesuffix(")").split()[-1].removesuffix("%"))
    centre = handle.rect["x"] + handle.rect["width"] / 2 - slider.rect["x"]
    assert centre / slider.rect["width"] * 100 == pytest.approx(edge, abs=1)
    return edge


def section_tables(chrome: Chrome, section: str) -> list[list[list[tuple[str, str]]]]:
    """Return the tables of a section; each cell as its number and the quieter line below it."""
    script = """
        const textOf = (cell, part) => cell.querySelector(part)?.innerText ?? "";
        const number = cell => textOf(cell, "strong") || cell.firstChild.textContent;
        document.querySelectorAll("details").forEach(item => item.open = true);
        return [...document.querySelectorAll(`#${arguments[0]} table`)].map(
            table => [...table.querySelectorAll("tbody tr:not(.group)")].map(
                row => [...row.querySelectorAll("td")].map(cell => [number(cell), textOf(cell, "small")])))
    """
    tables = chrome.execute_script(script, section)
    return [[[tuple(cell) for cell in row] for row in rows] for rows in tables]


def written(name: str, score: Any) -> tuple[str, str]:
    """Write a score, or its mean above its interval, as a reader of the page expects it."""
    form = FORMS[name]
    if not isinstance(score, dict):
        return form.format(score), ""
    return form.format(score["mean"]), f"{form.format(score['low'])} to {form.format(score['high'])}"


@pytest.mark.parametrize("width", WIDTHS)
def test_it_loads_light_and_dark_without_a_complaint_or_a_request(
    chrome: Chrome, page: Path, width: int
) -> None:
    colours = set()
    for dark in (False, True):
        chrome.get("about:blank")
        read_log(chrome, "performance")
        read_log(chrome, "browser")
        show(chrome, page, width, dark=dark)
        assert read_log(chrome, "browser") == []
        assert [address for address in requested(chrome) if not address.startswith("data:")] == [
            page.as_uri()
        ]
        colour = "return getComputedStyle(document.documentElement).backgroundColor"
        colours.add(chrome.execute_script(colour))
    assert len(colours) == 2


def test_every_picture_is_shown(chrome: Chrome, page: Path) -> None:
    show(chrome, page, 1280)
    loaded = "return [...document.images].every(image => image.complete && image.naturalWidth === 48)"
    assert chrome.execute_script(loaded)
    assert chrome.execute_script("return document.images.length") > 100
    looks = "return [...new Set([...document.images].map(image => getComputedStyle(image).imageRendering))]"
    assert chrome.execute_script(looks) == ["pixelated"]  # no pixel is smoothed


@pytest.mark.parametrize("tasks", TASKS)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(chrome: Chrome, runs: Runs, width: int, tasks: int) -> None:
    show(chrome, runs[tasks][1], width)
    chrome.execute_script("document.querySelectorAll('details').forEach(item => item.open = true)")
    inner, scrolled = chrome.execute_script("return [innerWidth, document.documentElement.scrollWidth]")
    assert inner == width
    assert scrolled <= inner
    if width == max(WIDTHS):  # at the width of a desk no table needs to be scrolled
        boxes = "[...document.querySelectorAll('.scroll')].map(box => box.scrollWidth - box.clientWidth)"
        assert max(chrome.execute_script(f"return {boxes}")) <= 0


def test_the_handle_follows_the_pointer(chrome: Chrome, page: Path) -> None:
    slider = first_slider(chrome, page)
    assert split(chrome, slider) == 50
    side = slider.rect["width"]
    pointer = ActionChains(chrome, duration=50).move_to_element(slider).click_and_hold()
    pointer.move_by_offset(int(0.3 * side), 0).release().perform()
    assert split(chrome, slider) == pytest.approx(80, abs=1.5)
    others = chrome.find_elements(By.CSS_SELECTOR, ".slider")[4:6]
    assert {other.find_element(By.TAG_NAME, "input").get_property("value") for other in others} == {"50"}


def test_the_handle_follows_the_arrow_keys(chrome: Chrome, page: Path) -> None:
    slider = first_slider(chrome, page)
    handle = slider.find_element(By.TAG_NAME, "input")
    handle.send_keys(Keys.ARROW_RIGHT * 3)
    assert split(chrome, slider) == 53
    handle.send_keys(Keys.HOME)
    assert split(chrome, slider) == 0
    outline = "return getComputedStyle(arguments[0]).outlineStyle"
    assert chrome.execute_script(outline, slider) == "solid"  # who has no pointer sees where he is


def test_the_choice_changes_the_right_side_of_its_own_gallery(chrome: Chrome, page: Path) -> None:
    show(chrome, page, 1280)
    galleries = chrome.find_elements(By.CSS_SELECTOR, ".gallery")
    assert len(galleries) == 3
    for method in ("gan", "classical", "clean", "unet"):
        choice = galleries[1].find_element(By.CSS_SELECTOR, f"input[value={method}]")
        chrome.execute_script("arguments[0].scrollIntoView({block: 'center'})", choice)
        choice.find_element(By.XPATH, "..").click()
        assert shown_methods(chrome, galleries[1]) == {method}
        assert shown_methods(chrome, galleries[0]) == {"unet"}


def test_the_tables_hold_the_numbers_of_the_files(chrome: Chrome, runs: Runs) -> None:
    results, page = runs[3]
    show(chrome, page, 1280)
    headline, labels, panels, planes = [], [], [], []
    for panel in results.panels.values():
        four = [panel[method] for method in ("noisy", panel["best_classical"], "unet", "gan")]
        for name in ("psnr", "ssim", "label_accuracy", "balanced_accuracy"):
            headline.append([(written(name, scores[name])[0], "") for scores in four])
        for name in ("label_accuracy", "balanced_accuracy", "label_agreement"):
            labels.append([written(name, scores[name]) for scores in four])
        methods = [scores for scores in panel.values() if "gmsd" in scores]
        names = [name for name in FORMS if not name.startswith(("label", "balanced"))]
        panels.append([[written(name, scores[name]) for name in names] for scores in methods])
        names = ["psnr", "frechet", "spectrum_error"]
        planes.append([[written(name, point[name]) for name in names] for point in panel["plane"].values()])
    assert section_tables(chrome, "scores") == [headline]
    assert section_tables(chrome, "labels") == [labels]
    assert section_tables(chrome, "panel")[:-1] == panels  # then comes that of the differences
    assert section_tables(chrome, "plane") == planes
    networks = [by_trained.values() for by_trained in results.cross_noise.values()]
    assert section_tables(chrome, "noises") == [
        [[written("psnr", scores["psnr"]) for scores in by_noise.values()] for by_noise in by_trained]
        for by_trained in networks
    ]
    best = [cell.text for cell in chrome.find_elements(By.CSS_SELECTOR, "#scores .best strong")]
    assert best == [row[2][0] for row in headline]  # the U-Net, in all of these made-up numbers
