"""Table 5's question on a small scale: does DARTS by EcoNAS's c4r2s0 find cells as good as by its own proxy, cheaper?

    taskset -c 0 python -m benchmarks.searches.darts_proxies --data DIR --workdir RUNS --json OUT

First-order DARTS searches by its own proxy (16 channels, 32x32 pixels) and by c4r2s0 (9 channels, 16x16), each from
every seed, with equal images, epochs, steps and rates; random cells of the same space stand beside. Every cell is then
retrained on CIFAR-10 by configs/retrain_cifar10_small.py on fewer images, with the channels at which its network needs
about as many multiply-adds as the others. Contenders of a seed share the retraining's images and random numbers, so
that differences are paired. Test images are read once a retraining. What stands in OUT is not done again, and what was
stopped goes on.

The searches have the skeleton of the retrained network (5 cells) and a hundredth of the published steps, so the logits'
rate is 1e-2 instead of 3e-4. It tells the proxies' costs; of their cells it can show large differences alone. It took
37 minutes on one core of an AMD EPYC (Zen 4).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.result_file import write_result
from econas_jax import retrain, supernet
from econas_jax.compare.statistics import estimate
from econas_jax.data import Dataset, load_dataset, training_subset
from econas_jax.data.batches import MemorySource
from econas_jax.experiment import config_source
from econas_jax.nn.darts.supernet.places import cell_places
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.cost import multiply_adds, operation_layers
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS, Genotype
from econas_jax.spaces.darts.macro_net import COLOURS, STEM_WIDTH
from econas_jax.spaces.layers import Layer, Map, convolution, linear
from econas_jax.spaces.layers import multiply_adds as multiply_adds_of
from econas_jax.supernet.derive import skips

PROXIES = {"c2r0": (16, 32), "c4r2": (9, 16)}  # channels and resolution; DARTS's own, and EcoNAS's
RANDOM = "random"
CONTENDERS = (*PROXIES, RANDOM)
CELLS, NODES, CLASSES = 5, 4, 10
EQUAL = 5_800_000  # multiply-adds of a retrained network: 7 channels of DARTS_V2

Row = dict[str, Any]
Run = Callable[[str, int], Row]  # of a contender and a seed


@dataclasses.dataclass(frozen=True)
class Scale:
    """How much is searched and retrained; the same for all contenders."""

    seeds: int = 3
    search_ratio: float = 0.032  # of the training images; half of them for the weights
    search_epochs: int = 4
    search_batch: int = 16
    retrain_ratio: float = 0.2  # of the training images
    retrain_epochs: int = 3


def search_config(proxy: str, seed: int, scale: Scale) -> supernet.SupernetConfig:
    """Returns a search of a proxy."""
    config = supernet.default_config("darts")
    config.seed = seed
    config.proxy.channels, config.proxy.resolution = PROXIES[proxy]
    config.proxy.sample_ratio, config.proxy.epochs = scale.search_ratio, scale.search_epochs
    config.network.cells = CELLS
    config.training.batch_size = scale.search_batch
    config.training.short_batch = False  # one program less to compile
    config.training.learning_rate = 0.1
    config.training.schedule = "step"
    config.search.learning_rate = 1e-2
    config.tensorboard = False
    return supernet.from_mapping(config)


def retrain_config(genotype: Genotype, seed: int, scale: Scale) -> retrain.RetrainConfig:
    """Returns a cell's retraining."""
    config = config_source.load("retrain_cifar10_small")
    config.genotype, config.seed = str(genotype), seed
    config.network.channels = equal_channels(genotype)
    config.training.epochs = scale.retrain_epochs
    config.training.short_batch = False
    config.save_epochs = 1
    config.tensorboard = False
    return retrain.from_mapping(config)


def retrained_multiply_adds(genotype: Genotype, channels: int) -> int:
    """Counts the multiply-adds of a cell's retrained network."""
    return multiply_adds(genotype, channels=channels, cells_per_stage=1, resolution=32)


def equal_channels(genotype: Genotype) -> int:
    """Returns the channels with which a retrained network's multiply-adds are nearest to `EQUAL`."""
    return min(range(2, 65), key=lambda channels: abs(retrained_multiply_adds(genotype, channels) - EQUAL))


def random_cell(seed: int) -> Genotype:
    """Returns a cell of random operations, of those that DARTS chooses among, and inputs."""
    space = DartsSpace(nodes=NODES, operations=SEARCH_OPERATIONS[1:], concat="all")
    return space.sample(np.random.default_rng(seed))


def supernet_multiply_adds(channels: int, resolution: int, cells: int = CELLS) -> int:
    """Counts the multiply-adds of a pass of one image through the supernet, all operations of all edges."""
    outputs = [Map(STEM_WIDTH * channels, resolution)] * 2
    layers: list[Layer] = [convolution(9, Map(COLOURS, resolution), outputs[0])]
    for place in cell_places(channels, cells):
        inside, nodes = (Map(place.channels, side(resolution)) for side in (place.side, place.output_side))
        layers += [convolution(1, outputs[2 + read], inside) for read in place.reads]
        for read in (read for node in range(NODES) for read in range(CELL_INPUTS + node)):
            source = inside if read < CELL_INPUTS else nodes
            for operation in SEARCH_OPERATIONS:
                layers += operation_layers(operation, source, nodes, place.stride(read))
        outputs.append(Map(NODES * place.channels, nodes.side))
    return multiply_adds_of([*layers, linear(outputs[-1].channels, CLASSES)])


def searched(proxy: str, seed: int, scale: Scale, dataset: Dataset, workdir: Path) -> Row:
    """Searches by a proxy; returns what was found and what it cost."""
    began, gone_on = time.process_time(), workdir.exists()
    result = supernet.run_supernet(search_config(proxy, seed, scale), workdir, supernet.Reporter(), dataset=dataset)
    history = result.history
    return {
        "contender": proxy,
        "seed": seed,
        "genotype": str(result.best[0].genotype),
        "skips": history[-1].skips,
        "skips_by_epoch": [record.skips for record in history],
        "architecture_accuracy": history[-1].measures["architecture_accuracy"],
        # The first epoch's have compilation, or what is left of it, in them.
        "epoch_seconds": [later.seconds - before.seconds for before, later in zip(history, history[1:], strict=False)],
        "seconds": history[-1].seconds,
        "cpu_seconds": time.process_time() - began,
        "gone_on": gone_on,  # then cpu_seconds has only what was left to do
        "multiply_adds": supernet_multiply_adds(*PROXIES[proxy]),
    }


def retrained(contender: str, genotype: Genotype, seed: int, scale: Scale, dataset: Dataset, workdir: Path) -> Row:
    """Retrains a contender's cell; returns its outcome."""
    source = MemorySource(dataclasses.replace(dataset, train=training_subset(dataset, scale.retrain_ratio, seed)))
    config = retrain_config(genotype, seed, scale)
    (outcome,) = retrain.run_retrain(config, workdir, retrain.Reporter(), source=source).networks
    fields = {
        "contender": contender,
        "seed": seed,
        "skips": skips(genotype.normal),
        "channels": config.network.channels,
    }
    return fields | dataclasses.asdict(outcome)


def experiment(found: dict[str, list[Row]], scale: Scale, search: Run, train: Run, save: Callable[[], None]) -> None:
    """Adds to the rows found so far those that are missing, one after another, seed by seed.

    search: from a proxy and a seed; train: from a contender and a seed, whose search is done. save: after every row.
    """
    for seed in range(scale.seeds):
        for kind, contenders, run in (("searches", tuple(PROXIES), search), ("retrainings", CONTENDERS, train)):
            for contender in contenders:
                if row_of(found[kind], contender, seed) is None:
                    found[kind].append(run(contender, seed))
                    save()


def row_of(rows: list[Row], contender: str, seed: int) -> Row | None:
    """Returns the row of a contender and a seed, None if there is none yet."""
    return next((row for row in rows if (row["contender"], row["seed"]) == (contender, seed)), None)


def summary(found: dict[str, list[Row]]) -> dict[str, Any]:
    """Returns means over the seeds that all contenders have, and paired differences, with Student's 95 % intervals."""
    accuracies = {
        name: {row["seed"]: row["test_accuracy"] for row in found["retrainings"] if row["contender"] == name}
        for name in CONTENDERS
    }
    seeds = sorted(set.intersection(*(set(each) for each in accuracies.values())))
    values = {name: np.array([accuracies[name][seed] for seed in seeds]) for name in CONTENDERS}
    pairs = [("c4r2", "c2r0"), *((name, RANDOM) for name in PROXIES)]
    return {
        "seeds": seeds,
        "test_accuracy": {name: _fields(each) for name, each in values.items()},
        "differences": {f"{one} - {other}": _fields(values[one] - values[other]) for one, other in pairs},
        "epoch_seconds": {
            name: _fields([s for row in found["searches"] if row["contender"] == name for s in row["epoch_seconds"]])
            for name in PROXIES
        },
    }


def _fields(values: Any) -> Row | None:
    found = estimate(list(values))
    return None if found is None else dataclasses.asdict(found)


def earlier(file: Path, scale: Scale) -> dict[str, list[Row]]:
    """Returns the rows of a file that was begun before; leaves the process where they are of another scale."""
    if not file.exists():
        return {"searches": [], "retrainings": []}
    fields = json.loads(file.read_text(encoding="utf-8"))
    if fields["scale"] != dataclasses.asdict(scale):
        raise SystemExit(f"{file} was made at another scale, {fields['scale']}: name another file and workdir")
    return {kind: fields[kind] for kind in ("searches", "retrainings")}


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="where CIFAR-10 lies, as --config.data.path")
    parser.add_argument("--workdir", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    for field in dataclasses.fields(Scale):
        kind = type(field.default)
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default)
    arguments = parser.parse_args()
    scale = Scale(**{field.name: getattr(arguments, field.name) for field in dataclasses.fields(Scale)})
    found, dataset = earlier(arguments.json, scale), load_dataset("cifar10", path=arguments.data, validation_size=0)

    def search(proxy: str, seed: int) -> Row:
        return searched(proxy, seed, scale, dataset, arguments.workdir / f"search_{proxy}_{seed}")

    def train(contender: str, seed: int) -> Row:
        own = row_of(found["searches"], contender, seed)
        genotype = random_cell(seed) if own is None else Genotype.parse(own["genotype"])
        return retrained(contender, genotype, seed, scale, dataset, arguments.workdir / f"retrain_{contender}_{seed}")

    def save() -> None:
        write_result(arguments.json, {"scale": dataclasses.asdict(scale), "summary": summary(found), **found})

    experiment(found, scale, search, train, save)


if __name__ == "__main__":
    main()
