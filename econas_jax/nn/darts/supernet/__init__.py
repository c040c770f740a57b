"""The over-parameterised network of the DARTS space: every edge computes all operations and weighs their outputs."""

from econas_jax.nn.darts.supernet.network import CellSupernet as CellSupernet
from econas_jax.nn.darts.supernet.weights import EdgeWeights as EdgeWeights
from econas_jax.nn.darts.supernet.weights import operation_masks as operation_masks
