"""Everything a search inside a supernet can be told, as frozen dataclasses; config files hold the same fields."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, get_args

from ml_collections import ConfigDict

from econas_jax.data.choices import DATA
from econas_jax.data.config import Augmentation, DataConfig
from econas_jax.data.stream.config import StreamConfig
from econas_jax.errors import InputError, require, require_integer, require_number
from econas_jax.experiment.config_fields import build_config, check_choices, to_config_dict
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.spaces.proxy import MOST_CELLS_PER_STAGE, Proxy
from econas_jax.supernet.chain_configs import (
    ChainProxy,
    ChainTrainingConfig,
    MbconvConfig,
    ProxylessConfig,
    ShufflenetConfig,
)
from econas_jax.supernet.method_configs import METHODS, DartsConfig, MethodConfig
from econas_jax.training.config import LARGEST_RESOLUTION

Schedule = Literal["epoch", "step", "restarts"]

# Nothing that is trained depends on these, but for `devices`, which may change the last bits from then on.
CHANGEABLE = frozenset(
    (
        *("devices", "save_epochs", "disk_gib", "tensorboard"),
        *("data.path", "data.download", "data.workers", "search.standalone"),
    )
)

MOST_NODES = 8  # of a cell: with each the edges grow faster


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """The network around the cells, and the type it computes in."""

    cells: int = 8  # of which those after one and two thirds are reduction cells
    nodes: int = 4  # of a cell, each fed by all before it and by both inputs
    compute_dtype: ComputeDtype = "float32"  # or bfloat16, on accelerators: activations; what is learnt stays float32

    def __post_init__(self) -> None:
        require_integer("cells", self.cells, 3, 3 * MOST_CELLS_PER_STAGE)
        require_integer("nodes", self.nodes, 1, MOST_NODES)
        require_compute_dtype("network.compute_dtype", self.compute_dtype)


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """How the network's weights are trained (defaults: DARTS, `cnn/train_search.py`)."""

    batch_size: int = 64  # of all devices together; also of the images for the architecture
    short_batch: bool = True  # an epoch ends with the images that do not fill a batch; False: they sit it out
    learning_rate: float = 0.025  # of SGD, where its cosine begins
    final_learning_rate: float = 0.001  # where its cosine would end, one epoch after the last
    # The rate's cosine goes on with every epoch, or with every step, or begins anew, each time twice as long.
    schedule: Schedule = "epoch"
    restart_epochs: int = 10  # restarts only: epochs of the first cosine
    momentum: float = 0.9  # of SGD
    nesterov: bool = False  # Nesterov's momentum, as torch's SGD has it
    weight_decay: float = 3e-4  # added to the gradient of all weights after clipping, as torch's SGD does
    gradient_clip: float | None = 5.0  # largest global norm; None: any
    augmentation: Augmentation = Augmentation()  # of all images, those for the architecture, too

    def __post_init__(self) -> None:
        require_integer("batch_size", self.batch_size, 2)
        require_integer("restart_epochs", self.restart_epochs, 1)
        for name in ("short_batch", "nesterov"):
            require(isinstance(getattr(self, name), bool), name, getattr(self, name), "True or False")
        require(self.schedule in get_args(Schedule), "schedule", self.schedule, " or ".join(get_args(Schedule)))
        require_number("learning_rate", self.learning_rate, lambda rate: rate > 0, "a positive number")
        allowed = f"a number from 0 to learning_rate, {self.learning_rate:g}"
        fits = 0 <= self.final_learning_rate <= self.learning_rate
        require_number("final_learning_rate", self.final_learning_rate, lambda rate: fits, allowed)
        for name in ("momentum", "weight_decay"):
            require_number(name, getattr(self, name), lambda value: 0 <= value < 1, "a number in [0, 1)")
        if self.gradient_clip is not None:
            require_number("gradient_clip", self.gradient_clip, lambda value: value > 0, "a positive number, or None")


def _by_method(of_cells: type, **of_chains: type) -> dict[str, Any]:
    """Returns a group's metadata: its kind for every method, all but those of chains having that of cells."""
    return {"choices": {name: of_cells for name in METHODS} | of_chains, "by": "method"}


@dataclasses.dataclass(frozen=True)
class SupernetConfig:
    """A whole search inside a supernet. The defaults are DARTS's on CIFAR-10."""

    seed: int = 0  # of every random number
    method: str = "darts"  # the fields of `search` are this method's
    search: MethodConfig = dataclasses.field(default=DartsConfig(), metadata={"choices": METHODS, "by": "method"})
    # The paper's c, r, s and e: channels of the first cells, pixels a side, share of the training images, epochs.
    proxy: Proxy | ChainProxy = dataclasses.field(
        default=Proxy(channels=16, resolution=32, sample_ratio=1.0, epochs=50),
        metadata=_by_method(Proxy, proxyless=ChainProxy, spos=ChainProxy),
    )
    network: NetworkConfig | MbconvConfig | ShufflenetConfig = dataclasses.field(
        default=NetworkConfig(), metadata=_by_method(NetworkConfig, proxyless=MbconvConfig, spos=ShufflenetConfig)
    )
    training: TrainingConfig | ChainTrainingConfig = dataclasses.field(
        default=TrainingConfig(),
        metadata=_by_method(TrainingConfig, proxyless=ChainTrainingConfig, spos=ChainTrainingConfig),
    )
    # Of its images, the training images are searched on, and no others are read.
    # The fields of `data` are those of images in memory, or of streamed ones, as its `name` says.
    data: DataConfig | StreamConfig = dataclasses.field(
        default=DataConfig(validation_size=0), metadata={"choices": DATA, "by": "name"}
    )
    devices: int | None = None  # that share every batch; None: every accelerator, or the CPU with all its cores
    # Epochs between two commits. After ten minutes without one, and at an interrupt, it commits within an epoch, too.
    save_epochs: int = 1
    disk_gib: float | None = None  # what the workdir may take, with the room a commit needs; None: what is there
    tensorboard: bool = True  # scalars of every epoch in the workdir's tensorboard/

    def __post_init__(self) -> None:
        require_integer("seed", self.seed, 0, 2**31 - 1)
        require(self.method in METHODS, "method", self.method, "one of " + ", ".join(METHODS))
        check_choices(self)
        require_integer("proxy.resolution", self.proxy.resolution, 4, LARGEST_RESOLUTION)
        if isinstance(self.network, NetworkConfig):
            allowed = "a multiple of 4: two reduction cells halve the map"
            require(self.proxy.resolution % 4 == 0, "proxy.resolution", self.proxy.resolution, allowed)
        elif isinstance(self.proxy, ChainProxy):
            _check_width(self.network, self.proxy.width)
        if isinstance(self.search, ProxylessConfig):
            require_integer("search.warmup_epochs", self.search.warmup_epochs, 0, self.proxy.epochs - 1)
        if self.devices is not None:
            require_integer("devices", self.devices, 1)
        require_integer("save_epochs", self.save_epochs, 1)
        if self.disk_gib is not None:
            require_number("disk_gib", self.disk_gib, lambda size: size > 0, "a positive number, or None")
        require(isinstance(self.tensorboard, bool), "tensorboard", self.tensorboard, "True or False")


def _check_width(network: MbconvConfig | ShufflenetConfig, width: float) -> None:
    """Raises InputError for a width that makes no network, or whose paths are none at width 1."""
    try:
        places = network.space(width).places
    except InputError as error:  # the network's own values are right
        raise InputError("proxy.width", width, f"a network whose {error.field} are {error.allowed}") from None
    allowed = "a width at which the same blocks can be left out as at 1: where inputs and outputs are as many"
    same = [len(place) for place in places] == [len(place) for place in network.space(1.0).places]
    require(same, "proxy.width", width, allowed)


def default_config(method: str = "darts", data: str = "cifar10") -> ConfigDict:
    """Returns a method's defaults, for a config file to start from; raises InputError for an unknown name.

    data: what `data.name` is; `image_stream` and `tfds_stream` have fields of their own.
    """
    require(method in METHODS, "method", method, "one of " + ", ".join(METHODS))
    return to_config_dict(build_config(SupernetConfig, {"method": method, "data": {"name": data}}))


def from_mapping(fields: Mapping[str, Any]) -> SupernetConfig:
    """Builds and checks a search's config; raises InputError naming the first field that is unknown or wrong."""
    return build_config(SupernetConfig, fields)
