"""The templates of the page and of the model card."""

import re

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


def code_span(text: str) -> str:
    """Write any text as a code span of Markdown, on one line: longer fences than the text has itself."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{' '.join(text.split())}{space}{fence}"


def render(template: str, **values: object) -> str:
    """Fill a template; in HTML every value is escaped.

    Parameters
    ----------
    template : str
        The name of a file in `templates`.
    **values
        What it speaks of. A missing one is an error.
    """
    return _environment().get_template(template).render(values)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("facedenoise.report"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["code_span"] = code_span
    return environment
