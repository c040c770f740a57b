"""Networks whose blocks stand in a chain, and the spaces that choose each block: MBConv and ShuffleNet. No JAX."""

from econas_jax.spaces.chain.blocks import IDENTITY as IDENTITY
from econas_jax.spaces.chain.blocks import Block as Block
from econas_jax.spaces.chain.blocks import Unit as Unit
from econas_jax.spaces.chain.mbconv import mbconv_space as mbconv_space
from econas_jax.spaces.chain.network import Chain as Chain
from econas_jax.spaces.chain.network import multiply_adds as multiply_adds
from econas_jax.spaces.chain.network import parameters as parameters
from econas_jax.spaces.chain.shufflenet import shufflenet_space as shufflenet_space
from econas_jax.spaces.chain.space import ChainSpace as ChainSpace
from econas_jax.spaces.chain.space import Path as Path
from econas_jax.spaces.chain.text import chain_text as chain_text
from econas_jax.spaces.chain.text import parse_chain as parse_chain
