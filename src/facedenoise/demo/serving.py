"""Serve the page to this machine alone, without a request to any other."""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # Gradio reads it when it is imported

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from facedenoise.demo.page import LARGEST_FILE, build_page, write_faces
from facedenoise.errors import InputError

_STYLE = Path(__file__).with_name("page.css")
_THEME = gr.themes.Base(
    primary_hue="blue",
    neutral_hue="slate",
    font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
    font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"],
)
_POLICY = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'none'"


def serve(port: int | None, ready: Callable[[str], None]) -> None:
    """Serve the page until the user interrupts; then all pictures that it was given are deleted.

    Parameters
    ----------
    port : int, optional
        By default the first free one from 7860 on.
    ready : callable
        Is told the address of the page.

    Raises
    ------
    InputError
        If the port is in use.
    """
    with TemporaryDirectory(prefix="facedenoise-") as name:
        folder = Path(name)
        os.environ["GRADIO_TEMP_DIR"] = str(folder / "shown")
        page = build_page(write_faces(folder / "faces"), folder / "shown")
        ready(_launch(page, port))
        page.block_thread()


def _launch(page: gr.Blocks, port: int | None) -> str:
    """Start to serve, whatever Gradio's environment variables say; return the address."""
    try:
        _, address, _ = page.launch(
            server_name="127.0.0.1",
            server_port=port,
            share=False,
            ssr_mode=False,
            mcp_server=False,
            run_history=False,
            enable_monitoring=False,
            footer_links=[],
            max_file_size=f"{LARGEST_FILE}mb",
            theme=_THEME,
            css_paths=_STYLE,
            app_kwargs={"middleware": [Middleware(_Offline)]},
            prevent_thread_lock=True,
            quiet=True,
        )
    except OSError:
        raise InputError(f"--port {port}: is in use; give another one") from None
    return address


class _Offline:
    """Tell the browser to load nothing from any other machine."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Content-Security-Policy"] = _POLICY
            await send(message)

        await self.app(scope, receive, send_with_policy)
