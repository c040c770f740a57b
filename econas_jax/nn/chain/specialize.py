"""The variables of the network of a path, from those of a supernet."""

from __future__ import annotations

from typing import Any

from econas_jax.nn.chain.supernet import named_units, place_name
from econas_jax.nn.network import Variables
from econas_jax.spaces.chain.blocks import Block, Unit
from econas_jax.spaces.chain.space import ChainSpace, Path


def specialize(space: ChainSpace, variables: Variables, path: Path) -> Variables:
    """Turns a supernet's variables into those of `ChainNetwork` of the path; both then compute the same function.

    The network's normalisations must be as the supernet's: `dataclasses.replace(space.network(path),
    affine=space.affine_supernet)`. Raises InputError for a path that does not fit the places.
    """
    space.check(path)
    blocks: list[tuple[str, str | None, Block]] = []
    for number, block in enumerate(space.fixed):
        blocks.append((f"fixed{number}", None, block))
    for number, chosen in enumerate(path):
        blocks.append((place_name(number), space.labels[chosen], space.places[number][chosen]))

    params, statistics = variables["params"], variables["batch_stats"]
    made: dict[str, Any] = {"stem": _unit(space.stem, params["stem"]), "last": _unit(space.last, params["last"])}
    running = {name: {"normalization": statistics[name]} for name in ("stem", "last")}
    for place, (name, label, block) in enumerate(blocks):
        if not block.main:
            continue
        of_params, of_running = (tree[name] if label is None else tree[name][label] for tree in (params, statistics))
        units = dict(named_units(block))
        made[f"block{place}"] = {key: _unit(unit, of_params[key]) for key, unit in units.items()}
        running[f"block{place}"] = {key: {"normalization": of_running[key]} for key in units}
    return {"params": {**made, "classifier": params["classifier"]}, "batch_stats": running}


def _unit(unit: Unit, parameters: Variables) -> Variables:
    kernel = parameters["kernel"]
    if not unit.depthwise:
        kernel = kernel.T  # [inputs read, outputs]
    inputs = 1 if unit.depthwise else unit.inputs
    shaped = kernel.reshape(unit.kernel, unit.kernel, inputs, unit.outputs)
    scaling = {name: value for name, value in parameters.items() if name != "kernel"}
    return {"Conv_0": {"kernel": shaped}, **({"normalization": scaling} if scaling else {})}
