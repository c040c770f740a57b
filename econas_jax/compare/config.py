"""Everything a comparison can be told, as frozen dataclasses; config files hold the same fields as a ConfigDict."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

from ml_collections import ConfigDict

from econas_jax.algorithms import ALGORITHMS, CONFIGS, EcoNASConfig
from econas_jax.algorithms.algorithm import AlgorithmConfig
from econas_jax.data.config import DataConfig
from econas_jax.errors import InputError, require, require_integer, require_number
from econas_jax.experiment.config_fields import build_config, check_choices, to_config_dict
from econas_jax.search.config import SearchConfig
from econas_jax.spaces import SPACES
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.space import Space
from econas_jax.training.config import NetworkConfig, ProxyConfig, TrainingConfig
from econas_jax.training.trainer_config import TrainerConfig

Unit = Literal["epochs", "seconds"]


@dataclasses.dataclass(frozen=True)
class ContenderConfig:
    """A searcher: an algorithm with its fields, and the setting in which its candidates train.

    The field that says how long the search is does not count: the largest budget decides.
    """

    algorithm: str = "econas"  # the fields of `search` are this algorithm's
    search: AlgorithmConfig = dataclasses.field(
        default=EcoNASConfig(), metadata={"choices": CONFIGS, "by": "algorithm"}
    )
    proxy: ProxyConfig = ProxyConfig()
    network: NetworkConfig = NetworkConfig()
    training: TrainingConfig = TrainingConfig()

    def __post_init__(self) -> None:
        require(self.algorithm in ALGORITHMS, "algorithm", self.algorithm, "one of " + ", ".join(ALGORITHMS))
        check_choices(self)


@dataclasses.dataclass(frozen=True)
class RetrainingConfig:
    """What follows a search: the best few candidates are trained in full, and the best of these is the answer."""

    best: int = 5  # of a search's candidates, how many are trained in full; EcoNAS: 5 (paper, section 5.3)
    # Of one of them, in the budgets' unit, where it is charged; None: on a table all its epochs. 0: nothing is charged.
    cost: float | None = None
    # Without a table: the config of a retraining, by name or file. Its genotype, seed and data are the comparison's.
    # None: nothing is retrained, and validation accuracies of the searches are all there is.
    config: str | None = None

    def __post_init__(self) -> None:
        require_integer("retraining.best", self.best, 1, 1000)
        if self.cost is not None:
            allowed = "a number of at least 0, or None"
            require_number("retraining.cost", self.cost, lambda cost: cost >= 0, allowed)
        require(self.config is None or isinstance(self.config, str), "retraining.config", self.config, "text, or None")


def _contenders() -> dict[str, ContenderConfig]:
    return {name: ContenderConfig(name, CONFIGS[name]()) for name in ("econas", "random")}


@dataclasses.dataclass(frozen=True)
class CompareConfig:
    """A comparison of searchers on equal budgets; each contender searches once with every seed."""

    seeds: int = 10  # how many: 0, 1, 2, ...
    unit: Unit = "epochs"  # of budgets: epochs of candidates; or seconds of training on their devices, summed up
    budgets: tuple[float, ...] = (10_000, 30_000, 60_000)  # a search is as long as the largest, and is read at each
    baseline: str = "random"  # the contender that the others are compared with, seed by seed
    # By names of your own, which stand in figures and folders.
    contenders: dict[str, ContenderConfig] = dataclasses.field(default_factory=_contenders)
    retraining: RetrainingConfig = RetrainingConfig()
    # The fields of `space` are those of the space that its `name` picks.
    space: Space[Any] = dataclasses.field(default=DartsSpace(), metadata={"choices": SPACES, "by": "name"})
    data: DataConfig = DataConfig()
    table: str | None = None  # a file of accuracies (.npz) that takes the place of training
    processes: int = 1  # with a table: how many searches run at a time
    trainer: TrainerConfig = TrainerConfig()  # of its searches, without a table; retrainings stay on this machine
    devices: int | None = None  # without one: as for a search
    lanes: int = 1  # as for a search

    def __post_init__(self) -> None:
        require_integer("seeds", self.seeds, 1, 10_000)
        require(self.unit in get_args(Unit), "unit", self.unit, " or ".join(get_args(Unit)))
        require(isinstance(self.budgets, list | tuple) and len(self.budgets) > 0, "budgets", self.budgets, "a list")
        for budget in self.budgets:
            require_number("budgets", budget, lambda value: value > 0, "positive numbers")
        object.__setattr__(self, "budgets", tuple(sorted(set(self.budgets))))
        names = list(self.contenders)
        for name in names:
            allowed = "letters, digits, dots and dashes, for the name of a folder"
            fits = isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9][\w.+-]{0,60}", name, re.ASCII) is not None
            require(fits, "contenders", name, allowed)
        require(len(names) >= 2, "contenders", names, "two at least")
        require(self.baseline in names, "baseline", self.baseline, "one of " + ", ".join(names))
        require_integer("processes", self.processes, 1, 1000)
        allowed = "None with a table, which knows the accuracies of full training"
        unused = self.table is None or self.retraining.config is None
        require(unused, "retraining.config", self.retraining.config, allowed)
        for name in names:
            try:
                self.search(name, 0)
            except InputError as error:
                if not error.field.startswith("search."):  # it is the contender's
                    raise
                raise InputError(f"contenders.{name}.{error.field}", error.value, error.allowed) from None

    def search(self, name: str, seed: int) -> SearchConfig:
        """Returns the search of a contender with a seed; its length is that of the contender's config."""
        contender = self.contenders[name]
        return SearchConfig(
            seed=seed,
            algorithm=contender.algorithm,
            space=self.space,
            search=contender.search,
            proxy=contender.proxy,
            network=contender.network,
            training=contender.training,
            data=self.data,
            table=self.table,
            trainer=self.trainer,
            devices=self.devices,
            lanes=self.lanes,
            tensorboard=False,
        )


def default_config(*algorithms: str) -> ConfigDict:
    """Returns a comparison of algorithms with their defaults, by their names, for a config file to start from.

    Without names: of EcoNAS and random search. Raises InputError for an unknown name.
    """
    for name in algorithms:
        require(name in CONFIGS, "algorithm", name, "one of " + ", ".join(CONFIGS))
    config = to_config_dict(CompareConfig())
    if algorithms:
        config.contenders = ConfigDict({name: default_contender(name) for name in algorithms})
    return config


def default_contender(algorithm: str) -> ConfigDict:
    """Returns a contender with an algorithm's defaults; raises InputError for an unknown name."""
    require(algorithm in CONFIGS, "algorithm", algorithm, "one of " + ", ".join(CONFIGS))
    return to_config_dict(ContenderConfig(algorithm, CONFIGS[algorithm]()))


def from_mapping(fields: Mapping[str, Any]) -> CompareConfig:
    """Builds and checks a comparison's config; raises InputError naming the first field that is unknown or wrong."""
    other = "contenders" not in fields if isinstance(fields, Mapping | ConfigDict) else False
    require(not other, "config", sorted(fields) if other else fields, "the fields of a comparison, such as contenders")
    return build_config(CompareConfig, fields)
