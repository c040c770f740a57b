"""The GPU report's reading of XLA's texts, on short ones whose costs are counted by hand."""

from __future__ import annotations

import pytest
from gpu_bounds import search_bounds, search_steps
from gpu_program import Cost, largest, loop_turns, mean, step_cost
from gpu_thunks import HostWork, host_work
from hlo_text import Program, UnknownFormatError

# Three steps, each with a loop of five turns: a conditional (a product, or a copy), then a row written in place.
HLO = """
HloModule jit_epoch, is_scheduled=true

%product (left: f32[4,8], right: f32[8,16]) -> f32[4,16] {
  %left = f32[4,8]{1,0} parameter(0)
  %right = f32[8,16]{1,0} parameter(1)
  ROOT %dot.1 = f32[4,16]{1,0} dot(%left, %right), lhs_contracting_dims={1}, rhs_contracting_dims={0}
}

%put (whole: f32[100,4,16], part: f32[4,16], row: s32[]) -> f32[100,4,16] {
  %whole = f32[100,4,16]{2,1,0} parameter(0)
  %part = f32[4,16]{1,0} parameter(1)
  %wide = f32[1,4,16]{2,1,0} bitcast(%part)
  %row = s32[] parameter(2)
  %zero = s32[] constant(0)
  ROOT %update = f32[100,4,16]{2,1,0} dynamic-update-slice(%whole, %wide, %row, %zero, /*index=4*/%zero)
}

%taken (pair: (f32[4,8], f32[8,16])) -> (f32[4,16]) {
  %pair = (f32[4,8]{1,0}, f32[8,16]{1,0}) parameter(0)
  %a = f32[4,8]{1,0} get-tuple-element(%pair), index=0
  %b = f32[8,16]{1,0} get-tuple-element(%pair), index=1
  %gemm_fusion = f32[4,16]{1,0} fusion(%a, %b), kind=kCustom, calls=%product
  ROOT %out = (f32[4,16]{1,0}) tuple(%gemm_fusion)
}

%other (same: f32[4,16]) -> (f32[4,16]) {
  %same = f32[4,16]{1,0} parameter(0)
  %copy.1 = f32[4,16]{1,0} copy(%same)
  ROOT %out.1 = (f32[4,16]{1,0}) tuple(%copy.1)
}

%turn (state: (s32[], f32[100,4,16], f32[4,8], f32[8,16])) -> (s32[], f32[100,4,16], f32[4,8], f32[8,16]) {
  %state = (s32[], f32[100,4,16]{2,1,0}, f32[4,8]{1,0}, /*index=3*/f32[8,16]{1,0}) parameter(0)
  %i = s32[] get-tuple-element(%state), index=0
  %rows = f32[100,4,16]{2,1,0} get-tuple-element(%state), index=1
  %x = f32[4,8]{1,0} get-tuple-element(%state), index=2
  %w = f32[8,16]{1,0} get-tuple-element(%state), index=3
  %xw = (f32[4,8]{1,0}, f32[8,16]{1,0}) tuple(%x, %w)
  %y = f32[4,16]{1,0} custom-call(), custom_call_target="AllocateBuffer"
  %choice = (f32[4,16]{1,0}) conditional(%i, %xw, %y), branch_computations={%taken, %other}
  %result = f32[4,16]{1,0} get-tuple-element(%choice), index=0
  %written = f32[100,4,16]{2,1,0} fusion(%rows, %result, %i), kind=kLoop, calls=%put
  ROOT %next = (s32[], f32[100,4,16]{2,1,0}, f32[4,8]{1,0}, f32[8,16]{1,0}) tuple(%i, %written, %x, %w)
}

%step (state.1: (s32[], f32[100,4,16], f32[4,8], f32[8,16])) -> (s32[], f32[100,4,16], f32[4,8], f32[8,16]) {
  %state.1 = (s32[], f32[100,4,16]{2,1,0}, f32[4,8]{1,0}, f32[8,16]{1,0}) parameter(0)
  ROOT %edges = (s32[], f32[100,4,16]{2,1,0}, f32[4,8]{1,0}, f32[8,16]{1,0}) while(%state.1), body=%turn, \
backend_config={"known_trip_count":{"n":"5"},"dynamic_variables":[]}
}

ENTRY %main (given: (s32[], f32[100,4,16], f32[4,8], f32[8,16])) -> (s32[], f32[100,4,16], f32[4,8], f32[8,16]) {
  %given = (s32[], f32[100,4,16]{2,1,0}, f32[4,8]{1,0}, f32[8,16]{1,0}) parameter(0)
  ROOT %steps = (s32[], f32[100,4,16]{2,1,0}, f32[4,8]{1,0}, f32[8,16]{1,0}) while(%given), body=%step, \
backend_config={"known_trip_count":{"n":"3"},"dynamic_variables":[]}
}
"""

PRODUCT = Cost(kernels=1, products=1, operations=2 * 4 * 16 * 8, bytes=4 * (4 * 8 + 8 * 16 + 4 * 16))
COPY = Cost(kernels=1, bytes=4 * 2 * 4 * 16)
ROW = Cost(kernels=1, bytes=4 * (2 * 4 * 16 + 1), conditionals=1)  # part read, row's number read, row written

THUNKS = """
000: kCopy [source | next=001 (1)] kCopy
001: kWhile [prev=000 (1) | sink]
condition:
    002: kCustomKernel [source | sink] loop_compare_fusion grid: [1, 1, 1]
  body:
    003: kWhile [source | sink]
condition:
        004: kCustomKernel [source | sink] loop_compare_fusion grid: [1, 1, 1]
      body:
        000: kCommandBuffer [source | next=008 (1)]
            005: kConditional [source | sink]
              branch_0:
                006: kCustomKernel [source | sink] gemm_fusion grid: [1, 1, 1]
              branch_1:
                007: kCopy [source | sink] kCopy
        008: kDynamicSliceFusion [prev=000 (1) | sink] params=1, results=1
            009: kCopy [source | sink] kCopy
"""
METADATA = "".join(
    f'thunk_metadata {{\n  thunk_info {{\n    profile_annotation: "{name}"\n    thunk_id: {number}\n  }}\n}}\n'
    for name, number in (("steps", 1), ("edges", 3), ("choice", 5))
)


def test_a_step_costs_its_turns_times_the_mean_of_the_branches_and_a_row_written_in_place() -> None:
    expected = PRODUCT.times(0.25).plus(COPY.times(0.75)).plus(ROW).times(5)
    assert step_cost(Program(HLO), mean({2: [0.25, 0.75]})) == expected


def test_the_largest_branch_is_taken_number_by_number() -> None:
    assert step_cost(Program(HLO), largest) == PRODUCT.plus(ROW).times(5)


@pytest.mark.parametrize(
    ("present", "absent"),
    [
        ('{"n":"5"}', "{}"),
        ("branch_computations={%taken, %other}", "true_computation=%taken"),
        ("lhs_contracting_dims={1}, ", ""),
        ("%part = f32[4,16]", "%part = q7[4,16]"),
        ("calls=%put", "calls=%missing"),
        ("ENTRY ", ""),
        ("  %copy.1 = ", "  copy.1 := "),
    ],
)
def test_what_is_not_understood_is_an_error_and_not_nothing(present: str, absent: str) -> None:
    assert HLO.count(present) == 1
    with pytest.raises(UnknownFormatError):
        step_cost(Program(HLO.replace(present, absent)), largest)


def test_a_conditional_that_is_not_the_networks_is_an_error() -> None:
    with pytest.raises(UnknownFormatError):
        step_cost(Program(HLO), mean({8: [0.125] * 8}))


def test_host_work_counts_graphs_and_launches_outside_of_them_by_the_loops_turns() -> None:
    assert host_work(THUNKS, METADATA, loop_turns(Program(HLO)), steps=3) == HostWork(
        graphs=1,
        conditionals_in_graphs=1,
        conditionals_outside_graphs=0,
        cudnn_calls_in_branches=0,
        graph_launches_per_step=5,
        other_launches_per_step=5,
        host_waits_per_step=0,
    )


def test_a_conditional_outside_of_a_graph_makes_the_host_wait_in_every_turn() -> None:
    without_graph = THUNKS.replace("        000: kCommandBuffer [source | next=008 (1)]\n", "").replace(
        "006: kCustomKernel", "006: kConvolution"
    )
    found = host_work(without_graph, METADATA, loop_turns(Program(HLO)), steps=3)
    assert (found.conditionals_outside_graphs, found.host_waits_per_step, found.cudnn_calls_in_branches) == (1, 5, 1)


@pytest.mark.parametrize(
    ("sequence", "metadata"), [("", METADATA), (THUNKS.replace("kCopy", "kNews"), METADATA), (THUNKS, "")]
)
def test_thunks_that_are_not_known_are_an_error(sequence: str, metadata: str) -> None:
    with pytest.raises(UnknownFormatError):
        host_work(sequence, metadata, {"steps": 3, "edges": 5}, steps=3)


def test_a_search_takes_the_papers_epochs_and_whole_waves_of_lanes() -> None:
    assert search_steps(lanes=1) == 57_000 * 117
    assert search_steps(lanes=16) == (4 + 100 * 3) * 20 * 117


def test_there_is_no_bound_where_the_host_waits() -> None:
    work = HostWork(1, 1, 0, 0, 5.0, 5.0, host_waits_per_step=0.0)
    bounds = search_bounds(PRODUCT.times(1e9), work, lanes=1)
    assert bounds is not None and bounds["bandwidth"] == pytest.approx(
        57_000 * 117 * PRODUCT.bytes * 1e9 / 3.35e12 / 3600
    )
    assert search_bounds(PRODUCT, work._replace(host_waits_per_step=1.0), lanes=1) is None
