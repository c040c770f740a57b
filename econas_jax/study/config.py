"""Everything a study can be told, as frozen dataclasses; config files hold the same fields as a ConfigDict."""

from __future__ import annotations

import dataclasses
import itertools
import zlib
from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict

from econas_jax.data import Dataset
from econas_jax.data.config import DataConfig
from econas_jax.errors import InputError, require, require_integer
from econas_jax.experiment.config_fields import build_config, to_config_dict
from econas_jax.spaces import SPACES
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.proxy import CHANNELS, RESOLUTIONS, SAMPLE_RATIOS
from econas_jax.spaces.space import Space
from econas_jax.study.coefficients import MINIMUM_NETWORKS
from econas_jax.study.recommendation import MARGIN
from econas_jax.study.resampling import RESAMPLES
from econas_jax.study.setting import PREVIOUS, Setting
from econas_jax.training.config import NetworkConfig, ProxyConfig, TrainingConfig, check_against_dataset
from econas_jax.training.trainer_config import TrainerConfig

SEARCH_FIELDS = frozenset(("algorithm", "search", "proxy"))


@dataclasses.dataclass(frozen=True)
class GridConfig:
    """Every combination of these is a proxy; one empty list makes no grid. Default: the paper's 200 (section 3.3)."""

    channels: tuple[int, ...] = (0, 1, 2, 3, 4)  # subscripts of Table 1 of the paper
    resolutions: tuple[int, ...] = (0, 1, 2, 3, 4)  # subscripts
    samples: tuple[int, ...] = (0, 1)  # subscripts
    epochs: tuple[int, ...] = (30, 60, 90, 120)  # as they are

    def __post_init__(self) -> None:
        subscripts = {"channels": len(CHANNELS), "resolutions": len(RESOLUTIONS), "samples": len(SAMPLE_RATIOS)}
        for field, count in subscripts.items():
            for value in getattr(self, field):
                require_integer(f"grid.{field}", value, 0, count - 1)
        for value in self.epochs:
            require_integer("grid.epochs", value, 1)

    def names(self) -> list[str]:
        """The proxies' names."""
        combinations = itertools.product(self.channels, self.resolutions, self.samples, self.epochs)
        return [f"c{c}r{r}s{s}e{e}" for c, r, s, e in combinations]


@dataclasses.dataclass(frozen=True)
class StudyConfig:
    """A whole study. The defaults are the paper's (section 3)."""

    seed: int = 0  # of every random number
    networks: int = 50  # K, drawn from the space
    space: Space[Any] = dataclasses.field(default=DartsSpace(), metadata={"choices": SPACES, "by": "name"})
    original: str = "c0r0s0e600"  # the setting whose ranks are the truth
    grid: GridConfig = GridConfig()
    proxies: tuple[str, ...] = tuple(PREVIOUS)  # besides the grid's; a name may end in, say, n2 for N = 2
    network: NetworkConfig = NetworkConfig()
    data: DataConfig = DataConfig()
    training: TrainingConfig = TrainingConfig(batch_size=96)  # the paper enlarged it to 384 for the search alone
    trainer: TrainerConfig = TrainerConfig()
    devices: int | None = None  # networks trained at a time; None: every accelerator, or every CPU core
    margin: float = MARGIN  # how far below the best rho the recommended proxy may be
    resamples: int = RESAMPLES  # of the bootstrap

    def __post_init__(self) -> None:
        require_integer("networks", self.networks, MINIMUM_NETWORKS)
        require_integer("resamples", self.resamples, 1)
        require(0.0 <= self.margin <= 2.0, "margin", self.margin, "a number from 0 to 2")
        for field in ("original", "proxies"):
            names = getattr(self, field)
            for name in (names,) if isinstance(names, str) else names:
                try:
                    Setting.parse(name)
                except InputError as error:
                    raise InputError(field, name, error.allowed) from None
        require(len(self.settings) >= 2, "proxies", self.proxies, f"a proxy besides {self.original}, here or in grid")
        self.space.check_trainable()
        if self.devices is not None:
            require_integer("devices", self.devices, 1)
        for setting in self.settings:
            self.proxy_of(setting)
            self.network_of(setting)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """The original setting, then the proxies, each once; the cheaper first by the paper's rule."""
        names = dict.fromkeys([*self.grid.names(), *self.proxies])
        proxies = {Setting.parse(name): None for name in names if name != self.original}
        original = Setting.parse(self.original)

        def cost(setting: Setting) -> float:
            return setting.proxy.relative_cost(original.proxy) * self.cells(setting)

        return (original, *sorted(proxies, key=cost))

    def cells(self, setting: Setting) -> int:
        """N of the networks of a setting."""
        return setting.cells_per_stage or self.network.cells_per_stage

    def proxy_of(self, setting: Setting) -> ProxyConfig:
        """Returns a setting's channels, resolution and samples; raises InputError for values that no network takes."""
        proxy = setting.proxy
        return ProxyConfig(proxy.channels, proxy.resolution, proxy.sample_ratio)

    def network_of(self, setting: Setting) -> NetworkConfig:
        """Returns a setting's macro-net."""
        return dataclasses.replace(self.network, cells_per_stage=self.cells(setting))

    def training_seed(self, setting: Setting) -> int:
        """The seed of a setting's training runs.

        Each setting has its own: with one for all, a proxy that shares the original's shapes would share its initial
        values and order of images too, and its ranks would agree by that.
        """
        return zlib.crc32(f"{self.seed} {setting}".encode()) & 0x7FFFFFFF


def check_study(config: StudyConfig, dataset: Dataset) -> None:
    """Raises InputError where a setting and the data set, each valid alone, do not go together."""
    for setting in config.settings:
        try:
            check_against_dataset(config.proxy_of(setting), config.training, dataset)
        except InputError as error:
            raise InputError(error.field, error.value, f"{error.allowed} (in setting {setting})") from None


def default_config() -> ConfigDict:
    """The paper's study, for a config file to start from."""
    return to_config_dict(StudyConfig())


def from_mapping(fields: Mapping[str, Any]) -> StudyConfig:
    """Builds and checks a study's config; raises InputError naming the first field that is unknown or wrong."""
    search = sorted(SEARCH_FIELDS.intersection(fields)) if isinstance(fields, Mapping | ConfigDict) else []
    require(not search, "config", search, "the fields of a study; these are a search's, which econas-jax search runs")
    return build_config(StudyConfig, fields)
