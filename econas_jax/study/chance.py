"""How often chance alone does as well as a proxy: random orders of the networks, and the best of all proxies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy.stats

from econas_jax.study.coefficients import Accuracies

ORDERS = 999
RARE = 0.025  # as the share of an interval's lower end
ROUNDING = 1e-9
STREAM = 10_013  # keeps these random numbers apart from the others that are drawn from the same seed
BATCH_NUMBERS = 2**20


def chances(truth: Accuracies, proxies: Sequence[Accuracies], seed: int) -> list[float]:
    """Returns for each proxy in how many random orders of the original some proxy's rho is at least its own, a share.

    This is the permutation test of the largest of all rhos: with many proxies, the best one of pure noise has a high
    rho too. No list may have equal values only.
    """
    if not proxies:
        return []
    original = _standard(truth)
    ranks = np.stack([_standard(accuracies) for accuracies in proxies], axis=1)
    rng = np.random.default_rng([seed, len(original), STREAM])
    batch, best = max(1, BATCH_NUMBERS // len(original)), []
    for first in range(0, ORDERS, batch):
        copies = np.tile(original, (min(batch, ORDERS - first), 1))
        best.append((rng.permuted(copies, axis=1) @ ranks).max(axis=1))
    largest = np.concatenate(best)
    return [(1 + int(np.sum(largest >= rho - ROUNDING))) / (1 + ORDERS) for rho in (original @ ranks).tolist()]


def _standard(accuracies: Accuracies) -> npt.NDArray[np.float64]:
    """Returns ranks whose product with another list's is Spearman's rho."""
    ranks = scipy.stats.rankdata(accuracies)
    ranks = ranks - ranks.mean()
    return np.asarray(ranks / np.linalg.norm(ranks))
