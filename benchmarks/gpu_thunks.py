"""What the host does to run a compiled GPU program, read from XLA's dump of its thunks (the runtime's instructions).

A CUDA graph (kCommandBuffer) is one launch, whatever it holds. A conditional outside of a graph makes the host wait for
the device each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hlo_text import UnknownFormatError

GRAPH, CONDITIONAL, LOOP = "kCommandBuffer", "kConditional", "kWhile"
CONTAINERS = {LOOP, CONDITIONAL, "kDynamicSliceFusion", "kSequential"}
LAUNCHES = {GRAPH, "kCustomKernel", "kKernel", "kCopy", "kGemm", "kCublasLtMatmul", "kMemzero", "kMemset32BitValue"}
CUDNN = {"kConvolution", "kConvolutionReorder", "kCuDnn", "kNorm"}
_THUNK = re.compile(r"^( *)(\d+): (k\w+)")
_NAME = re.compile(r'profile_annotation: "([^"]*)"\s+thunk_id: (\d+)')


class Thunk(NamedTuple):
    """kind: as XLA prints it; turns: executions in one epoch, those of enclosing loops multiplied."""

    kind: str
    in_graph: bool
    in_branch: bool
    turns: int


class Level(NamedTuple):
    """A thunk that others are nested in; inside: turns of those."""

    indent: int
    kind: str
    inside: int


class HostWork(NamedTuple):
    """graphs, conditionals and cuDNN calls count places in the program, the others executions in a step."""

    graphs: int
    conditionals_in_graphs: int
    conditionals_outside_graphs: int
    cudnn_calls_in_branches: int
    graph_launches_per_step: float
    other_launches_per_step: float  # kernels and copies that are in no graph
    host_waits_per_step: float


def host_work(sequence: str, metadata: str, turns: Mapping[str, int], steps: int) -> HostWork:
    """sequence, metadata: the two dumps; turns: of the loops, by their names in the HLO text; steps: in the epoch."""
    thunks = list(_thunks(sequence, {int(number): name for name, number in _NAME.findall(metadata)}, turns))
    unknown = {thunk.kind for thunk in thunks} - LAUNCHES - CONTAINERS - CUDNN
    if not thunks or unknown:
        raise UnknownFormatError(f"the thunks {sorted(unknown)}" if unknown else "no thunks")
    graphs = [thunk for thunk in thunks if thunk.kind == GRAPH]
    conditionals = [thunk for thunk in thunks if thunk.kind == CONDITIONAL]
    outside = [thunk for thunk in conditionals if not thunk.in_graph]
    alone = [thunk for thunk in thunks if thunk.kind in LAUNCHES - {GRAPH} and not thunk.in_graph]
    return HostWork(
        graphs=len(graphs),
        conditionals_in_graphs=len(conditionals) - len(outside),
        conditionals_outside_graphs=len(outside),
        cudnn_calls_in_branches=sum(thunk.kind in CUDNN and thunk.in_branch for thunk in thunks),
        graph_launches_per_step=_per_step(graphs, steps),
        other_launches_per_step=_per_step(alone, steps),
        host_waits_per_step=_per_step(outside, steps),
    )


def _per_step(thunks: list[Thunk], steps: int) -> float:
    """Of those inside the epoch's loop; what is in a branch counts as if it were always taken."""
    return sum(thunk.turns for thunk in thunks if thunk.turns >= steps) / steps


def _thunks(sequence: str, names: Mapping[int, str], turns: Mapping[str, int]) -> Iterator[Thunk]:
    above: list[Level] = []
    in_condition = False
    for line in sequence.splitlines():
        label = line.strip()
        if label in ("condition:", "body:"):  # a loop's condition is not computed where its turns are known
            in_condition = label == "condition:"
        match = _THUNK.match(line)
        if match is None or in_condition:
            continue
        indent, number, kind = len(match[1]), int(match[2]), match[3]
        while above and above[-1].indent >= indent:
            above.pop()
        outer = above[-1].inside if above else 1
        kinds = {level.kind for level in above}
        yield Thunk(kind, GRAPH in kinds, CONDITIONAL in kinds, outer)
        own = turns.get(names.get(number, ""), 0) if kind == LOOP else 1
        if own == 0:
            raise UnknownFormatError(f"thunk {number} is a loop of an unknown name")
        above.append(Level(indent, kind, outer * own))
