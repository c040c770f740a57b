"""Candidates that were trained by themselves, by a search or by a study, to compare a supernet's ranks with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from econas_jax.errors import InputError, require
from econas_jax.experiment.folder import local_folder
from econas_jax.search.history import STAGES_FILE, last_stages, read_stages
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.study.trained_networks import TrainedNetwork, is_study, trained_networks
from econas_jax.study.workdir import NETWORKS_FILE
from econas_jax.supernet.ranking import Candidate

FIELD = "search.standalone"


def standalone_candidates(folder: str | None, nodes: int) -> tuple[Candidate, ...]:
    """Returns the networks of a study, or the candidates that a search trained the longest; none without a folder.

    nodes: of the supernet's cells. Raises InputError where the folder is neither's, where the study has not trained all
    its networks in its original setting, and for other networks than of such cells.
    """
    if folder is None:
        return ()
    path = local_folder(folder, FIELD)
    trained = trained_networks(path, FIELD) if is_study(path) else _of_search(path, folder)
    return tuple(Candidate(_genotype(each.genotype, folder, nodes), each.accuracy) for each in trained)


def _of_search(path: Path, folder: str) -> Sequence[TrainedNetwork]:
    try:
        stages = read_stages(path / STAGES_FILE)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        allowed = f"the folder of a search, with its {STAGES_FILE}, or of a study, with its {NETWORKS_FILE}"
        raise InputError(FIELD, folder, allowed) from None
    accuracies = [
        (stage, stage.validation_accuracy)
        for stage in last_stages(stages).values()
        if stage.validation_accuracy is not None
    ]
    require(bool(accuracies), FIELD, folder, "the folder of a search that has trained candidates")
    longest = max(stage.epochs for stage, _ in accuracies)
    return [TrainedNetwork(stage.genotype, accuracy) for stage, accuracy in accuracies if stage.epochs == longest]


def _genotype(text: str, folder: str, nodes: int) -> Genotype:
    """Reads a genotype; raises InputError unless its cells have so many nodes."""
    try:
        genotype = Genotype.parse(text)
    except InputError:
        raise InputError(FIELD, folder, "a search or a study of the darts space") from None
    allowed = f"cells of {nodes} nodes, as network.nodes says, not {genotype.normal.nodes}"
    require(genotype.normal.nodes == genotype.reduce.nodes == nodes, FIELD, folder, allowed)
    return genotype
