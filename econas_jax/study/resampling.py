"""Bootstrap over networks: how far a coefficient would move had other networks been drawn from the space."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from econas_jax.errors import require_integer
from econas_jax.study.coefficients import Accuracies
from econas_jax.study.resampled_pair import ResampledPair
from econas_jax.study.weighted_ranks import Draws, Ranking

Values = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]  # of resamples: those done, all

RESAMPLES = 2_000
# A batch's arrays have this many numbers, so that they stay in a core's cache, and never fewer resamples than these.
BATCH_NUMBERS, SMALLEST_BATCH = 2**19, 64


@dataclass(frozen=True)
class Resampled:
    """The coefficients of a proxy in every resample, float [resamples]; nan where a resample gives no ranks."""

    rho: Values
    tau: Values


def resample(networks: int, resamples: int, seed: int) -> Iterator[Draws]:
    """Yields how often each network is drawn in each resample, int [networks, batch]; a column sums to `networks`.

    All batches together have `resamples` columns; the size of a batch changes none of them.
    """
    require_integer("networks", networks, 1)
    require_integer("resamples", resamples, 1)
    rng = np.random.default_rng([seed, networks, resamples])
    batch, equal = max(SMALLEST_BATCH, BATCH_NUMBERS // networks), np.full(networks, 1 / networks)
    for first in range(0, resamples, batch):
        draws = rng.multinomial(networks, equal, size=min(batch, resamples - first))
        yield np.ascontiguousarray(draws.T.astype(np.int32))


def resampled_coefficients(
    truth: Accuracies,
    others: Sequence[Accuracies],
    resamples: int,
    seed: int,
    progress: Progress = lambda done, total: None,
) -> list[Resampled]:
    """Returns the coefficients of each of the others with the truth, in the same resamples for all.

    So coefficients of two proxies can be subtracted resample by resample. progress: called after every batch.
    """
    ranking = Ranking.of(truth)
    pairs = [ResampledPair.of(truth, accuracies) for accuracies in others]
    found: list[tuple[list[Values], list[Values]]] = [([], []) for _ in others]
    done = 0
    for draws in resample(len(truth), resamples, seed):
        of_truth = ranking.within(draws)
        for pair, (rhos, taus) in zip(pairs, found, strict=True):
            rho, tau = pair.coefficients(of_truth, draws)
            rhos.append(rho)
            taus.append(tau)
        done += draws.shape[1]
        progress(done, resamples)
    return [Resampled(np.concatenate(rhos), np.concatenate(taus)) for rhos, taus in found]
