"""A trained network with all that is needed to use it, and its folder: `model.json` and `weights.safetensors`."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import operator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from econas_jax.errors import InputError, require, require_integer, require_number
from econas_jax.files import write_text, written_at_once
from econas_jax.nn.description import Description, description_from_json
from econas_jax.nn.network import Variables

MODEL_FILE, WEIGHTS_FILE = "model.json", "weights.safetensors"
FORMAT = 1  # of the folder; counted up when a reader of the one before could not read it
AUXILIARY = "auxiliary"  # the name of the auxiliary head among a network's variables; a model has none

ChannelValues = tuple[float, float, float]


@dataclasses.dataclass(frozen=True, eq=False)
class TrainedModel:
    """A trained network. Its variables are float32 NumPy arrays in nested dicts, `params` and `batch_stats`.

    An image is prepared so: its central square with `crop` of the shorter side, resized to `resolution`, scaled to
    [0, 1], less the mean and divided by the deviation of each channel.
    """

    description: Description
    variables: Variables
    classes: tuple[str, ...]
    resolution: int  # pixels a side
    mean: ChannelValues
    std: ChannelValues
    crop: float = 1.0  # 224 / 256 as a rule on ImageNet
    accuracy: Mapping[str, float] = dataclasses.field(default_factory=dict)  # of a split of images, by its name
    training: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # how it was trained, in JSON's types

    def __post_init__(self) -> None:
        expected, classes = self.description.num_classes, len(self.classes)
        require(classes == expected, "classes", classes, f"{expected} names, as many as the network has outputs")
        self._check_preparation()
        for name in ("accuracy", "training"):
            require(isinstance(getattr(self, name), Mapping), name, getattr(self, name), "values by their names")
        for split, value in self.accuracy.items():
            require(isinstance(value, int | float), f"accuracy.{split}", value, "a number")
        variables = {name: dict(tree) for name, tree in self.variables.items()}
        for tree in variables.values():
            tree.pop(AUXILIARY, None)
        object.__setattr__(self, "variables", jax.tree.map(_float32, variables))
        check_variables(self.variables, self.description, self.resolution)

    def _check_preparation(self) -> None:
        """Raises InputError for values with which no image can be prepared."""
        require_integer("resolution", self.resolution, 1)
        require_number("crop", self.crop, lambda crop: 0 < crop <= 1, "a number in (0, 1]")
        for name, least in (("mean", -math.inf), ("std", 0)):
            values = getattr(self, name)
            require(len(values) == 3, name, values, "three numbers, one for each channel")
            for value in values:
                require_number(name, value, functools.partial(operator.lt, least), "numbers, of std above 0")

    def save(self, folder: Path) -> None:
        """Writes the model into a folder, which is made if need be; the weights first, then what describes them."""
        with written_at_once(folder / WEIGHTS_FILE) as file:
            file.write(safetensors.numpy.save(flattened(self.variables)))
        write_text(folder / MODEL_FILE, json.dumps(self.to_json(), indent=2) + "\n")

    def to_json(self) -> dict[str, Any]:
        """Returns everything but the weights in JSON's types."""
        plain = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        del plain["variables"], plain["description"]
        return {"format": FORMAT, "network": self.description.to_json(), **plain}


def load_model(folder: Path) -> TrainedModel:
    """Returns the model that `TrainedModel.save` wrote; raises InputError where there is none, or a damaged one."""
    for name in (MODEL_FILE, WEIGHTS_FILE):
        require((folder / name).is_file(), "model", str(folder), f"a folder with a trained model, which has {name}")
    try:
        fields = json.loads((folder / MODEL_FILE).read_text(encoding="utf-8"))
        weights = safetensors.numpy.load_file(folder / WEIGHTS_FILE)
    except (ValueError, RecursionError, SafetensorError, OSError) as error:
        raise InputError("model", str(folder), f"a folder that holds a whole trained model ({error})") from None
    version = fields.get("format") if isinstance(fields, dict) else None
    require(version == FORMAT, f"format of {folder / MODEL_FILE}", version, f"{FORMAT}, which this version reads")
    try:
        return _from_json(fields, nested(weights))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        allowed = f"a {MODEL_FILE} with the fields of a trained model ({type(error).__name__}: {error})"
        raise InputError("model", str(folder), allowed) from None


def _from_json(fields: Mapping[str, Any], variables: Variables) -> TrainedModel:
    """Returns the model that `to_json` described; raises anything at all for other fields."""
    rest = {name: value for name, value in fields.items() if name not in ("format", "network")}
    expected = {field.name for field in dataclasses.fields(TrainedModel)} - {"description", "variables"}
    if rest.keys() != expected:
        raise ValueError(f"{', '.join(sorted(rest.keys() ^ expected))} is missing or not known")
    for name in ("classes", "mean", "std"):
        rest[name] = tuple(rest[name])
    return TrainedModel(description_from_json(fields["network"]), variables, **rest)


def flattened(variables: Variables) -> dict[str, np.ndarray]:
    """Returns contiguous arrays by their paths, such as `params/cell0/edge1/Conv_0/kernel`, in the order of names."""
    leaves = jax.tree.leaves_with_path(variables)
    named = {"/".join(str(key.key) for key in path): np.ascontiguousarray(leaf) for path, leaf in leaves}
    return dict(sorted(named.items()))


def nested(arrays: Mapping[str, np.ndarray]) -> Variables:
    """Inverts `flattened`; raises InputError for names that are no tree's."""
    variables: Variables = {}
    for name, array in arrays.items():
        *path, last = name.split("/")
        require(bool(path), f"weights {name}", array.shape, "no such array")
        tree = variables
        for part in path:
            tree = tree.setdefault(part, {})
            require(isinstance(tree, dict), f"weights {name}", array.shape, f"no such array, for {part} is one")
        require(last not in tree, f"weights {name}", array.shape, "no such array, for others lie below its name")
        tree[last] = array
    return variables


def check_variables(variables: Variables, description: Description, resolution: int) -> None:
    """Raises InputError, naming the first difference, unless the variables are those of the network."""
    network = description.build()
    images = jax.ShapeDtypeStruct((1, resolution, resolution, 3), np.float32)
    made = jax.eval_shape(lambda images: network.init(jax.random.key(0), images, train=False), images)
    expected = {"/".join(str(key.key) for key in path): leaf.shape for path, leaf in jax.tree.leaves_with_path(made)}
    found = {name: array.shape for name, array in flattened(variables).items()}
    for name in sorted(expected.keys() | found.keys()):
        allowed = f"{expected[name]}, as in the described network" if name in expected else "no such array"
        require(found.get(name) == expected.get(name), f"weights {name}", found.get(name, "missing"), allowed)


def _float32(leaf: Any) -> np.ndarray:
    return np.ascontiguousarray(leaf, np.float32)
