"""The README and the pages of docs/, and the blocks of code in them."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
README = REPOSITORY / "README.md"
PAGES = (README, REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md")))


def python_blocks(page: Path) -> list[str]:
    """Returns the blocks of Python in a page of Markdown, in their order."""
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def recipes(page: Path) -> dict[str, str]:
    """Returns the blocks of Python that have a mark `<!-- recipe: NAME -->` before them, by name."""
    marked = r"^<!-- recipe: (\w+) -->\n```python\n(.*?)^```"
    return dict(re.findall(marked, page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
