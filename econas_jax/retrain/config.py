"""Everything a retraining can be told, as frozen dataclasses; config files hold the same fields as a ConfigDict."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, get_args

from ml_collections import ConfigDict

from econas_jax.data.choices import DATA
from econas_jax.data.config import DataConfig
from econas_jax.data.stream.config import StreamConfig
from econas_jax.errors import require, require_integer, require_number
from econas_jax.experiment.config_fields import build_config, check_choices, to_config_dict
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.spaces.darts.macro_net import Stem, check_macro_net
from econas_jax.spaces.proxy import MOST_CELLS_PER_STAGE, MOST_CHANNELS
from econas_jax.training.config import LARGEST_RESOLUTION
from econas_jax.training.recipe import Recipe

Start = Literal["scratch", "search"]

# No number of a retraining depends on these, but for `devices`, which may change the last bits of what is trained from
# then on, and `validate_epochs`, which says in which epochs there is a number at all.
CHANGEABLE = frozenset(
    (
        *("devices", "save_epochs", "validate_epochs", "disk_gib", "tensorboard"),
        *("data.path", "data.download", "data.workers"),
    )
)


@dataclasses.dataclass(frozen=True)
class NetworkConfig:
    """The network around the cells (paper, section 5.1), and the type it computes in."""

    channels: int = 36  # C of the first cells
    cells_per_stage: int = 6  # N: 3N + 2 cells
    stem: Stem = "cifar"  # or imagenet: three convolutions that halve the image three times
    auxiliary: bool = False  # in training a second classifier after two thirds of the cells (DARTS's --auxiliary)
    compute_dtype: ComputeDtype = "float32"  # or bfloat16, on accelerators: activations; what is learnt stays float32

    def __post_init__(self) -> None:
        require_integer("network.channels", self.channels, 1, MOST_CHANNELS)
        require_integer("network.cells_per_stage", self.cells_per_stage, 1, MOST_CELLS_PER_STAGE)
        check_macro_net(self.channels, self.cells_per_stage, 2, self.stem)
        require(isinstance(self.auxiliary, bool), "network.auxiliary", self.auxiliary, "True or False")
        require_compute_dtype("network.compute_dtype", self.compute_dtype)


@dataclasses.dataclass(frozen=True)
class RetrainConfig:
    """A whole retraining. The defaults are the paper's on CIFAR-10 (section 5.1), which are DARTS's."""

    # What is trained: a search's result.json (its best, one after another), result.json:0 (one of them, from 0), a name
    # that `econas-jax zoo` lists, such as DARTS_V2, or a genotype's text.
    genotype: str = ""
    seed: int = 0  # of every random number
    # All training images are trained on by default, as in the papers.
    # The fields of `data` are those of images in memory, or of streamed ones, as its `name` says.
    data: DataConfig | StreamConfig = dataclasses.field(
        default=DataConfig(validation_size=0), metadata={"choices": DATA, "by": "name"}
    )
    network: NetworkConfig = NetworkConfig()
    training: Recipe = Recipe()
    resolution: int | None = None  # pixels a side that the network sees; None: the images' own
    start: Start = "scratch"  # or search: with the weights that the search kept of a candidate of the same size
    devices: int | None = None  # that share every batch; None: every accelerator, or the CPU with all its cores
    # Epochs between two commits. After ten minutes without one, and at an interrupt, it commits within an epoch, too.
    save_epochs: int = 10
    validate_epochs: int = 10  # epochs between two looks at the validation images, if there are any
    disk_gib: float | None = None  # what the workdir may take, with the room a commit needs; None: what is there
    tensorboard: bool = True  # scalars of every epoch in the workdir's tensorboard/

    def __post_init__(self) -> None:
        check_choices(self)
        require(isinstance(self.genotype, str), "genotype", self.genotype, "text")
        require_integer("seed", self.seed, 0, 2**31 - 1)
        if self.resolution is not None:
            require_integer("resolution", self.resolution, 4, LARGEST_RESOLUTION)
        require(self.start in get_args(Start), "start", self.start, " or ".join(get_args(Start)))
        if self.devices is not None:
            require_integer("devices", self.devices, 1)
        require_integer("save_epochs", self.save_epochs, 1)
        require_integer("validate_epochs", self.validate_epochs, 1)
        if self.disk_gib is not None:
            require_number("disk_gib", self.disk_gib, lambda size: size > 0, "a positive number, or None")
        require(isinstance(self.tensorboard, bool), "tensorboard", self.tensorboard, "True or False")


def default_config(data: str = "cifar10") -> ConfigDict:
    """Returns the defaults, for a config file to start from.

    data: what `data.name` is; `image_stream` and `tfds_stream` have fields of their own. Raises InputError for an
    unknown name.
    """
    require(data in DATA, "data", data, "one of " + ", ".join(DATA))
    usual = RetrainConfig().data
    fields = {**(dataclasses.asdict(usual) if type(usual) is DATA[data] else {}), "name": data}
    return to_config_dict(RetrainConfig(data=DATA[data](**fields)))


def from_mapping(fields: Mapping[str, Any]) -> RetrainConfig:
    """Builds and checks a retraining's config; raises InputError naming the first field that is unknown or wrong."""
    return build_config(RetrainConfig, fields)
