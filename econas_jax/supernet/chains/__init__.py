"""ProxylessNAS and Single Path One-Shot: searches inside a supernet of a chain of blocks, as pure functions."""

from econas_jax.supernet.chains.architecture import architecture_memory as architecture_memory
from econas_jax.supernet.chains.architecture import full_gradient as full_gradient
from econas_jax.supernet.chains.architecture import pair_gradient as pair_gradient
from econas_jax.supernet.chains.architecture import rescaled as rescaled
from econas_jax.supernet.chains.bins import BinSampler as BinSampler
from econas_jax.supernet.chains.cost import CostTable as CostTable
from econas_jax.supernet.chains.cost import expected_cost as expected_cost
from econas_jax.supernet.chains.cost import latency_table as latency_table
from econas_jax.supernet.chains.cost import multiply_add_table as multiply_add_table
from econas_jax.supernet.chains.cost import with_cost as with_cost
from econas_jax.supernet.chains.evaluation import path_accuracy as path_accuracy
from econas_jax.supernet.chains.evaluation import path_statistics as path_statistics
from econas_jax.supernet.chains.evolution import Evolution as Evolution
from econas_jax.supernet.chains.evolution import Ranked as Ranked
from econas_jax.supernet.chains.evolution import evolve as evolve
from econas_jax.supernet.chains.proxyless import Proxyless as Proxyless
from econas_jax.supernet.chains.sampling import Pair as Pair
from econas_jax.supernet.chains.sampling import sample_pair as sample_pair
from econas_jax.supernet.chains.sampling import sample_path as sample_path
from econas_jax.supernet.chains.weights import WeightsRecipe as WeightsRecipe
from econas_jax.supernet.chains.weights import initial_weights as initial_weights
from econas_jax.supernet.chains.weights import weights_step as weights_step
