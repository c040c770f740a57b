"""TensorBoard scalars of a search: groups, pace and where the time goes, a point a round."""

from __future__ import annotations

import bisect
import types
from collections.abc import Iterator
from pathlib import Path

from econas_jax.experiment.scalar_log import ScalarLog
from econas_jax.search.history import RoundSummary
from econas_jax.search.state import SearchState
from econas_jax.training.pool_report import PoolReport


class Scalars:
    """Writes the rounds of a run (those finished before are in earlier runs' files); a context manager."""

    def __init__(self, folder: Path, finished: int) -> None:
        """Writes nothing yet. finished: rounds that were committed when the run began."""
        self._log = ScalarLog(folder)
        self._written = finished

    def __enter__(self) -> Scalars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self._log.close()

    def write(self, state: SearchState, shares: dict[str, float], pool: PoolReport | None = None) -> None:
        """Writes the rounds of a commit that are not written yet; shares: of the run's time, by kind, so far.

        pool: what the devices are doing, where they may come and go.
        """
        begun: dict[int, int] = {}  # the round of each candidate's first stage
        for stage in state.stages:
            begun[stage.candidate] = min(stage.round, begun.get(stage.candidate, stage.round))
        rounds = sorted(begun.values())
        for summary in state.rounds[self._written :]:
            candidates = bisect.bisect_right(rounds, summary.round)
            of_time = {f"time/{kind}": part for kind, part in shares.items()}
            of_pool = {"devices": pool.at_work, "stages_an_hour": pool.stages_an_hour} if pool else {}
            self._log.write(summary.round, dict(_of_round(summary, candidates)) | of_time | of_pool)
        self._log.flush()
        self._written = len(state.rounds)


def _of_round(summary: RoundSummary, candidates: int) -> Iterator[tuple[str, float]]:
    for group in summary.groups:
        yield f"group_size/{group.name}", group.size
        if group.mean_accuracy is not None:
            yield f"mean_validation_accuracy/{group.name}", group.mean_accuracy
    if summary.best_accuracy is not None:
        yield "best_validation_accuracy", summary.best_accuracy
    yield "candidates_an_hour", 3600 * candidates / max(summary.seconds, 1e-9)
