"""Everything a search can be told, as frozen dataclasses; config files hold the same fields as a ConfigDict."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict

from econas_jax.algorithms import ALGORITHMS, EcoNASConfig
from econas_jax.data import Dataset
from econas_jax.data.config import DataConfig
from econas_jax.errors import require, require_integer, require_number
from econas_jax.experiment.config_fields import build_config, to_config_dict
from econas_jax.nn import ComputeDtype, require_compute_dtype
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS
from econas_jax.spaces.proxy import Proxy
from econas_jax.training import TrainingConfig


@dataclasses.dataclass(frozen=True)
class ProxyConfig:
    """The reduced setting that candidates are trained in (paper, section 3.1); its epochs are 3 * search.epochs."""

    channels: int = 9  # c4
    resolution: int = 8  # r4
    sample_ratio: float = 1.0  # s0

    def __post_init__(self) -> None:
        require_integer("proxy.channels", self.channels, 1)
        require_integer("proxy.resolution", self.resolution, 4)
        # Two reductions halve the map; an odd map would leave a factorized reduce two halves of different sizes.
        allowed = "a multiple of 4: two reduction cells halve the map"
        require(self.resolution % 4 == 0, "proxy.resolution", self.resolution, allowed)
        require_number("proxy.sample_ratio", self.sample_ratio, lambda s: 0 < s <= 1, "a number in (0, 1]")


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """The macro-net around the cells (paper, Figure 2), and what it computes in."""

    cells_per_stage: int = 6  # N; paper, section 5: smaller N is detrimental to the rank consistency
    compute_dtype: ComputeDtype = "float32"  # or bfloat16, on accelerators: activations; what is learnt stays float32

    def __post_init__(self) -> None:
        require_integer("network.cells_per_stage", self.cells_per_stage, 1)
        require_compute_dtype("network.compute_dtype", self.compute_dtype)


@dataclasses.dataclass(frozen=True)
class SearchConfig:
    """A whole search. The defaults are the paper's (section 5)."""

    seed: int = 0
    algorithm: str = "econas"
    space: DartsSpace = DartsSpace()
    search: EcoNASConfig = EcoNASConfig()
    proxy: ProxyConfig = ProxyConfig()
    network: NetworkConfig = NetworkConfig()
    data: DataConfig = DataConfig()
    training: TrainingConfig = TrainingConfig()
    devices: int | None = None  # each trains `lanes` candidates at a time; None: every accelerator, or every CPU core
    lanes: int = 1  # candidates each device trains at once; more fill a large accelerator, and round differently
    # Least time between two commits within a phase, whose end commits too; None: as often as saving costs at most 2 %.
    save_seconds: float | None = None
    retries: int = 1  # of a candidate whose training raises an exception
    failures_in_a_row: int = 20  # stages that diverged or raised an exception, after which the search stops
    disk_gib: float | None = None  # what the workdir may take, with the room a commit needs; None: what is there
    tensorboard: bool = True  # scalars of every cycle in the workdir's tensorboard/

    def __post_init__(self) -> None:
        require_integer("seed", self.seed, 0, 2**31 - 1)
        require(self.algorithm in ALGORITHMS, "algorithm", self.algorithm, "one of " + ", ".join(ALGORITHMS))
        # The stem takes the places of three nodes in the network that all genotypes share.
        require(self.space.nodes >= 3, "space.nodes", self.space.nodes, "a whole number of at least 3")
        trainable = set(self.space.operations) <= set(SEARCH_OPERATIONS)
        require(trainable, "space.operations", self.space.operations, "some of " + ", ".join(SEARCH_OPERATIONS))
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
        require(isinstance(self.tensorboard, bool), "tensorboard", self.tensorboard, "True or False")

    @property
    def stages(self) -> int:
        """How many stages the search trains, if no population runs empty."""
        search = self.search
        per_cycle = search.children + search.promotions_to_2e + search.promotions_to_3e
        return search.initial_population + search.cycles * per_cycle

    @property
    def full_proxy(self) -> Proxy:
        """The proxy of the highest rung, P_3E."""
        return Proxy(self.proxy.channels, self.proxy.resolution, self.proxy.sample_ratio, 3 * self.search.epochs)


def check_against_dataset(config: SearchConfig, dataset: Dataset) -> None:
    """Raises InputError where config and data set, each valid alone, do not go together."""
    images = int(len(dataset.train) * config.proxy.sample_ratio)
    batch = config.training.batch_size
    allowed = f"at most {images}, the training images left by proxy.sample_ratio"
    require(batch <= images, "training.batch_size", batch, allowed)
    require(len(dataset.validation) > 0, "data.validation_size", len(dataset.validation), "at least 1 image to rank by")
    padding, size = config.training.augmentation.crop_padding, dataset.image_size
    require(padding < size, "training.augmentation.crop_padding", padding, f"less than the images' size, {size}")


def default_config() -> ConfigDict:
    """The paper's setting, for a config file to start from."""
    return to_config_dict(SearchConfig())


def from_mapping(fields: Mapping[str, Any]) -> SearchConfig:
    """Builds and checks a search's config; raises InputError naming the first field that is unknown or wrong."""
    return build_config(SearchConfig, fields)
