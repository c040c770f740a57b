"""Where a run's time goes: compile, train, validate, save, and the rest."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

KINDS = ("compile", "train", "validate", "save")


class Times:
    """Seconds of one run by kind. `save` is what the search waited for; what was saved beside it is `background`."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._seconds = dict.fromkeys(KINDS, 0.0)
        self.background = 0.0

    @contextlib.contextmanager
    def measuring(self, kind: str) -> Iterator[None]:
        """Counts the time inside, whatever happens there."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(kind, time.perf_counter() - start)

    def add(self, kind: str, seconds: float) -> None:
        """Counts seconds that were measured elsewhere."""
        self._seconds[kind] += seconds

    def move(self, kind: str, other: str, seconds: float) -> None:
        """Counts seconds as another kind than they were measured as."""
        self.add(kind, -seconds)
        self.add(other, seconds)

    @property
    def total(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self._start

    def shares(self) -> dict[str, float]:
        """Each kind's fraction of the run so far; they sum up to 1."""
        total = self.total
        shares = {kind: seconds / total for kind, seconds in self._seconds.items()}
        return shares | {"rest": 1.0 - sum(shares.values())}

    def to_json(self) -> dict[str, object]:
        """What `times.json` holds."""
        rounded = {kind: round(share, 4) for kind, share in self.shares().items()}
        return {
            "seconds": round(self.total, 3),
            "shares": rounded,
            "background_saving_seconds": round(self.background, 3),
        }

    def __str__(self) -> str:
        shares = ", ".join(f"{kind} {100 * share:.1f} %" for kind, share in self.shares().items())
        return f"{self.total:.0f} s: {shares} (and {self.background:.1f} s of saving beside the training)"
