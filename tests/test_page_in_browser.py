"""The page in a real browser: it loads alone, its sliders move, its numbers are right, nothing overflows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from browser import opened_browser, read_log, show
from finished_run import run_params, write_run
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from facedenoise.params import TASKS
from stages import report

WIDTHS = (1280, 390)
COLUMNS = ("noisy", "classical", "unet", "gan")
FORMS = {
    "psnr": "{:.2f}",
    "ssim": "{:.4f}",
    "gmsd": "{:.4f}",
    "haarpsi": "{:.4f}",
    "spectrum_error": "{:.4f}",
    "two_sample": "{:.3f}",
    "frechet": "{:.3f}",
    "emotion_accuracy": "{:.1%}",
    "emotion_agreement": "{:.1%}",
}


@pytest.fixture(scope="module")
def run_folder(drawn: torch.Tensor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    write_run(folder, drawn[:10])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(report, "load_params", run_params)
        report.main()
    return folder


@pytest.fixture(scope="module")
def page(run_folder: Path) -> Path:
    return run_folder / "reports" / "index.html"


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with opened_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def requested(chrome: Chrome) -> list[str]:
    """Give the addresses that the page asked for since this was last read."""
    events = [json.loads(entry["message"])["message"] for entry in read_log(chrome, "performance")]
    sent = [event for event in events if event["method"] == "Network.requestWillBeSent"]
    return [event["params"]["request"]["url"] for event in sent]


def visible(elements: list[WebElement]) -> list[WebElement]:
    return [element for element in elements if element.is_displayed()]


def first_slider(chrome: Chrome) -> WebElement:
    slider = chrome.find_element(By.CSS_SELECTOR, ".gallery .slider")
    chrome.execute_script("arguments[0].scrollIntoView({block: 'center'})", slider)
    return slider


def split(chrome: Chrome, slider: WebElement) -> float:
    """Give where the denoised picture begins and the handle stands, in per cent; they agree."""
    after = slider.find_element(By.CSS_SELECTOR, ".after[data-method=unet]")
    handle = slider.find_element(By.CSS_SELECTOR, ".handle")
    clip = str(chrome.execute_script("return getComputedStyle(arguments[0]).clipPath", after))
    edge = float(clip.removesuffix(")").split()[-1].removesuffix("%"))
    centre = handle.rect["x"] + handle.rect["width"] / 2 - slider.rect["x"]
    assert centre / slider.rect["width"] * 100 == pytest.approx(edge, abs=1)
    return edge


def read(run_folder: Path, name: str) -> Any:
    return json.loads((run_folder / "reports" / f"{name}.json").read_text())


def shown_rows(chrome: Chrome, table: WebElement) -> list[list[tuple[str, str]]]:
    """Give the cells of a table, each as its number and the quieter line below it."""
    script = """
        const textOf = (cell, part) => cell.querySelector(part)?.innerText ?? "";
        const number = cell => textOf(cell, "strong") || cell.firstChild.textContent;
        return [...arguments[0].querySelectorAll("tbody tr:not(.group)")].map(
            row => [...row.querySelectorAll("td")].map(cell => [number(cell), textOf(cell, "small")]))
    """
    return [[tuple(cell) for cell in row] for row in chrome.execute_script(script, table)]


def written(name: str, score: Any) -> tuple[str, str]:
    """Write a score, or its mean above its interval, as a reader of the page expects it."""
    form = FORMS[name]
    if not isinstance(score, dict):
        return form.format(score), ""
    return form.format(score["mean"]), f"{form.format(score['low'])} to {form.format(score['high'])}"


def tables(chrome: Chrome, section: str) -> list[WebElement]:
    return chrome.find_elements(By.CSS_SELECTOR, f"#{section} table")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_loads_without_a_complaint_or_a_request(
    chrome: Chrome, page: Path, width: int, dark: bool
) -> None:
    chrome.get("about:blank")
    read_log(chrome, "performance")
    read_log(chrome, "browser")
    show(chrome, page, width, dark=dark)
    assert read_log(chrome, "browser") == []
    addresses = requested(chrome)
    assert page.as_uri() in addresses
    assert [address for address in addresses if not address.startswith("data:")] == [page.as_uri()]


def test_every_picture_is_shown(chrome: Chrome, page: Path) -> None:
    show(chrome, page, 1280)
    loaded = "return [...document.images].every(image => image.complete && image.naturalWidth === 48)"
    assert chrome.execute_script(loaded)
    assert chrome.execute_script("return document.images.length") > 100
    looks = "return [...new Set([...document.images].map(image => getComputedStyle(image).imageRendering))]"
    assert chrome.execute_script(looks) == ["pixelated"]  # no pixel is smoothed


def test_at_the_width_of_a_desk_no_table_needs_to_be_scrolled(chrome: Chrome, page: Path) -> None:
    show(chrome, page, 1280)
    chrome.execute_script("document.querySelectorAll('details').forEach(item => item.open = true)")
    boxes = "return [...document.querySelectorAll('.scroll')].map(box => [box.scrollWidth, box.clientWidth])"
    assert all(content <= width for content, width in chrome.execute_script(boxes))


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(chrome: Chrome, page: Path, width: int) -> None:
    show(chrome, page, width)
    chrome.execute_script("document.querySelectorAll('details').forEach(item => item.open = true)")
    inner, scrolled = chrome.execute_script("return [innerWidth, document.documentElement.scrollWidth]")
    assert inner == width
    assert scrolled <= inner


def test_the_handle_follows_the_pointer(chrome: Chrome, page: Path) -> None:
    show(chrome, page, 1280)
    slider = first_slider(chrome)
    assert split(chrome, slider) == 50
    side = slider.rect["width"]
    pointer = ActionChains(chrome, duration=50).move_to_element(slider).click_and_hold()
    pointer.move_by_offset(int(0.3 * side), 0).release().perform()
    assert split(chrome, slider) == pytest.approx(80, abs=1.5)
    others = chrome.find_elements(By.CSS_SELECTOR, ".slider")[4:6]
    assert [other.find_element(By.TAG_NAME, "input").get_property("value") for other in others] == [
        "50",
        "50",
    ]


def test_the_handle_follows_the_arrow_keys(chrome: Chrome, page: Path) -> None:
    show(chrome, page, 1280)
    slider = first_slider(chrome)
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
    assert len(galleries) == len(TASKS)
    for method in ("gan", "classical", "clean", "unet"):
        choice = galleries[1].find_element(By.CSS_SELECTOR, f"input[value={method}]")
        chrome.execute_script("arguments[0].scrollIntoView({block: 'center'})", choice)
        choice.find_element(By.XPATH, "..").click()
        shown = {
            item.get_attribute("data-method")
            for item in visible(galleries[1].find_elements(By.CSS_SELECTOR, ".after"))
        }
        assert shown == {method}
        untouched = {
            item.get_attribute("data-method")
            for item in visible(galleries[0].find_elements(By.CSS_SELECTOR, ".after"))
        }
        assert untouched == {"unet"}


def test_the_headline_holds_the_numbers_of_the_metrics(chrome: Chrome, page: Path, run_folder: Path) -> None:
    show(chrome, page, 1280)
    metrics = read(run_folder, "metrics")
    expected = [
        [written(name, metrics[task][column][name]) for column in COLUMNS]
        for task in TASKS
        for name in ("psnr", "ssim", "emotion_accuracy")
    ]
    (table,) = tables(chrome, "scores")
    assert shown_rows(chrome, table) == expected
    best = [
        [cell.text for cell in row.find_elements(By.CSS_SELECTOR, ".best strong")]
        for row in table.find_elements(By.CSS_SELECTOR, "tbody tr:not(.group)")
    ]
    assert best == [[row[2][0]] for row in expected]  # the U-Net, in all of these made-up numbers


def test_the_emotion_table_holds_the_numbers_of_the_panels(
    chrome: Chrome, page: Path, run_folder: Path
) -> None:
    show(chrome, page, 1280)
    metrics, expected = read(run_folder, "metrics"), []
    for task in TASKS:
        panel = read(run_folder, f"eval/{task}")
        behind = {column: column for column in COLUMNS} | {"classical": metrics[task]["classical"]["method"]}
        expected += [
            [written(name, panel[method][name]) for method in behind.values()]
            for name in ("emotion_accuracy", "emotion_agreement")
        ]
    (table,) = tables(chrome, "emotion")
    assert shown_rows(chrome, table) == expected


def test_the_tables_of_all_methods_hold_the_numbers_of_the_panels(
    chrome: Chrome, page: Path, run_folder: Path
) -> None:
    show(chrome, page, 1280)
    names = [name for name in FORMS if not name.startswith("emotion")]
    for task, table in zip(
        TASKS, tables(chrome, "panel"), strict=False
    ):  # then comes that of the differences
        panel = read(run_folder, f"eval/{task}")
        methods = [method for method in panel if method not in {"differences", "without_copies"}]
        expected = [[written(name, panel[method][name]) for name in names] for method in methods]
        assert shown_rows(chrome, table) == expected


def test_the_tables_of_other_noises_hold_the_numbers_of_every_network(
    chrome: Chrome, page: Path, run_folder: Path
) -> None:
    show(chrome, page, 1280)
    cross = read(run_folder, "cross_noise")
    for model, table in zip(("unet", "gan"), tables(chrome, "noises"), strict=True):
        networks = [cross[model][trained] for trained in TASKS]
        expected = [[written("psnr", network[noise]["psnr"]) for noise in TASKS] for network in networks]
        assert shown_rows(chrome, table) == expected


def test_the_tables_of_the_plane_hold_its_points(chrome: Chrome, page: Path, run_folder: Path) -> None:
    show(chrome, page, 1280)
    chrome.execute_script("document.querySelectorAll('details').forEach(item => item.open = true)")
    planes, names = read(run_folder, "perception_distortion"), ("psnr", "frechet", "spectrum_error")
    for task, table in zip(TASKS, tables(chrome, "plane"), strict=True):
        expected = [[written(name, point[name]) for name in names] for point in planes[task].values()]
        assert shown_rows(chrome, table) == expected


def test_light_and_dark_are_told_apart(chrome: Chrome, page: Path) -> None:
    colour = "return getComputedStyle(document.documentElement).backgroundColor"
    seen = set()
    for dark in (False, True):
        show(chrome, page, 1280, dark=dark)
        seen.add(chrome.execute_script(colour))
    assert len(seen) == 2
