"""The paper's two observations (section 3.3), put to a study's table as paired comparisons of proxies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from econas_jax.study.analysis import Analysis, SizeResult
from econas_jax.study.intervals import Coefficient, coefficient
from econas_jax.study.setting import Setting, parse_or_none

Relation = Callable[[Setting, Setting], bool]


@dataclass(frozen=True)
class Comparison:
    """rho of one proxy less that of another; the interval is of the difference, resample by resample."""

    first: str
    second: str
    difference: Coefficient


@dataclass(frozen=True)
class Observation:
    """A claim of the paper and the pairs of proxies in the table that can speak to it."""

    claim: str
    first: str  # what the first proxy of each pair has
    second: str
    pairs: tuple[Comparison, ...]
    mean: Coefficient | None  # of the differences; None without pairs

    @property
    def verdict(self) -> str:
        """What the table says of the claim; it supports or contradicts it if the mean's interval leaves out zero."""
        if self.mean is None:
            return "not tested: the table has no pair for it"
        if self.mean.sign == 0:
            reason = self.mean.no_interval or "the interval of the mean difference contains zero"
            return f"cannot tell: {reason}"
        return "supported" if self.mean.sign > 0 else "contradicted"


def compare_proxies(analysis: Analysis, first: str, second: str) -> Comparison:
    """Returns which of two proxies keeps ranks better, and how sure that is; raises InputError if one has no rho."""
    return Comparison(first, second, _mean_difference(analysis, [(first, second)]))


def compare_with_size(analysis: Analysis, proxy: str, size: SizeResult) -> Comparison:
    """Returns whether a proxy keeps ranks better than a network's size does; raises InputError if it has no rho."""
    resampled = analysis.resampled_rho[proxy] - analysis.resampled_size[size.name]
    difference = coefficient(analysis.rho(proxy) - size.rho.value, resampled, analysis.networks)
    return Comparison(proxy, size.name, difference)


def observations(analysis: Analysis) -> tuple[Observation, ...]:
    """Both claims; pairs of other proxies than the paper's names are not looked for."""
    return (
        _observation(
            analysis,
            "With equal iterations, more samples with fewer epochs keep ranks better than the reverse",
            "more samples, fewer epochs",
            "fewer samples, more epochs",
            _more_samples_fewer_epochs,
        ),
        _observation(
            analysis,
            "Reducing the channels keeps ranks better than reducing the resolution",
            "fewer channels",
            "lower resolution",
            _channels_for_resolution,
        ),
    )


def _more_samples_fewer_epochs(first: Setting, second: Setting) -> bool:
    """Says whether both have as many iterations, the first with more samples and fewer epochs, all else equal."""
    one, other = first.proxy, second.proxy
    same = (one.channels, one.resolution, first.cells_per_stage) == (
        other.channels,
        other.resolution,
        second.cells_per_stage,
    )
    equal = math.isclose(one.sample_ratio * one.epochs, other.sample_ratio * other.epochs)
    return same and equal and one.sample_ratio > other.sample_ratio


def _channels_for_resolution(first: Setting, second: Setting) -> bool:
    """c_a r_b against c_b r_a with a > b, all else equal: the same nominal cost."""
    (c1, r1, s1), (c2, r2, s2) = first.subscripts, second.subscripts
    same = (s1, first.proxy.epochs, first.cells_per_stage) == (s2, second.proxy.epochs, second.cells_per_stage)
    return same and (c1, r1) == (r2, c2) and c1 > c2


def _observation(analysis: Analysis, claim: str, first: str, second: str, related: Relation) -> Observation:
    settings = {result.name: setting for result in analysis.ranked if (setting := parse_or_none(result.name))}
    pairs = [(one, other) for one in settings for other in settings if related(settings[one], settings[other])]
    mean = _mean_difference(analysis, pairs) if pairs else None
    return Observation(claim, first, second, tuple(compare_proxies(analysis, *pair) for pair in pairs), mean)


def _mean_difference(analysis: Analysis, pairs: Sequence[tuple[str, str]]) -> Coefficient:
    values = [analysis.rho(first) - analysis.rho(second) for first, second in pairs]
    resampled = [analysis.resampled_rho[first] - analysis.resampled_rho[second] for first, second in pairs]
    return coefficient(float(np.mean(values)), np.mean(resampled, axis=0), analysis.networks)
