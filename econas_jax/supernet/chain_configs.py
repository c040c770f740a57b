"""What searches for a chain of blocks can be told; the defaults are those of their authors. No JAX here."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, Literal, get_args

from econas_jax.data.config import Augmentation
from econas_jax.errors import require, require_integer, require_number
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.spaces.chain import mbconv, shufflenet
from econas_jax.spaces.chain.space import ChainSpace
from econas_jax.spaces.proxy import MINIMUM_RESOLUTION
from econas_jax.supernet.field_checks import check_share

Mode = Literal["two", "full"]
CostLoss = Literal["mul#log", "add#linear", "none"]
Sampling = Literal["uniform", "bins"]
Schedule = Literal["cosine", "linear"]


@dataclasses.dataclass(frozen=True)
class ChainProxy:
    """The paper's c, r, s and e for chains, whose c is a multiplier of all channels."""

    width: float = 1.0  # multiplies the channels of all blocks (EcoNAS's c2: 0.5)
    resolution: int = 224  # pixels a side of the training images (r2: 112)
    sample_ratio: float = 1.0  # share of the training images in use
    epochs: int = 160  # passes over the images for the weights, those of the warm-up included

    def __post_init__(self) -> None:
        require_number("width", self.width, lambda value: 0 < value <= 16, "a positive number up to 16")
        require_integer("resolution", self.resolution, MINIMUM_RESOLUTION)
        require_number("sample_ratio", self.sample_ratio, lambda ratio: 0 < ratio <= 1, "a number in (0, 1]")
        require_integer("epochs", self.epochs, 1)


@dataclasses.dataclass(frozen=True)
class MbconvConfig:
    """The supernet of inverted bottlenecks (ProxylessNAS), and the type it computes in."""

    widths: tuple[int, ...] = mbconv.WIDTHS  # channels of each stage, before proxy.width
    depths: tuple[int, ...] = mbconv.DEPTHS  # blocks of each stage
    strides: tuple[int, ...] = mbconv.STRIDES  # of each stage's first block
    stem_stride: int = 2  # 1: for small images
    compute_dtype: ComputeDtype = "float32"  # or bfloat16, on accelerators: activations; what is learnt stays float32

    def __post_init__(self) -> None:
        require_compute_dtype("compute_dtype", self.compute_dtype)
        self.space(1.0)

    def space(self, width: float) -> ChainSpace:
        """Returns the space, channels multiplied; raises InputError for values that make no network."""
        sizes = {"widths": self.widths, "depths": self.depths, "strides": self.strides}
        return mbconv.mbconv_space(width, stem_stride=self.stem_stride, **sizes)


@dataclasses.dataclass(frozen=True)
class ShufflenetConfig:
    """The supernet of ShuffleNet's blocks (Single Path One-Shot), and the type it computes in."""

    widths: tuple[int, ...] = shufflenet.WIDTHS  # channels of each stage, before proxy.width
    depths: tuple[int, ...] = shufflenet.DEPTHS  # blocks of each stage, of which the first halves the map
    stem: int = shufflenet.STEM  # channels of the first convolution, before proxy.width
    last: int = shufflenet.LAST  # channels of the last one
    stem_stride: int = 2  # 1: for small images
    compute_dtype: ComputeDtype = "float32"  # or bfloat16, on accelerators: activations; what is learnt stays float32

    def __post_init__(self) -> None:
        require_compute_dtype("compute_dtype", self.compute_dtype)
        self.space(1.0)

    def space(self, width: float) -> ChainSpace:
        """Returns the space, channels multiplied, to multiples of 4; raises InputError for values without a network."""
        widths, stem = self.widths, self.stem
        if width != 1:
            widths = tuple(max(4, round(width * channels / 4) * 4) for channels in widths)
            stem = max(1, round(width * stem))
        ends: dict[str, int] = {"stem": stem, "last": self.last, "stem_stride": self.stem_stride}
        return shufflenet.shufflenet_space(widths=widths, depths=self.depths, **ends)


@dataclasses.dataclass(frozen=True)
class ChainTrainingConfig:
    """How the weights of a supernet of chains are trained, by SGD (defaults: ProxylessNAS)."""

    batch_size: int = 256  # of all devices together; also of the images for the architecture
    short_batch: bool = False  # an epoch ends with the images that do not fill a batch; False: they sit it out
    learning_rate: float = 0.025  # where its schedule begins, after the warm-up if there is one
    schedule: Schedule = "cosine"  # of the rate, step by step to 0; or linear
    momentum: float = 0.9  # of SGD
    nesterov: bool = True  # Nesterov's momentum, as torch's SGD has it
    weight_decay: float = 4e-5  # added to the gradient of the weights that a step trains
    decays_vectors: bool = True  # of scales, shifts and biases, too, not of kernels alone
    label_smoothing: float = 0.1  # in the loss of the weights, not in that of the architecture
    augmentation: Augmentation = Augmentation(crop_padding=0)  # of the images for the weights

    def __post_init__(self) -> None:
        require_integer("batch_size", self.batch_size, 2)
        for name in ("short_batch", "nesterov", "decays_vectors"):
            require(isinstance(getattr(self, name), bool), name, getattr(self, name), "True or False")
        require_number("learning_rate", self.learning_rate, lambda rate: rate > 0, "a positive number")
        require(self.schedule in get_args(Schedule), "schedule", self.schedule, " or ".join(get_args(Schedule)))
        for name in ("momentum", "weight_decay", "label_smoothing"):
            require_number(name, getattr(self, name), lambda value: 0 <= value < 1, "a number in [0, 1)")


@dataclasses.dataclass(frozen=True)
class ProxylessConfig:
    """ProxylessNAS (Cai et al., 2019): binary gates, one path or two at a time, and a cost in the loss."""

    ranks: ClassVar[bool] = False  # whether the search ends with a ranking of candidates

    mode: Mode = "two"  # candidates of a place that a step of the architecture computes; or full, all (the code)
    warmup_epochs: int = 40  # the first of proxy.epochs, in which the weights alone are trained, on random paths
    warmup_learning_rate: float = 0.05  # of the weights, where the warm-up's cosine to 0 begins
    weights_steps: int = 5  # after which the architecture is stepped, but for the warm-up and the epoch after it
    learning_rate: float = 1e-3  # of Adam for the architecture, whose beta1 is 0
    beta2: float = 0.999  # of Adam: the decay of the mean square
    architecture_share: float = 0.039  # of the training images, for the architecture; the weights have the others
    cost_loss: CostLoss = "mul#log"  # how the cost joins the loss; or add#linear, or none
    latency_table: str | None = None  # JSON file of latencies, which are the cost then; None: multiply-adds
    reference_cost: float = 300e6  # that is wanted, in multiply-adds or in the table's unit
    cost_weight: float = 0.2  # mul#log: a factor of the whole loss; add#linear: of the cost (the authors': 0.1)
    cost_exponent: float = 0.3  # mul#log only

    def __post_init__(self) -> None:
        for name, choices in (("mode", get_args(Mode)), ("cost_loss", get_args(CostLoss))):
            require(getattr(self, name) in choices, name, getattr(self, name), " or ".join(choices))
        require_integer("warmup_epochs", self.warmup_epochs, 0)
        require_integer("weights_steps", self.weights_steps, 1)
        for name in ("warmup_learning_rate", "learning_rate", "cost_weight"):
            require_number(name, getattr(self, name), lambda rate: rate > 0, "a positive number")
        require_number("beta2", self.beta2, lambda value: 0 <= value < 1, "a number in [0, 1)")
        check_share(self.architecture_share)
        require_number("reference_cost", self.reference_cost, lambda cost: cost > 1, "a number above 1")
        require_number("cost_exponent", self.cost_exponent, lambda value: value >= 0, "a number, 0 or more")
        named = self.latency_table is None or (isinstance(self.latency_table, str) and bool(self.latency_table))
        require(named, "latency_table", self.latency_table, "a JSON file, or None")

    def held_out(self) -> float:
        """Returns the architecture's share."""
        return self.architecture_share


@dataclasses.dataclass(frozen=True)
class SposConfig:
    """Single Path One-Shot (Guo et al., 2020): uniform paths, then an evolution by the supernet's weights."""

    ranks: ClassVar[bool] = True

    sampling: Sampling = "uniform"  # of training paths (the paper); or bins, uniform over multiply-adds (the code)
    bins: int = 7  # bins only: how many there are between both ends
    lowest_cost: float = 290e6  # bins only: multiply-adds
    highest_cost: float = 360e6  # likewise
    architecture_share: float = 0.00625  # of the training images, to judge paths by; the weights have the others
    statistics_batches: int = 200  # of images for the weights, of which each path's running statistics are made
    evaluation_batch_size: int = 128  # of these, and of the images to judge by
    members: int = 50  # paths of a generation
    generations: int = 20  # of the evolution
    parents: int = 10  # the best of all generations so far
    mutations: int = 25  # of a generation
    crossovers: int = 25  # of a generation; the others are random
    mutation_probability: float = 0.1  # that a mutation draws a place's candidate anew
    max_multiply_adds: float | None = 330e6  # of a path; None: any

    def __post_init__(self) -> None:
        require(self.sampling in get_args(Sampling), "sampling", self.sampling, " or ".join(get_args(Sampling)))
        require_integer("bins", self.bins, 1)
        require_number("lowest_cost", self.lowest_cost, lambda cost: cost >= 0, "a number of multiply-adds")
        allowed = f"more than lowest_cost, {self.lowest_cost:g}"
        require_number("highest_cost", self.highest_cost, lambda cost: cost > self.lowest_cost, allowed)
        check_share(self.architecture_share)
        for name in ("statistics_batches", "evaluation_batch_size", "members", "generations", "parents"):
            require_integer(name, getattr(self, name), 1)
        for name in ("mutations", "crossovers"):
            require_integer(name, getattr(self, name), 0)
        allowed = f"at most members, {self.members}, with crossovers"
        require(self.mutations + self.crossovers <= self.members, "mutations", self.mutations, allowed)
        probability = self.mutation_probability
        require_number("mutation_probability", probability, lambda value: 0 <= value <= 1, "a number in [0, 1]")
        if self.max_multiply_adds is not None:
            require_number("max_multiply_adds", self.max_multiply_adds, lambda cost: cost > 0, "a positive number")

    def held_out(self) -> float:
        """Returns the share to judge by."""
        return self.architecture_share
