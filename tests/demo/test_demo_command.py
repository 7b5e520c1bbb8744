"""`facedenoise demo` where Gradio is missing, and options that it does not take."""

import sys

import pytest

from facedenoise.cli.main import main


def test_without_gradio_one_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in ("facedenoise.demo.serving", "facedenoise.demo.page"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "gradio", None)  # as if it were not installed
    assert main(["demo"]) == 1
    assert capsys.readouterr() == (
        "",
        "error: the page needs Gradio; `pip install '.[demo]'` in the checkout\n",
    )


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_what_is_no_port_is_refused(port: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["demo", "--port", port])
    assert caught.value.code == 2
