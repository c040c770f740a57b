"""Candidates ranked by the accuracy that they have with a supernet's weights; beside it that of training alone."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from econas_jax.errors import InputError, require
from econas_jax.experiment.line_file import LineFile
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.study.intervals import Coefficient

RANKING_FILE = "ranking.jsonl"
FEWEST = 3  # candidates of which ranks can be compared


class Candidate(NamedTuple):
    """Cells to be ranked; standalone: their accuracy when trained by themselves, where that is known."""

    genotype: Genotype
    standalone: float | None


@dataclasses.dataclass(frozen=True)
class Ranked:
    """A line of the ranking. Accuracies are fractions of 1."""

    candidate: int  # from 0
    genotype: str
    accuracy: float  # with the supernet's weights, on the images for the architecture
    standalone: float | None


class Ranking:
    """A ranking in its file: candidates that are in it already are not scored again."""

    def __init__(
        self,
        file: Path,
        text: Callable[[Any], str],
        score: Callable[[Any, int], float],
        check: Callable[[], None],
        tell: Callable[[int, float], None] = lambda count, best: None,
    ) -> None:
        """Reads the file if there is one; raises InputError for another file.

        text: of a genotype; score: the accuracy of a genotype as the candidate of a number; check: is called before
        each score, and may raise to stop; tell: is called after it, with how many are ranked and the best accuracy.
        """
        self._lines, self._text, self._score, self._check = LineFile(file), text, score, check
        self._lines.mend()
        self._tell = tell
        self._done = read_ranking(file) if file.exists() else []
        self.ranked: list[Ranked] = []  # in the order in which they were judged

    def judge(self, genotype: Any, standalone: float | None = None) -> Ranked:
        """Returns the line of the next candidate, which is in the file then.

        Raises InputError where the file has another one in its place, and what `check` raises.
        """
        number, text = len(self.ranked), self._text(genotype)
        if number < len(self._done):
            line = self._done[number]
            allowed = "the candidates of this search, or no such file"
            require((line.genotype, line.standalone) == (text, standalone), "workdir", str(self._lines.path), allowed)
        else:
            self._check()
            line = Ranked(number, text, self._score(genotype, number), standalone)
            self._lines.append(json.dumps(dataclasses.asdict(line), allow_nan=False) + "\n")
            self._tell(number + 1, max(each.accuracy for each in [*self.ranked, line]))
        self.ranked.append(line)
        return line


def read_ranking(file: Path) -> list[Ranked]:
    """Reads a ranking; raises InputError for another file."""
    try:
        return [Ranked(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, TypeError, RecursionError):
        raise InputError("workdir", str(file), "the lines that this version wrote, or no such file") from None


def rank_correlation(ranking: Sequence[Ranked]) -> Coefficient | None:
    """Returns Spearman's coefficient of supernet and standalone accuracies; None where too few are known, or all equal.

    It says how good a proxy the supernet's weights are. Its interval is a study's: a bootstrap over the candidates.
    """
    known = [each for each in ranking if each.standalone is not None]
    truth, accuracies = [each.standalone or 0.0 for each in known], [each.accuracy for each in known]
    if len(known) < FEWEST or any(len(set(values)) == 1 for values in (truth, accuracies)):
        return None
    # Not before: SciPy takes a second to import, and `econas-jax status` reads this module.
    from econas_jax.study.agreement import agreement_of

    return agreement_of(truth, accuracies).rho
