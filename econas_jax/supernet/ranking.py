"""Candidates ranked by the accuracy that they have with a supernet's weights; beside it that of training alone."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import scipy.stats

from econas_jax.errors import InputError
from econas_jax.experiment.line_file import LineFile
from econas_jax.spaces.darts.genotype import Genotype

RANKING_FILE = "ranking.jsonl"
FEWEST = 3  # candidates of which ranks can be compared


class Candidate(NamedTuple):
    """A genotype to be ranked; standalone: its accuracy when trained by itself, where that is known."""

    genotype: Genotype
    standalone: float | None = None


@dataclasses.dataclass(frozen=True)
class Ranked:
    """A line of the ranking. Accuracies are fractions of 1."""

    candidate: int  # from 0
    genotype: str
    accuracy: float  # with the supernet's weights, on the images for the architecture
    standalone: float | None


def ranked_candidates(
    file: Path,
    following: Callable[[Sequence[Ranked]], Candidate | None],
    score: Callable[[Genotype, int], float],
    check: Callable[[], None],
) -> list[Ranked]:
    """Scores the candidates that are not in the file yet, one after another; returns all, in their order.

    following: gives the candidate after those that are ranked, or None after the last. score: of a genotype and its
    place in the ranking. check: is called before each, and may raise to stop; what is scored until then is in the file.
    Raises InputError for a file of other candidates.
    """
    lines = LineFile(file)
    lines.mend()
    done = read_ranking(file) if file.exists() else []
    for number, line in enumerate(done):
        expected = following(done[:number])
        if expected is None or line.genotype != str(expected.genotype):
            raise InputError("workdir", str(file), "the candidates of this search, or no such file")
    while (candidate := following(done)) is not None:
        check()
        number = len(done)
        line = Ranked(number, str(candidate.genotype), score(candidate.genotype, number), candidate.standalone)
        lines.append(json.dumps(dataclasses.asdict(line), allow_nan=False) + "\n")
        done.append(line)
    return done


def read_ranking(file: Path) -> list[Ranked]:
    """Reads a ranking; raises InputError for another file."""
    try:
        return [Ranked(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, TypeError, RecursionError):
        raise InputError("workdir", str(file), "the lines that this version wrote, or no such file") from None


def rank_correlation(ranking: Sequence[Ranked]) -> float | None:
    """Returns Spearman's coefficient of supernet and standalone accuracies; None where too few are known, or all equal.

    It says how good a proxy the supernet's weights are.
    """
    pairs = [(each.accuracy, each.standalone) for each in ranking if each.standalone is not None]
    if len(pairs) < FEWEST or any(len(set(values)) == 1 for values in zip(*pairs, strict=True)):
        return None
    return float(scipy.stats.spearmanr(*zip(*pairs, strict=True)).statistic)
