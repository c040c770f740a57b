"""Everything a search can be told, as frozen dataclasses; config files hold the same fields as a ConfigDict."""

from __future__ import annotations

import contextlib
import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict, config_dict

from econas_jax.algorithms import ALGORITHMS, EcoNASConfig
from econas_jax.data import LOADERS, Dataset, load_dataset
from econas_jax.errors import InputError, require, require_integer, require_number
from econas_jax.genotype import SEARCH_OPERATIONS
from econas_jax.nn import ComputeDtype, require_compute_dtype
from econas_jax.proxy import Proxy
from econas_jax.spaces import DartsSpace
from econas_jax.training import TrainingConfig

Config = typing.TypeVar("Config")  # a dataclass


@dataclasses.dataclass(frozen=True)
class DataConfig:
    """Which images to search on (`econas_jax.data.load_dataset`)."""

    name: str = "cifar10"
    path: str | None = None  # file or folder; cifar10 also looks in the usual places without it
    validation_size: int | None = None  # images split off the training set; None: the data set's own number
    download: bool = False  # cifar10 only, never without being asked for
    image_size: int | None = None  # image_folder only

    def __post_init__(self) -> None:
        require(self.name in LOADERS, "data.name", self.name, "one of " + ", ".join(LOADERS))
        for field in ("validation_size", "image_size"):
            if getattr(self, field) is not None:
                require_integer(f"data.{field}", getattr(self, field), 1)

    def load(self, seed: int) -> Dataset:
        """The data set; raises InputError if it cannot be had."""
        options = {"path": self.path, "download": self.download, "image_size": self.image_size}
        try:
            return load_dataset(self.name, validation_size=self.validation_size, seed=seed, **options)  # type: ignore[arg-type]
        except InputError as error:  # the loaders do not know where their arguments come from
            if error.field in {field.name for field in dataclasses.fields(self)}:
                raise InputError(f"data.{error.field}", error.value, error.allowed) from None
            raise


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


def to_config_dict(config: Any) -> ConfigDict:
    """A dataclass, nested ones included, as a ConfigDict; fields that are None become typed placeholders."""
    hints = typing.get_type_hints(type(config))
    result = ConfigDict()
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            value = to_config_dict(value)
        elif value is None:
            value = config_dict.placeholder(_without_none(hints[field.name]))
        result[field.name] = value
    return result


def default_config() -> ConfigDict:
    """The paper's setting, for a config file to start from."""
    return to_config_dict(SearchConfig())


def from_mapping(fields: Mapping[str, Any]) -> SearchConfig:
    """Builds and checks a search's config; raises InputError naming the first field that is unknown or wrong."""
    return build_config(SearchConfig, fields)


def build_config(kind: type[Config], fields: Any, path: str = "") -> Config:
    """A dataclass of the kind, nested ones included; raises InputError naming the first field that is wrong.

    path: of the group of fields in the whole config, ending in a dot, for messages.
    """
    known = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    require(isinstance(fields, Mapping | ConfigDict), path.rstrip(".") or "config", fields, "a group of fields")
    for name in fields:
        require(name in known, "config field", f"{path}{name}", "one of " + ", ".join(path + field for field in known))
    hints = typing.get_type_hints(kind)
    values = {name: _convert(hints[name], fields[name], f"{path}{name}") for name in fields}
    try:
        return kind(**values)
    except InputError as error:  # the algorithm's and the augmentation's own checks do not know where they are used
        if path and not error.field.startswith(path):
            raise InputError(f"{path}{error.field}", error.value, error.allowed) from None
        raise


def _convert(hint: Any, value: Any, path: str) -> Any:
    """The value as its field's type; whole numbers pass for floats, lists for tuples, nothing else is converted."""
    if dataclasses.is_dataclass(hint):
        return build_config(typing.cast(type, hint), value, f"{path}.")
    if isinstance(hint, types.UnionType) and value is None:
        return None
    kind = typing.get_origin(_without_none(hint)) or _without_none(hint)
    kind = str if kind is typing.Literal else kind  # which texts, the dataclass itself checks
    if kind is tuple and isinstance(value, list | tuple):
        return tuple(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):  # then it is refused below, as a whole number
            return float(value)
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    names = {int: "a whole number", float: "a number", str: "text", bool: "True or False", tuple: "a list"}
    require(fits, path, value, names.get(kind, str(kind)))
    return value


def _without_none(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        return next(kind for kind in typing.get_args(hint) if kind is not types.NoneType)
    return hint
