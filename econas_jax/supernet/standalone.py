"""Accuracies of candidates that a search trained by themselves, to compare a supernet's ranks with."""

from __future__ import annotations

from pathlib import Path

from econas_jax.errors import InputError, require
from econas_jax.experiment.folder import local_folder
from econas_jax.search.history import STAGES_FILE, StageRecord, last_stages, read_stages
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.supernet.ranking import Candidate

FIELD = "search.standalone"


def standalone_candidates(folder: str | None, nodes: int) -> tuple[Candidate, ...]:
    """Returns the candidates of a search that it trained the longest; none where no folder is named.

    nodes: of the supernet's cells. Raises InputError where the folder holds no candidates of that space.
    """
    if folder is None:
        return ()
    file = local_folder(folder, FIELD) / STAGES_FILE
    stages = [stage for stage in last_stages(_stages(file)).values() if stage.validation_accuracy is not None]
    require(bool(stages), FIELD, folder, "the folder of a search that has trained candidates")
    longest = max(stage.epochs for stage in stages)
    found = []
    for stage in stages:
        if stage.epochs == longest:
            genotype = _genotype(stage.genotype, folder)
            allowed = f"a search of cells of {nodes} nodes, as network.nodes says, not {genotype.normal.nodes}"
            require(genotype.normal.nodes == genotype.reduce.nodes == nodes, FIELD, folder, allowed)
            found.append(Candidate(genotype, stage.validation_accuracy))
    return tuple(found)


def _stages(file: Path) -> list[StageRecord]:
    try:
        return read_stages(file)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise InputError(FIELD, str(file.parent), f"the folder of a search, with its {STAGES_FILE}") from None


def _genotype(text: str, folder: str) -> Genotype:
    try:
        return Genotype.parse(text)
    except InputError:
        raise InputError(FIELD, folder, "a search of the darts space") from None
