"""The over-parameterised network of the DARTS space: every edge computes all operations and weighs their outputs."""

from econas_jax.nn.darts.supernet.hypernetwork import Hypernetwork as Hypernetwork
from econas_jax.nn.darts.supernet.hypernetwork import with_pointwise as with_pointwise
from econas_jax.nn.darts.supernet.hypernetwork import without_pointwise as without_pointwise
from econas_jax.nn.darts.supernet.network import CellSupernet as CellSupernet
from econas_jax.nn.darts.supernet.weights import EdgeWeights as EdgeWeights
from econas_jax.nn.darts.supernet.weights import operation_masks as operation_masks
