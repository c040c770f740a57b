"""What a search found, to look at: populations over its cycles, accuracy against cost, its cells, and the report."""

from econas_jax.report.cell_graph import plot_genotype
from econas_jax.report.cost_accuracy import plot_accuracy_against_cost
from econas_jax.report.figure_files import save_figure
from econas_jax.report.populations import plot_populations
from econas_jax.report.search_figures import write_search_figures
from econas_jax.report.search_page import write_search_report

__all__ = [
    "plot_accuracy_against_cost",
    "plot_genotype",
    "plot_populations",
    "save_figure",
    "write_search_figures",
    "write_search_report",
]
