"""Drawn cells: every edge leads from its input through its label to its node, and nothing hides anything."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise, permutations

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from econas_jax.figures.cell_graph import plot_genotype
from econas_jax.figures.cell_layout import (
    END_SIZE,
    LABEL_HEIGHT,
    LABEL_WIDTH,
    NODE_SIZE,
    CellLayout,
    Line,
    layout_cell,
)
from econas_jax.figures.layered_graph import Item, crossings, layered_links, ordered, spread
from econas_jax.spaces.darts.genotype import OPERATIONS, CellGenotype, Edge, Genotype
from econas_jax.spaces.darts.published import AMOEBANET_A, DARTS_V1, DARTS_V2, ECONAS, NASNET_A

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
CELLS = [cell for genotype in GENOTYPES for cell in (genotype.normal, genotype.reduce)]


def boxes(layout: CellLayout) -> list[Bbox]:
    """Of the inputs, the nodes, the output and the labels."""
    ends = (0, 1, len(layout.values) - 1)
    sizes = [(END_SIZE, END_SIZE) if value in ends else (NODE_SIZE, NODE_SIZE) for value in range(len(layout.values))]
    sizes += [(LABEL_WIDTH, LABEL_HEIGHT)] * len(layout.labels)
    return [
        Bbox.from_bounds(centre.x - width / 2, centre.y - height / 2, width, height)
        for centre, (width, height) in zip(layout.values + layout.labels, sizes, strict=True)
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


@pytest.mark.parametrize("cell", CELLS)
def test_boxes_lie_apart_and_inside(cell: CellGenotype) -> None:
    layout = layout_cell(cell)
    placed = boxes(layout)
    assert not [pair for pair in combinations(placed, 2) if pair[0].padded(0.03).overlaps(pair[1].padded(0.03))]
    inside = Bbox.from_bounds(-1e-9, -1e-9, layout.width + 2e-9, layout.height + 2e-9)
    assert all(inside.containsx(x) for box in placed for x in (box.x0, box.x1))
    assert all(inside.containsy(y) for box in placed for y in (box.y0, box.y1))


@pytest.mark.parametrize("cell", CELLS)
def test_edges_lead_from_their_input_through_their_label_to_their_node(cell: CellGenotype) -> None:
    layout = layout_cell(cell)
    placed = boxes(layout)
    values = len(layout.values)
    for place, (edge, line) in enumerate(zip(cell.edges, layout.edges, strict=True)):
        assert line[0] == pytest.approx((placed[edge.input].x1, layout.values[edge.input].y))
        assert placed[2 + place // 2].padded(0.01).contains(*line[-1])
        assert touched(placed, line) == {edge.input, 2 + place // 2, values + place}
    for node, line in zip(cell.concat, layout.outputs, strict=True):
        assert touched(placed, line) == {node, values - 1}


@pytest.mark.parametrize("cell", CELLS)
def test_edges_of_a_node_do_not_cross(cell: CellGenotype) -> None:
    edges = layout_cell(cell).edges
    for first, second in zip(edges[::2], edges[1::2], strict=True):
        # The start of the bend to the label, the label, the entry to the node.
        rises = [first[point].y - second[point].y for point in (-4, -2, -1)]
        assert rises[0] * rises[1] >= 0 < rises[1] * rises[2]


@pytest.mark.parametrize("cell", CELLS)
def test_columns_are_topological_layers(cell: CellGenotype) -> None:
    layout = layout_cell(cell)
    longest = [0, 0]
    for node in range(cell.nodes):
        longest.append(1 + max(longest[edge.input] for edge in cell.edges[2 * node : 2 * node + 2]))
    longest.append(1 + max(longest))
    lefts = sorted({round(point.x, 6) for point in layout.values})
    assert [lefts.index(round(point.x, 6)) for point in layout.values] == longest


def drawn_texts(figure: Figure) -> list[Text]:
    return [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]


@pytest.mark.parametrize("genotype", GENOTYPES)
def test_texts_are_present_and_do_not_overlap(genotype: Genotype) -> None:
    figure = plot_genotype(genotype, "A genotype with a title that is long enough to need a second line " * 3)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = drawn_texts(figure)
    for axes, cell in zip(figure.axes, (genotype.normal, genotype.reduce), strict=True):
        shown = [text.get_text() for text in axes.texts]
        operations = ["_".join(text.split("\n")) for text in shown[: len(cell.edges)]]
        assert operations == [edge.operation for edge in cell.edges]
        nodes = [str(node) for node in range(cell.nodes)]
        assert shown[len(cell.edges) :] == ["$c_{k-2}$", "$c_{k-1}$", *nodes, "$c_{k}$"]
    extents = [text.get_window_extent(canvas.get_renderer()) for text in texts]
    assert not [pair for pair in combinations(extents, 2) if pair[0].overlaps(pair[1])]
    assert all(figure.bbox.containsx(x) for extent in extents for x in (extent.x0, extent.x1))
    assert all(figure.bbox.containsy(y) for extent in extents for y in (extent.y0, extent.y1))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_labels_fit_their_boxes(operation: str) -> None:
    cell = CellGenotype((Edge(operation, 0), Edge(operation, 1)), (2,))
    figure = plot_genotype(Genotype(cell, cell), "")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    axes = figure.axes[0]
    box = [patch for patch in axes.patches if isinstance(patch, FancyBboxPatch)][0].get_window_extent()
    extent = axes.texts[0].get_window_extent(canvas.get_renderer())
    assert box.x0 < extent.x0 and extent.x1 < box.x1
    assert box.y0 < extent.y0 and extent.y1 < box.y1


def test_none_edges_are_dashed_and_parallel_ones_apart() -> None:
    axes = plot_genotype(Genotype(PARALLEL, ECONAS.reduce), "").axes[0]
    arrows = [patch for patch in axes.patches if isinstance(patch, FancyArrowPatch)]
    outputs, edges = arrows[:2], arrows[2:]
    assert [arrow.get_linestyle() for arrow in edges[::2]] == ["solid"] * 4
    assert all(arrow.get_linestyle() != "solid" for arrow in edges[1::2])
    assert {arrow.get_edgecolor() for arrow in edges[1::2]} == {arrow.get_edgecolor() for arrow in outputs}
    labels = layout_cell(PARALLEL).labels
    assert all(abs(first.y - second.y) > LABEL_HEIGHT for first, second in zip(labels[::2], labels[1::2], strict=True))


def test_same_genotype_same_drawing() -> None:
    assert layout_cell(NASNET_A.reduce) == layout_cell(NASNET_A.reduce)


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
