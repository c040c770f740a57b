"""Commits of a search with Orbax: one step holds everything a search needs to go on.

A step has two items: `search`, JSON with the algorithm's state, the records and the list of living candidates, and
`training`, one float32 matrix with a row for each of these candidates. Orbax writes a step beside its final name and
renames it, so a step that can be seen is complete. Random state needs no saving: every random number is a function of
the seed and of counters that the JSON holds.
"""

from __future__ import annotations

import types
from pathlib import Path

import numpy as np
import orbax.checkpoint as ocp

from econas_jax.search.state import SearchState, from_json, to_json

KEPT_STEPS = 2  # the newest, and one to fall back on by hand


class Checkpoints:
    """The folder `checkpoints/` of a workdir; a context manager."""

    def __init__(self, directory: Path) -> None:
        options = ocp.CheckpointManagerOptions(max_to_keep=KEPT_STEPS, enable_async_checkpointing=False)
        self._manager = ocp.CheckpointManager(directory.absolute(), options=options)

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self._manager.close()

    def save(self, state: SearchState) -> None:
        """Commits the state; when this returns, it is on disk."""
        latest = self._manager.latest_step()
        items = {"search": ocp.args.JsonSave(to_json(state))}
        if state.living:
            vectors = np.stack(list(state.living.values()))
            items["training"] = ocp.args.StandardSave({"vectors": vectors})
        self._manager.save(0 if latest is None else latest + 1, args=ocp.args.Composite(**items), force=True)
        self._manager.wait_until_finished()

    def restore(self, vector_size: int) -> SearchState | None:
        """The last commit, or None if there is none; vector_size: length of a candidate's training state."""
        step = self._manager.latest_step()
        if step is None:
            return None
        fields = self._manager.restore(step, args=ocp.args.Composite(search=ocp.args.JsonRestore()))["search"]
        candidates = fields["living"]
        if not candidates:
            return from_json(fields, {})
        template = {"vectors": np.zeros((len(candidates), vector_size), np.float32)}
        wanted = ocp.args.Composite(training=ocp.args.StandardRestore(template))
        vectors = self._manager.restore(step, args=wanted)["training"]["vectors"]
        return from_json(fields, dict(zip(candidates, vectors, strict=True)))
