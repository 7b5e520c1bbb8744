"""The page in a real browser: it loads alone, takes pictures, cleans them, and gives them back."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import opened_browser, read_log, requested
from numpy.typing import NDArray
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from facedenoise.cli.main import main
from facedenoise.demo.cleaning import compare, faces
from facedenoise.noise import Noise
from facedenoise.noise.gaussian import Gaussian
from facedenoise.noise.poisson import Poisson
from facedenoise.pictures import Picture, read_picture, write_picture

pytestmark = pytest.mark.slow
WIDTHS = (1280, 390)
PATIENCE = 60  # s

# The command as a user starts it; every address that it asks the network for is written down.
COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background may ignore it
heard = open(sys.argv[1], "a", buffering=1)
def hear(event, arguments):
    if event == "socket.connect": print(arguments[1], file=heard)
    if event == "socket.getaddrinfo": print(arguments[0], file=heard)
sys.addaudithook(hear)
from facedenoise.cli.main import main
sys.exit(main(["demo", "--port", sys.argv[2]]))
"""


class Served:
    """The running command."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address, self.heard, self.pictures = (
            f"http://127.0.0.1:{port}/",
            folder / "heard",
            folder / "tmp",
        )
        self.pictures.mkdir()
        path = os.pathsep.join(sys.path)
        environment = {**os.environ, "PYTHONPATH": path, "TMPDIR": str(self.pictures), "GRADIO_SHARE": "True"}
        command = [sys.executable, "-c", COMMAND, str(self.heard), str(port)]
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    pytest.importorskip("gradio")
    command = Served(tmp_path_factory.mktemp("served"))
    yield command
    command.process.kill()
    command.process.wait()


@pytest.fixture(scope="module")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory, downloads: Path) -> Iterator[Chrome]:
    with opened_browser(tmp_path_factory.mktemp("profile")) as browser:
        allowed = {"behavior": "allow", "downloadPath": str(downloads)}
        browser.execute_cdp_cmd("Browser.setDownloadBehavior", allowed)
        yield browser


def open_page(chrome: Chrome, served: Served, width: int = 1280, *, dark: bool = False) -> None:
    """Open the page in a window of this width, light or dark, and wait for the first face."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    chrome.get(served.address)
    wait_until(chrome, lambda: len(facts(chrome)) == 3)


def wait_until(chrome: Chrome, holds: Callable[[], Any]) -> None:
    WebDriverWait(chrome, PATIENCE).until(lambda _: holds())


def wait_for(chrome: Chrome, words: list[str]) -> None:
    """Wait until the page says this of a picture."""
    wait_until(chrome, lambda: facts(chrome) == words)


def facts(chrome: Chrome) -> list[str]:
    """Return what the page says of a picture."""
    script = "return [...document.querySelectorAll('#facts dd')].map(fact => fact.innerText)"
    return [str(fact) for fact in chrome.execute_script(script)]


def in_words(name: str, noise: Noise) -> list[str]:
    """Return what the page is to say of the first face under a noise."""
    found = compare(name, faces()[0], noise)
    assert found.psnr is not None
    return [str(found.choice), *(f"{psnr:.1f} dB" for psnr in found.psnr)]


def upload(chrome: Chrome, file: Path) -> None:
    chrome.find_element(By.CSS_SELECTOR, "#upload input[type=file]").send_keys(str(file))


def pair(chrome: Chrome) -> list[WebElement]:
    return chrome.find_elements(By.CSS_SELECTOR, "#compared img")


def split(chrome: Chrome) -> float:
    """Return where the cleaned picture begins, in per cent of the width."""
    clip = str(chrome.execute_script("return getComputedStyle(arguments[0]).clipPath", pair(chrome)[1]))
    return float(clip.removesuffix(")").split()[-1].removesuffix("%"))


@pytest.mark.parametrize("width", WIDTHS)
def test_it_loads_light_and_dark_from_this_machine_alone(chrome: Chrome, served: Served, width: int) -> None:
    colours = set()
    for dark in (False, True):
        chrome.get("about:blank")
        read_log(chrome, "performance")
        read_log(chrome, "browser")
        open_page(chrome, served, width, dark=dark)
        assert read_log(chrome, "browser") == []
        addresses = requested(chrome)
        assert served.address in addresses
        assert [each for each in addresses if not each.startswith((served.address, "data:", "blob:"))] == []
        colour = "return getComputedStyle(document.querySelector('.gradio-container')).backgroundColor"
        colours.add(chrome.execute_script(colour))
    assert colours == {"rgb(255, 255, 255)", "rgb(15, 19, 24)"}


def test_the_server_asks_no_other_machine(chrome: Chrome, served: Served) -> None:
    open_page(chrome, served)
    assert served.said == f"{served.address}: open it in a browser; Ctrl+C ends it\n"
    assert all("127.0.0.1" in line or "localhost" in line for line in served.heard.read_text().splitlines())


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(chrome: Chrome, served: Served, width: int) -> None:
    open_page(chrome, served, width)
    assert chrome.execute_script("return [innerWidth, document.documentElement.scrollWidth]") == [width] * 2
    top = [chrome.find_element(By.ID, name).rect["y"] for name in ("compared", "faces")]
    assert top[0] < top[1] or width > 720  # on a phone the pictures come first


def test_the_first_face_has_gaussian_noise(chrome: Chrome, served: Served) -> None:
    open_page(chrome, served)
    assert facts(chrome) == in_words("face1.png", Gaussian(std=0.1, factor=2))
    assert [int(each.get_property("naturalWidth")) for each in pair(chrome)] == [960, 960]  # type: ignore[arg-type]


def test_noise_and_strength_can_be_chosen(chrome: Chrome, served: Served) -> None:
    open_page(chrome, served)
    chrome.find_element(By.CSS_SELECTOR, "#kind input[value=poisson]").find_element(By.XPATH, "..").click()
    wait_for(chrome, in_words("face1.png", Poisson(peak=40)))
    number = chrome.find_element(By.CSS_SELECTOR, "#strength input[type=range]")
    chrome.execute_script(
        "arguments[0].value = 200; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))", number
    )
    wait_for(chrome, in_words("face1.png", Poisson(peak=200)))
    chrome.find_element(By.CSS_SELECTOR, "#kind input[value=none]").find_element(By.XPATH, "..").click()
    wait_until(chrome, lambda: len(facts(chrome)) == 1)
    assert not chrome.find_elements(By.ID, "strength")


def test_another_face_is_shown_with_noise(chrome: Chrome, served: Served) -> None:
    open_page(chrome, served)
    before = pair(chrome)[0].get_attribute("src")
    chrome.find_elements(By.CSS_SELECTOR, "#faces button")[2].click()
    found = compare("face3.png", faces()[2], Gaussian(std=0.1, factor=2))
    wait_until(chrome, lambda: str(found.choice) in facts(chrome))
    wait_until(chrome, lambda: pair(chrome)[0].get_attribute("src") != before)


def test_the_handle_follows_the_pointer(chrome: Chrome, served: Served) -> None:
    open_page(chrome, served)
    assert split(chrome) == pytest.approx(50, abs=1)
    handle = chrome.find_element(By.CSS_SELECTOR, "#compared [data-testid=slider]")
    way = int(0.3 * pair(chrome)[0].rect["width"])
    pointer = ActionChains(chrome, duration=50).move_to_element(handle).click_and_hold()
    pointer.move_by_offset(way, 0).release().perform()
    wait_until(chrome, lambda: split(chrome) == pytest.approx(80, abs=2))


@pytest.fixture
def command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Path], tuple[str, NDArray[Any]]]:
    """Return what gives the words and the pixels of `facedenoise denoise` for a file in the folder."""
    monkeypatch.chdir(tmp_path)

    def denoise(file: Path) -> tuple[str, NDArray[Any]]:
        assert main(["denoise", file.name, "clean.png"]) == 0
        words = capsys.readouterr().out.strip().removeprefix(f"{file.name}: ")
        return words, read_picture(tmp_path / "clean.png").pixels

    return denoise


@pytest.mark.parametrize("deep", [False, True])
def test_an_own_picture_comes_back_as_from_the_command_line(
    chrome: Chrome,
    served: Served,
    downloads: Path,
    command_line: Callable[[Path], tuple[str, NDArray[Any]]],
    deep: bool,
) -> None:
    noisy = compare("mine", np.stack(faces()[:3], axis=-1), Gaussian(std=0.09, factor=2)).noisy
    file = Path(f"{'deep' if deep else 'photo'}.tiff").resolve()
    write_picture(file, Picture(noisy.astype(np.uint16) * 257 if deep else noisy))
    words, cleaned = command_line(file)

    open_page(chrome, served)
    upload(chrome, file)
    wait_for(chrome, [words])
    assert chrome.find_element(By.CSS_SELECTOR, "#kind input[value=none]").is_selected()
    chrome.find_element(By.ID, "download").click()
    wait_until(chrome, (downloads / f"{file.stem}_clean.png").is_file)
    downloaded = read_picture(downloads / f"{file.stem}_clean.png").pixels
    assert downloaded.dtype == (np.uint16 if deep else np.uint8)
    np.testing.assert_array_equal(downloaded, cleaned)


def test_what_is_no_picture_is_refused_in_one_sentence(
    chrome: Chrome, served: Served, tmp_path: Path
) -> None:
    (tmp_path / "notes.png").write_text("<b>no picture</b>")
    open_page(chrome, served)
    upload(chrome, tmp_path / "notes.png")
    wait_until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, "#facts [role=alert]"))
    sentence = chrome.find_element(By.CSS_SELECTOR, "#facts [role=alert]").text
    assert sentence.startswith("notes.png: ")
    assert len(sentence.splitlines()) == 1
    assert not chrome.find_element(By.ID, "download").is_enabled()
    chrome.find_elements(By.CSS_SELECTOR, "#faces button")[0].click()  # and the page goes on
    wait_for(chrome, in_words("face1.png", Gaussian(std=0.1, factor=2)))
    assert chrome.find_element(By.ID, "download").is_enabled()


def test_a_file_over_the_limit_is_refused(chrome: Chrome, served: Served, tmp_path: Path) -> None:
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(101 * 2**20)
    open_page(chrome, served)
    assert "at most 100 MB" in chrome.find_element(By.TAG_NAME, "main").text
    upload(chrome, tmp_path / "large.png")
    said = 'exceed the maximum allowed size of 100.0 Mb: "large.png"'
    # The message is there before it can be seen: until then its text is empty.
    wait_until(
        chrome,
        lambda: any(said in each.text for each in chrome.find_elements(By.CSS_SELECTOR, ".toast-body")),
    )
    send = """
        const form = new FormData(), done = arguments[0];
        form.append("files", new Blob([new Uint8Array(101 * 2 ** 20)]), "large.png");
        fetch("gradio_api/upload", {method: "POST", body: form}).then(answer => done(answer.status));
    """
    assert chrome.execute_async_script(send) == 413  # the server, too


def test_ctrl_c_ends_it_and_deletes_the_pictures(served: Served) -> None:
    assert any(served.pictures.glob("facedenoise-*/shown/*"))
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(timeout=PATIENCE) == 0
    assert not any(served.pictures.glob("facedenoise-*"))
