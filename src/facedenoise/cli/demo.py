"""`facedenoise demo`: a page on this machine on which to try it."""

from argparse import Namespace

from facedenoise.cli.messages import say
from facedenoise.errors import InputError


def run(options: Namespace) -> int:
    """Serve the page until the user ends it; return the exit status."""
    try:
        from facedenoise.demo.serving import serve  # noqa: PLC0415 - an optional package
    except ImportError as error:
        if error.name != "gradio":
            raise
        raise InputError("the page needs Gradio; `pip install '.[demo]'` in the checkout") from None
    serve(options.port, lambda address: say(f"{address}: open it in a browser; Ctrl+C ends it"))
    return 0
