"""The variables of a trained network under the names that its exported code gives them."""

from __future__ import annotations

from types import ModuleType

import jax
import numpy as np

from econas_jax.errors import SearchError
from econas_jax.models.trained_model import TrainedModel, flattened

# Of a name in the library: `flax.linen.BatchNorm` has its own word, and a skip that halves is a class there.
RENAMED = (("/FactorizedReduce_0/", "/"), ("/variance", "/var"))


def exported_weights(model: TrainedModel, network: ModuleType) -> dict[str, np.ndarray]:
    """Returns those of the model's arrays that the code reads, float32 and contiguous, by their paths in its variables.

    network: the module of the generated code. Raises SearchError unless they are exactly what it reads.
    """
    renamed = {_renamed(name): array for name, array in flattened(model.variables).items()}
    images = jax.ShapeDtypeStruct((1, model.resolution, model.resolution, 3), np.float32)
    made = jax.eval_shape(network.Network().init, jax.random.key(0), images)
    expected = {"/".join(str(key.key) for key in path): leaf.shape for path, leaf in jax.tree.leaves_with_path(made)}
    for name, shape in expected.items():
        found = renamed[name].shape if name in renamed else "missing"
        if found != shape:
            raise SearchError(f"the generated code reads {name} {shape}, the model's is {found}: please report this")
    return {name: np.ascontiguousarray(renamed[name], np.float32) for name in sorted(expected)}


def _renamed(name: str) -> str:
    for old, new in RENAMED:
        name = name.replace(old, new)
    return name
