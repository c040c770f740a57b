"""Diagrams of genotypes, for tests of the drawing."""

from __future__ import annotations

from econas_jax.spaces.darts.genotype import CellGenotype, Genotype
from econas_jax.spaces.space import Diagram, DiagramEdge, Vertex


def darts_cell(cell: CellGenotype, title: str = "") -> Diagram:
    """A cell of the DARTS space: labelled edges in the cell's order, then plain ones from the concat."""
    output = 2 + cell.nodes
    edges = [DiagramEdge(edge.input, 2 + place // 2, edge.operation) for place, edge in enumerate(cell.edges)]
    edges += [DiagramEdge(node, output, None) for node in cell.concat]
    nodes = [Vertex(str(node), "node") for node in range(cell.nodes)]
    vertices = (Vertex("c_{k-2}", "input"), Vertex("c_{k-1}", "input"), *nodes, Vertex("c_k", "output"))
    return Diagram(title, vertices, tuple(edges))


def darts_diagrams(genotype: Genotype) -> tuple[Diagram, Diagram]:
    """The two cells of a genotype."""
    return darts_cell(genotype.normal, "Normal cell"), darts_cell(genotype.reduce, "Reduction cell")


def complete_cell(operations: tuple[str | None, ...], title: str = "Cell") -> Diagram:
    """A NAS-Bench-201 cell of four vertices: an operation on each of the six edges, those to vertex 1 first."""
    pairs = [(source, target) for target in range(1, 4) for source in range(target)]
    edges = [DiagramEdge(*pair, operation) for pair, operation in zip(pairs, operations, strict=True)]
    vertices = (Vertex("0", "input"), Vertex("1", "node"), Vertex("2", "node"), Vertex("3", "output"))
    return Diagram(title, vertices, tuple(edges))
