"""Diagrams: every edge leads from its source through its label to its target, and nothing hides anything."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise, permutations

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from sample_diagrams import complete_cell, darts_cell, darts_diagrams

from econas_jax.figures.diagram import diagrams_svg, plot_diagrams
from econas_jax.figures.diagram_layout import Box, DiagramLayout, Line, layout_diagram
from econas_jax.figures.diagram_parts import LABEL_HEIGHT
from econas_jax.figures.diagram_text import OTHER_TINT, tint, wrapped
from econas_jax.figures.layered_graph import Item, crossings, layered_links, ordered, spread
from econas_jax.figures.style import QUIET
from econas_jax.spaces.darts.genotype import OPERATIONS, CellGenotype, Edge, Genotype
from econas_jax.spaces.darts.published import AMOEBANET_A, DARTS_V1, DARTS_V2, ECONAS, NASNET_A
from econas_jax.spaces.space import Diagram, DiagramEdge, Vertex

Points = npt.NDArray[np.float64]


def random_cell(nodes: int, rng: np.random.Generator) -> CellGenotype:
    edges = [
        Edge(OPERATIONS[rng.integers(len(OPERATIONS))], int(rng.integers(2 + place // 2))) for place in range(2 * nodes)
    ]
    concat = [node for node in range(2, nodes + 2) if rng.random() < 0.5] or [nodes + 1]
    return CellGenotype(tuple(edges), tuple(concat))


def random_genotype(nodes: int, seed: int) -> Genotype:
    rng = np.random.default_rng([nodes, seed])
    return Genotype(random_cell(nodes, rng), random_cell(nodes, rng))


PARALLEL = CellGenotype(
    tuple(Edge(name, value) for value in (0, 2, 3, 4) for name in ("sep_conv_3x3", "none")), concat=(2, 5)
)
GENOTYPES = [ECONAS, DARTS_V1, DARTS_V2, NASNET_A, AMOEBANET_A, Genotype(PARALLEL, PARALLEL)]
GENOTYPES += [random_genotype(nodes, seed) for nodes in (1, 4, 5, 7) for seed in range(5)]


def random_diagram(inputs: int, nodes: int, outputs: int, seed: int) -> Diagram:
    """Any number of edges to each vertex, with labels short and long or without; an output may be read."""
    rng = np.random.default_rng([inputs, nodes, outputs, seed])
    labels = [*OPERATIONS, "nor_conv_1x1", "mobile_inverted_bottleneck_6_5x5", "identity", None, None, None]
    vertices = [Vertex(f"x_{place}", "input") for place in range(inputs)]
    vertices += [Vertex(str(rng.choice(["7", "12", "conv3x3-bn-relu"])), "node") for _ in range(nodes)]
    vertices += [Vertex("out", "output") for _ in range(outputs)]
    edges = []
    for target in range(inputs, len(vertices)):
        for _ in range(rng.integers(0 if vertices[target].kind == "node" else 1, 6)):
            edges.append(DiagramEdge(int(rng.integers(target)), target, labels[rng.integers(len(labels))]))
    return Diagram("Any graph", tuple(vertices), tuple(edges))


OTHERS = [
    complete_cell(("nor_conv_3x3", "none", "nor_conv_1x1", "skip_connect", "avg_pool_3x3", "nor_conv_3x3")),
    complete_cell((None, "none", "nor_conv_1x1", None, None, "mobile_inverted_bottleneck_6_5x5")),
    Diagram("Alone", (Vertex("x", "input"),), ()),
]
OTHERS += [random_diagram(*sizes, seed) for sizes in ((1, 2, 1), (3, 5, 1), (5, 3, 2), (2, 6, 3)) for seed in range(6)]
DIAGRAMS = [diagram for genotype in GENOTYPES for diagram in darts_diagrams(genotype)] + OTHERS


def boxes(layout: DiagramLayout) -> list[Bbox]:
    """The rectangles of the vertices, then of the labels in the order of their edges."""
    placed: list[Box] = [*layout.vertices, *(label for label in layout.labels if label is not None)]
    return [
        Bbox.from_bounds(centre.x - width / 2, centre.y - height / 2, width, height) for centre, width, height in placed
    ]


def sampled(line: Line) -> Points:
    """Points along a line [n, 2]: its bends as the cubic curves with level ends that are drawn, 40 points a piece."""
    t = np.linspace(0, 1, 40)
    pieces = []
    for number, (start, end) in enumerate(pairwise(line)):
        middle = (start.x + end.x) / 2
        bent_x = (1 - t) ** 3 * start.x + 3 * t * (1 - t) * middle + t**3 * end.x
        bent_y = start.y + (3 * t**2 - 2 * t**3) * (end.y - start.y)
        straight_x, straight_y = start.x + t * (end.x - start.x), start.y + t * (end.y - start.y)
        pieces.append(np.stack([straight_x, straight_y] if number % 2 else [bent_x, bent_y], axis=1))
    return np.concatenate(pieces)


def touched(placed: Sequence[Bbox], line: Line) -> set[int]:
    """The numbers of the boxes that a line passes through or ends at."""
    points = sampled(line)
    return {
        number
        for number, box in enumerate(placed)
        if np.any(np.all((points >= np.array(box.min) - 1e-6) & (points <= np.array(box.max) + 1e-6), axis=1))
    }


@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_boxes_lie_apart_and_inside(diagram: Diagram) -> None:
    layout = layout_diagram(diagram)
    placed = boxes(layout)
    assert not [pair for pair in combinations(placed, 2) if pair[0].padded(0.03).overlaps(pair[1].padded(0.03))]
    inside = Bbox.from_bounds(-1e-9, -1e-9, layout.width + 2e-9, layout.height + 2e-9)
    assert all(inside.containsx(x) for box in placed for x in (box.x0, box.x1))
    assert all(inside.containsy(y) for box in placed for y in (box.y0, box.y1))


@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_edges_lead_from_their_source_through_their_label_to_their_target(diagram: Diagram) -> None:
    layout = layout_diagram(diagram)
    placed = boxes(layout)
    next_label = len(diagram.vertices)
    for edge, line in zip(diagram.edges, layout.lines, strict=True):
        own = {edge.source, edge.target}
        if edge.label is not None:
            own.add(next_label)
            next_label += 1
        assert line[0] == pytest.approx((placed[edge.source].x1, layout.vertices[edge.source].centre.y))
        assert placed[edge.target].padded(0.01).contains(*line[-1])
        assert touched(placed, line) == own
    assert next_label == len(placed)


@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_edges_to_one_vertex_do_not_cross_before_it(diagram: Diagram) -> None:
    """Edges that come from higher up pass a labelled vertex's labels and enter it higher up."""
    layout = layout_diagram(diagram)
    for (one, first), (other, second) in combinations(zip(diagram.edges, layout.lines, strict=True), 2):
        labels = [edge.label for edge in diagram.edges if edge.target == one.target]
        if one.target == other.target and any(label is not None for label in labels):
            # The start of the bend to the label, the label, the entry to the vertex.
            rises = [first[point].y - second[point].y for point in (-4, -2, -1)]
            assert rises[0] * rises[1] >= 0 < rises[1] * rises[2]


@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_columns_are_topological_layers(diagram: Diagram) -> None:
    """Every vertex ends where its column does, and so stands right of all that it reads, outputs right of all."""
    layout = layout_diagram(diagram)
    longest: list[int] = []
    for target in range(len(diagram.vertices)):
        longest.append(1 + max((longest[source] for source, to, _ in diagram.edges if to == target), default=-1))
    read = {edge.source for edge in diagram.edges}
    ends = [place for place, v in enumerate(diagram.vertices) if v.kind == "output" and place not in read]
    last = 1 + max((column for place, column in enumerate(longest) if place not in ends), default=-1)
    expected = [last if place in ends else column for place, column in enumerate(longest)]
    edges = [round(box.centre.x + box.width / 2, 6) for box in layout.vertices]
    assert [sorted(set(edges)).index(edge) for edge in edges] == expected


def drawn_texts(figure: Figure) -> list[Text]:
    return [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]


def check_texts(figure: Figure) -> None:
    """No text lies on another one or leaves the figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    extents = [text.get_window_extent(canvas.get_renderer()) for text in drawn_texts(figure)]
    assert not [pair for pair in combinations(extents, 2) if pair[0].overlaps(pair[1])]
    assert all(figure.bbox.containsx(x) for extent in extents for x in (extent.x0, extent.x1))
    assert all(figure.bbox.containsy(y) for extent in extents for y in (extent.y0, extent.y1))


LONG_TITLE = "A genotype with a title that is long enough to need a second line " * 3


@pytest.mark.parametrize("genotype", [*GENOTYPES[:7], *GENOTYPES[-3:]])
def test_texts_of_two_cells_are_present_and_do_not_overlap(genotype: Genotype) -> None:
    figure = plot_diagrams(darts_diagrams(genotype), LONG_TITLE)
    check_texts(figure)
    assert " ".join(figure.texts[0].get_text().split()) == LONG_TITLE.strip()
    assert [text.get_text() for text in figure.texts[1:]] == ["Normal cell", "Reduction cell"]
    for axes, cell in zip(figure.axes, (genotype.normal, genotype.reduce), strict=True):
        shown = [text.get_text() for text in axes.texts]
        operations = ["_".join(text.split("\n")) for text in shown[: len(cell.edges)]]
        assert operations == [edge.operation for edge in cell.edges]
        nodes = [str(node) for node in range(cell.nodes)]
        assert shown[len(cell.edges) :] == ["$c_{k-2}$", "$c_{k-1}$", *nodes, "$c_{k}$"]


@pytest.mark.parametrize("diagram", [*OTHERS[:3], *OTHERS[3::4]])
def test_texts_of_any_diagrams_do_not_overlap(diagram: Diagram) -> None:
    figure = plot_diagrams([diagram] * 3, "Best genotype 1 of 5")
    check_texts(figure)
    assert len(figure.axes) == 3


def test_cells_are_drawn_in_one_scale_in_rows_of_a_limited_width() -> None:
    small, large = darts_diagrams(random_genotype(1, 0))[0], darts_diagrams(random_genotype(7, 0))[0]
    figure = plot_diagrams([small, large] * 3, "")
    for axes, diagram in zip(figure.axes, [small, large] * 3, strict=True):
        layout, box = layout_diagram(diagram), axes.get_window_extent()
        assert (box.width, box.height) == pytest.approx((layout.width * figure.dpi, layout.height * figure.dpi))
    assert figure.get_size_inches()[0] < 15
    rows = {round(axes.get_window_extent().y1) for axes in figure.axes}
    assert len(rows) > 1
    assert not [p for p in combinations([a.get_window_extent() for a in figure.axes], 2) if p[0].overlaps(p[1])]


@pytest.mark.parametrize("operation", [*OPERATIONS, "nor_conv_3x3", "mobile_inverted_bottleneck_6_5x5", "WWWWWWWWWW"])
def test_labels_fit_their_boxes(operation: str) -> None:
    cell = CellGenotype((Edge("none", 0), Edge("none", 1)), (2,))
    diagram = darts_cell(cell)
    edges = tuple(edge._replace(label=edge.label and operation) for edge in diagram.edges)
    figure = plot_diagrams([diagram._replace(edges=edges)], "")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    axes = figure.axes[0]
    box = [patch for patch in axes.patches if isinstance(patch, FancyBboxPatch)][0].get_window_extent()
    extent = axes.texts[0].get_window_extent(canvas.get_renderer())
    assert box.x0 < extent.x0 and extent.x1 < box.x1
    assert box.y0 < extent.y0 and extent.y1 < box.y1


def test_operations_are_wrapped_at_an_underscore() -> None:
    expected = {"none": "none", "sep_conv_3x3": "sep_conv\n3x3", "skip_connect": "skip\nconnect"}
    expected |= {"conv_7x1_1x7": "conv\n7x1_1x7", "mobile_inverted_bottleneck": "mobile_inverted\nbottleneck"}
    expected |= {"": "", "_": "_", "_private": "_private"}
    assert {operation: wrapped(operation) for operation in expected} == expected


def test_unknown_operations_have_a_tint_of_their_own() -> None:
    assert tint("sep_conv_3x3") == tint("sep_conv_5x5") != tint("max_pool_3x3") == tint("avg_pool_3x3")
    assert tint("fourier_mix") == OTHER_TINT != tint("skip_connect")


def arrows(axes: Axes) -> list[FancyArrowPatch]:
    """The lines, in the order of the edges."""
    return [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]


def test_lines_have_the_colour_of_their_input() -> None:
    vertices = (Vertex("a", "input"), Vertex("b", "input"), Vertex("0", "node"), Vertex("y", "output"))
    edges = [(0, 2, "op"), (1, 2, "op"), (0, 3, "none"), (1, 3, None), (2, 3, "op")]
    drawn = arrows(plot_diagrams([Diagram("", vertices, tuple(map(DiagramEdge._make, edges)))], "").axes[0])
    colours = [to_hex(arrow.get_edgecolor()).upper() for arrow in drawn]
    assert colours == ["#0072B2", "#D55E00", QUIET, QUIET, "#222222"]
    assert [arrow.get_linestyle() == "solid" for arrow in drawn] == [True, True, False, True, True]


def test_none_edges_are_dashed_and_parallel_ones_apart() -> None:
    drawn = arrows(plot_diagrams(darts_diagrams(Genotype(PARALLEL, ECONAS.reduce)), "").axes[0])
    edges, outputs = drawn[:8], drawn[8:]
    assert [arrow.get_linestyle() for arrow in edges[::2]] == ["solid"] * 4
    assert all(arrow.get_linestyle() != "solid" for arrow in edges[1::2])
    assert {arrow.get_edgecolor() for arrow in edges[1::2]} == {arrow.get_edgecolor() for arrow in outputs}
    assert len(outputs) == len(PARALLEL.concat)
    heights = [label.centre.y for label in layout_diagram(darts_cell(PARALLEL)).labels if label is not None]
    assert all(abs(first - second) > LABEL_HEIGHT for first, second in zip(heights[::2], heights[1::2], strict=True))


def test_same_diagram_same_drawing() -> None:
    assert layout_diagram(darts_cell(NASNET_A.reduce)) == layout_diagram(darts_cell(NASNET_A.reduce))


def test_a_drawing_as_an_element_for_a_page() -> None:
    svg = diagrams_svg(darts_diagrams(ECONAS), "The best genotype")
    assert svg.startswith("<svg") and svg.rstrip().endswith("</svg>") and "The best genotype" in svg
    assert svg == diagrams_svg(darts_diagrams(ECONAS), "The best genotype")


@pytest.mark.parametrize("seed", range(10))
def test_few_crossings(seed: int) -> None:
    """All orders of a small graph's columns tried: the sweeps find the best one, or one with a single crossing more."""
    cell = random_genotype(3, seed).normal
    columns = [0, 0]
    for node in range(3):
        columns.append(1 + max(columns[edge.input] for edge in cell.edges[2 * node : 2 * node + 2]))
    columns.append(1 + max(columns))
    reads = [(edge.input, 2 + place // 2) for place, edge in enumerate(cell.edges)]
    links = layered_links(columns, reads + [(node, 5) for node in cell.concat])
    order = ordered(columns, links)
    orders: list[list[list[Item]]] = [order[:1]]
    for column in order[1:]:
        orders = [[*before, list(items)] for before in orders for items in permutations(column)]
    assert crossings(order, links) <= min(crossings(every, links) for every in orders) + 1


def test_crossings_of_a_known_graph() -> None:
    links = layered_links([0, 0, 1, 1], [(0, 2), (0, 3), (1, 2), (1, 3)])
    a, b, c, d = (Item(value, value // 2) for value in range(4))
    assert crossings([[a, b], [c, d]], links) == 1
    assert crossings([[a, b], [d, c]], links) == 1
    straight = layered_links([0, 0, 1, 1], [(0, 2), (1, 3)])
    assert (crossings([[a, b], [c, d]], straight), crossings([[b, a], [c, d]], straight)) == (0, 1)


@pytest.mark.parametrize("seed", range(5))
def test_spread_is_nearest(seed: int) -> None:
    """The distances are kept, and no other places that keep them are nearer to the wanted ones."""
    rng = np.random.default_rng(seed)
    wanted, weights = rng.normal(size=5), rng.integers(1, 9, size=5)
    distances = rng.random(4)
    found = np.array(spread(wanted.tolist(), weights.tolist(), distances.tolist()))
    assert np.all(np.diff(found) >= distances - 1e-12)

    def badness(places: Points) -> float:
        return float(np.sum(weights * (places - wanted) ** 2))

    for _ in range(2_000):
        other = found + rng.normal(size=5) * rng.choice([0.01, 0.1, 1.0])
        for place in range(1, 5):
            other[place] = max(other[place], other[place - 1] + distances[place - 1])
        assert badness(other) >= badness(found) - 1e-9
