"""Everything a search can be told, as frozen dataclasses; config files hold the same fields as a ConfigDict."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict

from econas_jax.algorithms import ALGORITHMS, CONFIGS, EcoNASConfig
from econas_jax.algorithms.algorithm import AlgorithmConfig
from econas_jax.data.config import DataConfig
from econas_jax.errors import require, require_integer, require_number
from econas_jax.experiment.config_fields import build_config, check_choices, to_config_dict
from econas_jax.search.rungs import Rungs, rungs_of
from econas_jax.spaces import SPACES
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.proxy import Proxy
from econas_jax.spaces.space import Space
from econas_jax.training.config import NetworkConfig, ProxyConfig, TrainingConfig
from econas_jax.training.trainer_config import TrainerConfig

STUDY_FIELDS = frozenset(("networks", "original", "grid", "proxies"))


@dataclasses.dataclass(frozen=True)
class SearchConfig:
    """A whole search. The defaults are the paper's (section 5)."""

    seed: int = 0  # of every random number
    algorithm: str = "econas"  # the fields of `search` are this algorithm's
    # The fields of `space` are those of the space that its `name` picks.
    space: Space[Any] = dataclasses.field(default=DartsSpace(), metadata={"choices": SPACES, "by": "name"})
    search: AlgorithmConfig = dataclasses.field(
        default=EcoNASConfig(), metadata={"choices": CONFIGS, "by": "algorithm"}
    )
    proxy: ProxyConfig = ProxyConfig()
    network: NetworkConfig = NetworkConfig()
    data: DataConfig = DataConfig()
    training: TrainingConfig = TrainingConfig()
    # A file of accuracies (.npz) that takes the place of training; data, proxy and training then do not matter.
    table: str | None = None
    trainer: TrainerConfig = TrainerConfig()
    devices: int | None = None  # each trains `lanes` candidates at a time; None: every accelerator, or every CPU core
    lanes: int = 1  # candidates each device trains at once; more fill a large accelerator, and round differently
    # Least time between two commits within a phase, whose end commits too; None: as often as saving costs at most 2 %.
    save_seconds: float | None = None
    retries: int = 1  # of a candidate whose training raises an exception
    failures_in_a_row: int = 20  # stages that diverged or raised an exception, after which the search stops
    disk_gib: float | None = None  # what the workdir may take, with the room a commit needs; None: what is there
    keep_best: int = 5  # of the best candidates, how many have their weights kept for `load_candidate`; 0: none
    tensorboard: bool = True  # scalars of every round in the workdir's tensorboard/

    def __post_init__(self) -> None:
        require_integer("seed", self.seed, 0, 2**31 - 1)
        require(self.algorithm in ALGORITHMS, "algorithm", self.algorithm, "one of " + ", ".join(ALGORITHMS))
        check_choices(self)
        self.space.check_trainable()
        require(self.table is None or isinstance(self.table, str), "table", self.table, "the path of a file, or None")
        named = getattr(self.search, "proxies", ())
        allowed = "an empty list with a table, whose accuracies are all by one proxy"
        require(self.table is None or not named, "search.proxies", named, allowed)
        _ = self.rungs  # which checks the texts
        if self.devices is not None:
            require_integer("devices", self.devices, 1)
        require_integer("lanes", self.lanes, 1)
        if self.save_seconds is not None:
            allowed = "a number of seconds of at least 0, or None"
            require_number("save_seconds", self.save_seconds, lambda seconds: seconds >= 0, allowed)
        require_integer("retries", self.retries, 0, 100)
        require_integer("failures_in_a_row", self.failures_in_a_row, 1)
        if self.disk_gib is not None:
            require_number("disk_gib", self.disk_gib, lambda size: size > 0, "a positive number, or None")
        require_integer("keep_best", self.keep_best, 0, 1000)
        require(isinstance(self.tensorboard, bool), "tensorboard", self.tensorboard, "True or False")

    @property
    def full_proxy(self) -> Proxy:
        """The proxy of the longest training of a candidate."""
        return self.rungs.full_proxy(self.search.total_epochs)

    @property
    def rungs(self) -> Rungs:
        """The proxies by which candidates are trained, rung by rung."""
        return rungs_of(self.search, self.proxy)


def default_config(algorithm: str = "econas", space: str = "darts") -> ConfigDict:
    """Returns an algorithm's defaults on a space, for a config file to start from; those of EcoNAS are the paper's.

    Raises InputError for an unknown name.
    """
    require(algorithm in CONFIGS, "algorithm", algorithm, "one of " + ", ".join(CONFIGS))
    require(space in SPACES, "space", space, "one of " + ", ".join(SPACES))
    return to_config_dict(SearchConfig(algorithm=algorithm, search=CONFIGS[algorithm](), space=SPACES[space]()))


def from_mapping(fields: Mapping[str, Any]) -> SearchConfig:
    """Builds and checks a search's config; raises InputError naming the first field that is unknown or wrong."""
    study = sorted(STUDY_FIELDS.intersection(fields)) if isinstance(fields, Mapping | ConfigDict) else []
    require(not study, "config", study, "the fields of a search; these are a study's, which econas-jax study runs")
    return build_config(SearchConfig, fields)
