"""Which proxy can be trusted: the paper's exploration study (section 3). The analysis, without JAX; `runner` trains."""

from econas_jax.study.analysis import Analysis, ProxyResult, analyse
from econas_jax.study.coefficients import (
    RankPair,
    UndefinedError,
    entropy,
    kendall,
    rank_pairs,
    ranks,
    retention,
    spearman,
)
from econas_jax.study.comparisons import Comparison, Observation, compare_proxies, observations
from econas_jax.study.recommendation import Recommendation, previous_proxies, recommend
from econas_jax.study.resampling import Interval
from econas_jax.study.setting import Setting
from econas_jax.study.table import Row, StudyTable, read_table, table_text
from econas_jax.study.wide_table import read_any_table, read_wide_table

__all__ = [
    "Analysis",
    "Comparison",
    "Interval",
    "Observation",
    "ProxyResult",
    "RankPair",
    "Recommendation",
    "Row",
    "Setting",
    "StudyTable",
    "UndefinedError",
    "analyse",
    "compare_proxies",
    "entropy",
    "kendall",
    "observations",
    "previous_proxies",
    "rank_pairs",
    "ranks",
    "read_any_table",
    "read_table",
    "read_wide_table",
    "recommend",
    "retention",
    "spearman",
    "table_text",
]
