"""The code blocks of the README and of the pages in docs/, which tests run as the reader sees them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def blocks(document: str, heading: str, language: str) -> list[str]:
    """Return the code blocks of a language in a section of a document, whose path starts at the root."""
    section = (ROOT / document).read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def commands(block: str) -> list[str]:
    """Return the commands of a shell block, one a line, without the comments behind them."""
    lines = block.replace("\\\n", "").splitlines()
    return [command for line in lines if (command := line.partition(" #")[0].strip())]
