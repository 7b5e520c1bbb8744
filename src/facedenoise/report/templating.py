"""The templates of the page and of the model card."""

import re

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def escape_markdown(text: str) -> str:
    """Write any text as plain words of Markdown, on one line."""
    return re.sub(r"([\\`*_\[\]<>|~$&])", r"\\\1", " ".join(text.split()))


def code_span(text: str) -> str:
    """Write any text as a code span of Markdown, on one line; its fences are longer than any in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{' '.join(text.split())}{space}{fence}"


def spell(number: int) -> str:
    """Write a number as a word up to ten, in digits beyond."""
    return NUMBERS[number] if number < len(NUMBERS) else f"{number:,}"


def render(template: str, **values: object) -> str:
    """Fill a file of `templates`; in HTML every value is escaped, and a missing one is an error."""
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
    environment.filters |= {"markdown": escape_markdown, "code_span": code_span, "spell": spell}
    return environment
