"""What each method of a search inside a supernet can be told; the defaults are those of its authors. No JAX here."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, Literal, get_args

from econas_jax.errors import require, require_integer, require_number
from econas_jax.supernet.chain_configs import ProxylessConfig, SposConfig
from econas_jax.supernet.field_checks import check_share, check_temperatures

Product = Literal["difference", "exact"]
Final = Literal["best", "last"]


@dataclasses.dataclass(frozen=True)
class AdamConfig:
    """How architecture weights are stepped: what all methods that learn such share."""

    ranks: ClassVar[bool] = False  # whether the search ends with a ranking of candidates

    learning_rate: float = 3e-4  # of Adam, constant
    beta1: float = 0.5  # of Adam: the decay of the mean gradient
    beta2: float = 0.999  # of Adam: the decay of the mean square
    weight_decay: float = 1e-3  # added to the gradient, as torch's Adam does

    def __post_init__(self) -> None:
        require_number("learning_rate", self.learning_rate, lambda rate: rate > 0, "a positive number")
        for name in ("beta1", "beta2"):
            require_number(name, getattr(self, name), lambda value: 0 <= value < 1, "a number in [0, 1)")
        require_number("weight_decay", self.weight_decay, lambda value: value >= 0, "a number, 0 or more")

    def held_out(self) -> float:
        """Returns the share of the training images that the weights do not have; 0: both have all."""
        return 0.0


@dataclasses.dataclass(frozen=True)
class DartsConfig(AdamConfig):
    """DARTS (Liu et al., 2019), first or second order."""

    architecture_share: float = 0.5  # of the training images, for the architecture; the weights have the others
    second_order: bool = False  # looks one training step ahead (`--unrolled` of the authors' code)
    # The second order's product of a mixed Hessian and a vector: from two gradients, as published, or exact.
    product: Product = "difference"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share(self.architecture_share)
        require(isinstance(self.second_order, bool), "second_order", self.second_order, "True or False")
        require(self.product in get_args(Product), "product", self.product, " or ".join(get_args(Product)))

    def held_out(self) -> float:
        """Returns the architecture's share."""
        return self.architecture_share


@dataclasses.dataclass(frozen=True)
class SnasConfig(AdamConfig):
    """SNAS (Xie et al., 2019), with one loss on all images and a cost."""

    gradient_clip: float = 10.0  # largest norm of the logits' gradient
    first_temperature: float = 1.0  # of the samples; falls by the same amount with every epoch, the first included
    last_temperature: float = 0.03  # in the last epoch
    cost_weight: float = 1.5e-3  # of the logarithm of the sampled cell's cost in the loss; 0: no cost

    def __post_init__(self) -> None:
        super().__post_init__()
        require_number("gradient_clip", self.gradient_clip, lambda norm: norm > 0, "a positive number")
        check_temperatures(self.first_temperature, self.last_temperature)
        require_number("cost_weight", self.cost_weight, lambda weight: weight >= 0, "a number, 0 or more")


@dataclasses.dataclass(frozen=True)
class GdasConfig(AdamConfig):
    """GDAS (Dong and Yang, 2019): one operation an edge at a time."""

    architecture_share: float = 0.5  # of the training images, for the architecture; the weights have the others
    first_temperature: float = 10.0  # of the samples in the first epoch; falls by the same amount with every epoch
    last_temperature: float = 0.1  # in the last epoch
    final: Final = "best"  # the genotype of the epoch with the best accuracy on architecture batches, or the last one

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share(self.architecture_share)
        check_temperatures(self.first_temperature, self.last_temperature)
        require(self.final in get_args(Final), "final", self.final, " or ".join(get_args(Final)))

    def held_out(self) -> float:
        """Returns the architecture's share."""
        return self.architecture_share


@dataclasses.dataclass(frozen=True)
class EnasConfig(AdamConfig):
    """ENAS (Pham et al., 2018): a controller draws cells, and learns from their accuracies by REINFORCE."""

    ranks: ClassVar[bool] = True

    learning_rate: float = 3.5e-3  # of the controller's Adam, constant
    beta1: float = 0.0  # of Adam: the decay of the mean gradient
    beta2: float = 0.999  # of Adam: the decay of the mean square
    weight_decay: float = 0.0  # added to the gradient, as torch's Adam does
    architecture_share: float = 0.1  # of the training images, for rewards; the weights have the others
    controller_steps: int = 30  # of the controller after each epoch of the weights
    samples: int = 10  # of cells, whose mean a controller's step follows
    reward_images: int = 160  # on which each of these is scored
    entropy_weight: float = 1e-4  # of the choices' entropy in the reward, which is a fraction of 1
    baseline_rate: float = 0.01  # at which the baseline follows the rewards
    candidates: int = 10  # drawn at the end, and ranked by their accuracy on all images for rewards

    def __post_init__(self) -> None:
        super().__post_init__()
        check_share(self.architecture_share)
        for name in ("controller_steps", "samples", "reward_images", "candidates"):
            require_integer(name, getattr(self, name), 1)
        require_number("entropy_weight", self.entropy_weight, lambda weight: weight >= 0, "a number, 0 or more")
        require_number("baseline_rate", self.baseline_rate, lambda rate: 0 < rate <= 1, "a number in (0, 1]")

    def held_out(self) -> float:
        """Returns the architecture's share."""
        return self.architecture_share


@dataclasses.dataclass(frozen=True)
class OneShotConfig:
    """One-shot by uniform sampling (Guo et al., 2020) on the cells of DARTS."""

    ranks: ClassVar[bool] = True

    architecture_share: float = 0.1  # of the training images, to rank by; the weights have the others
    candidates: int = 1000  # random cells that are ranked at the end
    # The folder of a search of the same space, or of a study: its networks are ranked, too, and both ranks compared.
    standalone: str | None = None

    def __post_init__(self) -> None:
        check_share(self.architecture_share)
        require_integer("candidates", self.candidates, 1)
        named = self.standalone is None or (isinstance(self.standalone, str) and bool(self.standalone))
        require(named, "standalone", self.standalone, "the folder of a search or of a study, or None")

    def held_out(self) -> float:
        """Returns the share to rank by."""
        return self.architecture_share


@dataclasses.dataclass(frozen=True)
class HypernetworkConfig(AdamConfig):
    """SMASH's hypernetwork: a DenseNet that makes 1x1 kernels, and how it is trained."""

    learning_rate: float = 1e-3  # of Adam at first; it falls as that of the weights does
    weight_decay: float = 0.0  # added to the gradient, as torch's Adam does
    layers: int = 8  # of the DenseNet, before the one that makes the kernels
    growth: int = 10  # channels of each of these layers, which all later ones read

    def __post_init__(self) -> None:
        super().__post_init__()
        require_integer("layers", self.layers, 0)
        require_integer("growth", self.growth, 1)


@dataclasses.dataclass(frozen=True)
class SmashConfig(OneShotConfig):
    """SMASH (Brock et al., 2018) on the cells of DARTS: a hypernetwork makes the 1x1 kernels of random cells."""

    candidates: int = 500  # random cells that are ranked at the end
    perturbations: int = 100  # of the best of these, which are ranked next
    markov_steps: int = 100  # then perturbations of the best so far, which one that is better takes the place of
    perturbation: float = 0.05  # the probability that an edge's operation, or its input, becomes another one
    hypernetwork: HypernetworkConfig = HypernetworkConfig()

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("perturbations", "markov_steps"):
            require_integer(name, getattr(self, name), 0)
        require_number("perturbation", self.perturbation, lambda value: 0 <= value <= 1, "a number in [0, 1]")


ChainMethodConfig = ProxylessConfig | SposConfig
CellMethodConfig = DartsConfig | SnasConfig | GdasConfig | EnasConfig | OneShotConfig | SmashConfig
MethodConfig = CellMethodConfig | ChainMethodConfig

METHODS: dict[str, type[MethodConfig]] = {
    "darts": DartsConfig,
    "snas": SnasConfig,
    "gdas": GdasConfig,
    "enas": EnasConfig,
    "one_shot": OneShotConfig,
    "smash": SmashConfig,
    "proxyless": ProxylessConfig,
    "spos": SposConfig,
}


def is_of_chains(method: str) -> bool:
    """Says whether a method searches for a chain of blocks; raises KeyError for an unknown one."""
    return issubclass(METHODS[method], ChainMethodConfig)
