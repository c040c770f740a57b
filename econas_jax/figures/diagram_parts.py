"""The parts of a diagram and their sizes, in inches."""

from __future__ import annotations

from econas_jax.figures.diagram_text import label_width
from econas_jax.figures.style import TEXT_SIZE, shown_name, text_width
from econas_jax.spaces.space import Diagram, Vertex

NODE_SIZE = 0.36  # of a node; one with a longer name becomes a wider box
END_SIZE = 0.46  # of an input or an output
VERTEX_PADDING = 0.08  # beside a vertex's name
LABEL_WIDTH, LABEL_HEIGHT = 0.74, 0.38  # a diagram with longer operation names has wider labels
LABEL_PADDING = 0.06  # beside an operation's name
LINE_SLOT = 0.12  # height of an unlabelled edge among a vertex's labels
LABEL_DISTANCE = 0.08  # between the labels of a vertex
ENTRY, ENTRY_FOR_HEIGHT = 0.26, 0.25  # from a label to its vertex; from a high stack of labels more

TWO_LABELS = 2 * LABEL_HEIGHT + LABEL_DISTANCE


def is_round(vertex: Vertex) -> bool:
    """Says whether a vertex is drawn as a circle: a node whose name fits in one."""
    return vertex.kind == "node" and _name_width(vertex) <= NODE_SIZE


def _name_width(vertex: Vertex) -> float:
    return text_width(shown_name(vertex.name), TEXT_SIZE) + 2 * VERTEX_PADDING


class Parts:
    """A diagram with the sizes of its vertices and labels."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        labels = [edge.label for edge in diagram.edges if edge.label is not None]
        self.label_width = max([LABEL_WIDTH, *(label_width(label) + 2 * LABEL_PADDING for label in labels)])
        self.incoming = [
            [place for place, edge in enumerate(diagram.edges) if edge.target == target]
            for target in range(len(diagram.vertices))
        ]

    def size(self, vertex: int) -> tuple[float, float]:
        """Returns a vertex's width and height."""
        side = NODE_SIZE if self.diagram.vertices[vertex].kind == "node" else END_SIZE
        return max(side, _name_width(self.diagram.vertices[vertex])), side

    def labelled(self, vertex: int) -> bool:
        """Says whether any edge to the vertex has a label."""
        return any(self.diagram.edges[place].label is not None for place in self.incoming[vertex])

    def slot(self, edge: int) -> float:
        """Returns the height that an edge takes among those to the same vertex."""
        return LINE_SLOT if self.diagram.edges[edge].label is None else LABEL_HEIGHT

    def stack(self, vertex: int) -> float:
        """Returns the height of all labels of a vertex."""
        slots = [self.slot(place) for place in self.incoming[vertex]]
        return sum(slots) + LABEL_DISTANCE * (len(slots) - 1) if self.labelled(vertex) else 0.0

    def entry(self, vertex: int) -> float:
        """Returns the distance from a vertex's labels to the vertex."""
        return ENTRY + ENTRY_FOR_HEIGHT * max(0.0, self.stack(vertex) - TWO_LABELS) / 2

    def room(self, vertex: int) -> float:
        """Returns half the height of a vertex with its labels."""
        return max(self.size(vertex)[1], self.stack(vertex)) / 2
