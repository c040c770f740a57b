"""Tables of accuracies that stand in for training: a whole search in a moment, with a simulated clock."""

from econas_jax.tables.evaluator import TabularEvaluator
from econas_jax.tables.table import Table, load_table, save_table

__all__ = ["Table", "TabularEvaluator", "load_table", "save_table"]
