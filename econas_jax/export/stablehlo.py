"""The network as one StableHLO file: normalisation, weights and all, for any batch size, on CPUs and CUDA GPUs."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import jax
import jax.export
import numpy as np

from econas_jax.errors import SearchError
from econas_jax.nn.network import Variables

PLATFORMS = ("cpu", "cuda")


def export_stablehlo(network: ModuleType, variables: Variables) -> jax.export.Exported:
    """Returns the exported function from pixels float32 [batch, r, r, 3], 0 to 255, to logits [batch, classes].

    It is traced from the generated code, which has no part made for one platform. Products have full float32
    precision: a GPU would else round them to about three digits. Raises SearchError if the file would not be covered
    by JAX's promise that later versions can read it.
    """
    side = network.RESOLUTION
    pixels = jax.ShapeDtypeStruct(jax.export.symbolic_shape(f"batch, {side}, {side}, 3"), np.float32)

    @jax.jit
    def logits(pixels: jax.Array) -> Any:
        return network.predict(variables, pixels)

    with jax.default_matmul_precision("highest"):
        exported = jax.export.export(logits, platforms=PLATFORMS)(pixels)
    if exported.disabled_safety_checks:
        raise SearchError(f"the exported program is not portable: it disables {exported.disabled_safety_checks}")
    return exported


def stablehlo_facts(exported: jax.export.Exported) -> dict[str, Any]:
    """Returns what a model card tells of the file."""
    return {
        "platforms": list(exported.platforms),
        "calling_convention_version": exported.calling_convention_version,
        "disabled_safety_checks": [str(check) for check in exported.disabled_safety_checks],
        "jax": jax.__version__,
        "inputs": [str(exported.in_avals[0])],
        "outputs": [str(exported.out_avals[0])],
    }
