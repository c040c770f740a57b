"""A cell of a DARTS genotype as a diagram: its inputs, its nodes and its output."""

from __future__ import annotations

from econas_jax.spaces.darts.genotype import CellGenotype
from econas_jax.spaces.space import Diagram, DiagramEdge, Vertex

INPUTS = (Vertex("c_{k-2}", "input"), Vertex("c_{k-1}", "input"))  # as DARTS draws them


def cell_diagram(title: str, cell: CellGenotype) -> Diagram:
    """Describes a cell: its labelled edges in the genotype's order, then a plain edge from each node in the output."""
    nodes = tuple(Vertex(str(number), "node") for number in range(cell.nodes))
    vertices = (*INPUTS, *nodes, Vertex("c_k", "output"))
    first, output = len(INPUTS), len(vertices) - 1
    # A genotype numbers the inputs 0 and 1 and the nodes from 2 on, as the vertices are placed here.
    labelled = [DiagramEdge(edge.input, first + place // 2, edge.operation) for place, edge in enumerate(cell.edges)]
    plain = [DiagramEdge(node, output, None) for node in cell.concat]
    return Diagram(title, vertices, (*labelled, *plain))
