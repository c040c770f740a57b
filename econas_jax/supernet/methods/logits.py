"""What methods share that learn logits, one for each operation of each edge."""

from __future__ import annotations

from typing import ClassVar

import jax

from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.supernet.derive import Shares
from econas_jax.supernet.methods.method import Method, Setting
from econas_jax.supernet.methods.tables import host_softmax, normal_logits
from econas_jax.supernet.task import Tree
from econas_jax.training.adam import adam_memory


class LogitsMethod(Method):
    """A method whose architecture is two tables of logits, stepped by Adam."""

    MEAN: ClassVar[float] = 0.0  # of the initial logits
    DEVIATION: ClassVar[float] = 1e-3

    setting: Setting

    def initial(self, key: jax.Array) -> tuple[Tree, Tree]:
        """Returns normal random logits, and Adam's memory."""
        logits = normal_logits(key, self.setting.network.nodes, self.MEAN, self.DEVIATION)
        return logits, adam_memory(logits)

    def probabilities(self, architecture: EdgeWeights) -> Shares:
        """Returns the softmax of the logits."""
        return host_softmax(architecture)
