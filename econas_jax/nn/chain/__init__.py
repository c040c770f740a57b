"""Networks whose blocks stand in a chain, and supernets where each block is one of several: MBConv and ShuffleNet."""

from econas_jax.nn.chain.description import ChainDescription as ChainDescription
from econas_jax.nn.chain.gates import Gates as Gates
from econas_jax.nn.chain.masks import chosen_masks as chosen_masks
from econas_jax.nn.chain.masks import where_chosen as where_chosen
from econas_jax.nn.chain.network import ChainNetwork as ChainNetwork
from econas_jax.nn.chain.specialize import specialize as specialize
from econas_jax.nn.chain.supernet import ChainSupernet as ChainSupernet
