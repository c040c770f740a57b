"""A supernet of chains that compiles in a blink, for tests of whole searches."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from tiny_retrain import SIZE
from tiny_supernet import use_toys

from econas_jax.data.config import Augmentation
from econas_jax.nn.chain import Gates
from econas_jax.nn.chain.gates import add_gates
from econas_jax.spaces.chain import ChainSpace
from econas_jax.supernet import SupernetConfig
from econas_jax.supernet.chain_configs import (
    ChainProxy,
    ChainTrainingConfig,
    MbconvConfig,
    ProxylessConfig,
    ShufflenetConfig,
    SposConfig,
)
from econas_jax.supernet.chains import choice

TRAINING = ChainTrainingConfig(batch_size=4, learning_rate=0.05, augmentation=Augmentation(1, True))
PROXYLESS = SupernetConfig(
    method="proxyless",
    search=ProxylessConfig(
        warmup_epochs=1, weights_steps=2, learning_rate=0.1, architecture_share=0.3, reference_cost=1e5
    ),
    proxy=ChainProxy(0.125, SIZE, 1.0, epochs=4),
    network=MbconvConfig((128,), (2,), (1,), stem_stride=1),
    training=TRAINING,
    tensorboard=False,
)
SPOS = SupernetConfig(
    method="spos",
    search=SposConfig(
        architecture_share=0.3,
        statistics_batches=2,
        evaluation_batch_size=4,
        members=6,
        generations=3,
        parents=2,
        mutations=2,
        crossovers=2,
        max_multiply_adds=4500,
    ),
    proxy=ChainProxy(1.0, SIZE, 1.0, epochs=2),
    network=ShufflenetConfig((8,), (3,), stem=4, last=6, stem_stride=1),
    training=dataclasses.replace(TRAINING, schedule="linear", nesterov=False, decays_vectors=False),
    tensorboard=False,
)


@dataclasses.dataclass(frozen=True)
class ToyChainSupernet:
    """Every candidate but Zero is a linear layer on the pixels, whose output is the sum over all places.

    Its variables are named as the real one's.
    """

    space: ChainSpace
    num_classes: int
    compute_dtype: str

    def init(self, key: jax.Array, images: jax.Array, *_: Any, train: bool) -> Any:
        pixels = images[0].size
        params: Any = {"stem": {"bias": jnp.zeros(self.num_classes)}}
        statistics: Any = {"stem": {"mean": jnp.zeros(pixels)}}
        for number, place in enumerate(self.space.places):
            keys = jax.random.split(jax.random.fold_in(key, number), len(place))
            labels = [label for label, block in zip(self.space.labels, place, strict=False) if block.main]
            params[f"place{number}"] = {
                label: {"main0": {"kernel": jax.random.normal(each, (pixels, self.num_classes)) / 30}}
                for label, each in zip(labels, keys, strict=False)
            }
            statistics[f"place{number}"] = {label: {"main0": {"mean": jnp.zeros(pixels)}} for label in labels}
        return {"params": params, "batch_stats": statistics}

    def apply(
        self,
        variables: Any,
        images: jax.Array,
        path: jax.Array,
        gates: Gates | None = None,
        *,
        train: bool,
        mutable: Any = False,
    ) -> Any:
        flat = images.reshape(len(images), -1)
        logits = jnp.zeros((len(images), self.num_classes)) + variables["params"]["stem"]["bias"][None]
        new: Any = {"stem": _moved(variables["batch_stats"]["stem"], flat, jnp.bool_(True))}
        for number in range(len(self.space.places)):
            params, running = (variables[part][f"place{number}"] for part in ("params", "batch_stats"))
            outputs = []
            for place, _ in enumerate(self.space.places[number]):
                label = self.space.labels[place]
                if label not in params:
                    outputs.append(jnp.zeros_like(logits))
                    continue
                mean = jnp.mean(flat, axis=0) if train else running[label]["main0"]["mean"]
                outputs.append((flat - mean[None]) @ params[label]["main0"]["kernel"])
            active = path[number]
            output = jnp.stack(outputs)[active]
            if gates is not None:
                others: Any = list(enumerate(jax.lax.stop_gradient(outputs)))
                if gates.compared is not None:
                    others = [
                        (gates.compared[number], jax.lax.stop_gradient(jnp.stack(outputs))[gates.compared[number]])
                    ]
                output = add_gates(active, output, others, gates.values[number])
            logits += output
            new[f"place{number}"] = {
                label: {"main0": _moved(leaf["main0"], flat, active == self.space.labels.index(label))}
                for label, leaf in running.items()
            }
        return (logits, {"batch_stats": new}) if mutable else logits


def _moved(running: Any, flat: jax.Array, used: jax.Array) -> Any:
    moved = running["mean"] + 0.1 * (jnp.mean(flat, axis=0) - running["mean"])
    return {"mean": jnp.where(used, moved, running["mean"])}


def use_toy_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes searches for chains use toys, and draw no figures; they are asked to stop only after steps."""
    use_toys(monkeypatch)
    monkeypatch.setattr(choice, "ChainSupernet", ToyChainSupernet)
