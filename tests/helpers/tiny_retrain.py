"""A retraining in a second, for tests: a network that compiles in a blink, its images, and what is read of them."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import safetensors.numpy

from econas_jax.data import Dataset, Split
from econas_jax.data.batches import MemoryBatches, MemorySource
from econas_jax.data.config import Augmentation
from econas_jax.errors import InputError
from econas_jax.nn.network import Cost
from econas_jax.retrain import RetrainConfig, networks
from econas_jax.retrain.choices import Choice
from econas_jax.training import data_parallel
from econas_jax.training.recipe import Recipe

SIZE, CLASSES, IMAGES = 4, 3, 22
# Two cells of one node: real networks that compile soon.
SMALL = (
    "Genotype(normal=[('{}', 0), ('skip_connect', 1)], normal_concat=[2], "
    "reduce=[('max_pool_3x3', 0), ('skip_connect', 1)], reduce_concat=[2])"
)
GENOTYPE = SMALL.format("sep_conv_3x3")
RECIPE = Recipe(
    epochs=4,
    batch_size=8,
    learning_rate=0.1,
    drop_path_probability=0.3,
    augmentation=Augmentation(1, True, cutout=1),
    evaluation_batch_size=5,
)
CONFIG = RetrainConfig(genotype=GENOTYPE, training=RECIPE, save_epochs=1, validate_epochs=2, tensorboard=False)


@dataclasses.dataclass(frozen=True)
class ToyNetwork:
    """A linear layer on centred pixels, of which some are dropped; running means serve the evaluation."""

    num_classes: int

    def init(self, rngs: jax.Array, *arguments: Any, train: bool) -> Any:
        pixels = arguments[0][0].size
        kernel = jax.random.normal(rngs, (pixels, self.num_classes)) / 10
        return {"params": {"kernel": kernel}, "batch_stats": {"mean": jnp.zeros(pixels)}}

    def apply(self, variables: Any, *arguments: Any, train: bool, mutable: Any = False, **drop_path: Any) -> Any:
        flat = arguments[0].reshape(len(arguments[0]), -1)
        running = variables["batch_stats"]["mean"]
        if not train:
            return (flat - running[None]) @ variables["params"]["kernel"]
        if not drop_path:  # statistics alone are asked for
            return None, {"batch_stats": {"mean": running + 0.1 * (jnp.mean(flat, 0) - running)}}
        keep = 1 - drop_path["drop_path_probability"]
        kept = jax.random.bernoulli(drop_path["rngs"]["drop_path"], keep, flat.shape)
        mean = jnp.mean(flat, axis=0)
        logits = jnp.where(kept, flat - mean[None], 0) @ variables["params"]["kernel"]
        return logits, {"batch_stats": {"mean": running + 0.1 * (mean - running)}}


@dataclasses.dataclass(frozen=True)
class ToyDescription:
    """Describes a `ToyNetwork`."""

    kind: ClassVar[str] = "toy"
    drops_paths: ClassVar[bool] = True

    num_classes: int
    title: str = "a toy"

    def build(self, *, auxiliary: bool = False) -> ToyNetwork:
        if auxiliary:
            raise InputError("auxiliary", auxiliary, "False")
        return ToyNetwork(self.num_classes)

    def cost(self, resolution: int) -> Cost:
        parameters = 3 * resolution**2 * self.num_classes
        return Cost(parameters, parameters)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "num_classes": self.num_classes, "title": self.title}


def use_toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a retraining train toys, whatever genotypes it is asked for; it is asked to stop only after steps."""

    def described(choice: Choice, config: RetrainConfig, num_classes: int) -> ToyDescription:
        return ToyDescription(num_classes, str(choice.genotype))

    def compiled(makers: Mapping[Any, Callable[[], Any]], check: Callable[[], None]) -> dict[Any, Any]:
        return {key: make() for key, make in makers.items()}

    monkeypatch.setattr(networks, "described", described)
    monkeypatch.setattr(data_parallel, "compiled_beside", compiled)
    share_trainers(monkeypatch)


_shared_trainer = functools.cache(data_parallel.DataParallelTrainer)


def share_trainers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes all retrainings of equal tasks use one trainer: it keeps programs, and nothing of what it has trained."""
    monkeypatch.setattr(networks, "DataParallelTrainer", _shared_trainer)


class CountingSource(MemorySource):
    """Images in memory; counts how often a split is evaluated, and the training images that were handed out."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(dataset)
        self.read: Counter[str] = Counter()
        self.batch_sizes: list[int] = []

    def training(self, batch_size: int, seed: int, *, short_batch: bool) -> MemoryBatches:
        source, batches = self, super().training(batch_size, seed, short_batch=short_batch)

        class Counting(MemoryBatches):
            def __init__(self) -> None:
                self.steps_of_an_epoch = batches.steps

            @property
            def steps(self) -> int:
                return self.steps_of_an_epoch

            def epoch(self, number: int, first_step: int = 0) -> Iterator[Split]:
                for batch in batches.epoch(number, first_step):
                    source.batch_sizes.append(len(batch))
                    yield batch

        return Counting()

    def evaluation(self, split: str, batch_size: int) -> Iterator[Split]:
        self.read[split] += 1
        return super().evaluation(split, batch_size)


def tiny_dataset(validation: int = 6, test: int = 7) -> Dataset:
    """Random images whose brightness tells the class a little."""

    def split(count: int, seed: int) -> Split:
        rng = np.random.default_rng(seed)
        labels = np.arange(count, dtype=np.int32) % CLASSES
        images = rng.integers(0, 150, (count, SIZE, SIZE, 3)) + 50 * labels[:, None, None, None]
        return Split(images.astype(np.uint8), labels)

    splits = (split(IMAGES, 0), split(validation, 1), split(test, 2))
    return Dataset("tiny", *splits, CLASSES, (0.5, 0.5, 0.5), (0.2, 0.2, 0.2), classes=("low", "middle", "high"))


def tiny_source(validation: int = 6, test: int = 7) -> CountingSource:
    """`tiny_dataset` as a source that counts."""
    return CountingSource(tiny_dataset(validation, test))


def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a retraining draw no figures and write no page: they take longer than all the rest."""
    monkeypatch.setattr("econas_jax.retrain.report.page.write_retrain_report", lambda workdir: workdir)


def weights(network: Path) -> dict[str, np.ndarray]:
    """The weights of the trained model in a network's folder, by their paths."""
    return safetensors.numpy.load_file(network / "model" / "weights.safetensors")


def history(network: Path) -> list[dict[str, Any]]:
    """The lines of a network's history, without the seconds."""
    lines = [json.loads(line) for line in (network / "history.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


def assert_same_training(ours: Path, others: Path) -> None:
    """Equal bit for bit, but for the seconds. ours, others: folders of networks."""
    one, other = weights(ours), weights(others)
    assert one.keys() == other.keys()
    assert all(one[name].tobytes() == other[name].tobytes() for name in one)
    assert history(ours) == history(others)
    results = [json.loads((folder / "outcome.json").read_text()) | {"seconds": 0} for folder in (ours, others)]
    assert results[0] == results[1]
