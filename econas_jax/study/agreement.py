"""How far two lists of accuracies of the same networks agree in their ranks, and how sure that is."""

from __future__ import annotations

from typing import NamedTuple

from econas_jax.study.coefficients import Accuracies, kendall, spearman
from econas_jax.study.intervals import Coefficient, coefficient
from econas_jax.study.resampling import RESAMPLES, Resampled, Values, resampled_coefficients


class Agreement(NamedTuple):
    """How a list of numbers agrees with the original setting's accuracies."""

    rho: Coefficient
    tau: Coefficient
    resampled_rho: Values


def agreement(truth: Accuracies, values: Accuracies, resampled: Resampled) -> Agreement:
    """Returns the coefficients of values with the truth, with the intervals that their values in resamples give.

    Raises InputError as `spearman` does.
    """
    rho = coefficient(spearman(truth, values), resampled.rho, len(truth))
    return Agreement(rho, coefficient(kendall(truth, values), resampled.tau, len(truth)), resampled.rho)


def agreement_of(truth: Accuracies, values: Accuracies, resamples: int = RESAMPLES, seed: int = 0) -> Agreement:
    """Returns the agreement of one list; resamples, seed: of the bootstrap. Raises InputError as `spearman` does."""
    (resampled,) = resampled_coefficients(truth, [values], resamples, seed)
    return agreement(truth, values, resampled)
