"""What every long command says while it runs: lines, and what it is busy with."""

from __future__ import annotations

import contextlib
import importlib.util
import time
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text


class Reporter:
    """Tells a user, in lines, what a long command does. `show=False` shows nothing (library use)."""

    def __init__(self, console: Console | None = None, show: bool = True) -> None:
        self.console = console or Console(highlight=False, quiet=not show)

    @property
    def live(self) -> bool:
        """Whether a bar can be drawn and redrawn in place: on a terminal, or in a notebook that has widgets."""
        notebook = self.console.is_jupyter and importlib.util.find_spec("ipywidgets") is not None
        return self.console.is_terminal or notebook

    def say(self, text: str) -> None:
        """Prints one line."""
        # a path or a genotype may hold what rich takes for markup
        self.console.print(text, soft_wrap=True, markup=False, emoji=False)

    @contextlib.contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Says what is being done, and how long it took when it is done."""
        start = time.perf_counter()
        if self.live:
            with self.console.status(Text(f"{what} ...")):
                yield
        else:
            self.say(f"{what} ...")
            yield
        self.say(f"{what}: {time.perf_counter() - start:.1f} s")
