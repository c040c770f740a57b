"""HLO text parsed into instructions, on a short program whose sizes are counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.common.hlo_kinds import Product, bytes_moved, kinds
from benchmarks.common.hlo_text import Program, UnknownFormatError

HLO = """
HloModule jit_step, is_scheduled=true

%put (whole: f32[100,4,16], part: f32[4,16], row: s32[]) -> f32[100,4,16] {
  %whole = f32[100,4,16]{2,1,0} parameter(0)
  %part = f32[4,16]{1,0} parameter(1)
  %wide = f32[1,4,16]{2,1,0} bitcast(%part)
  %row = s32[] parameter(2)
  %zero = s32[] constant(0)
  ROOT %update = f32[100,4,16]{2,1,0} dynamic-update-slice(%whole, %wide, %row, %zero, /*index=4*/%zero)
}

ENTRY %main (given: (f32[4,8], f32[8,16], f32[100,4,16], s32[])) -> (f32[4,16], f32[100,4,16]) {
  %given = (f32[4,8]{1,0}, f32[8,16]{1,0}, f32[100,4,16]{2,1,0}, /*index=3*/s32[]) parameter(0)
  %left = f32[4,8]{1,0} get-tuple-element(%given), index=0
  %right = f32[8,16]{1,0} get-tuple-element(%given), index=1
  %rows = f32[100,4,16]{2,1,0} get-tuple-element(%given), index=2
  %i = s32[] get-tuple-element(%given), index=3
  %dot.1 = f32[4,16]{1,0} dot(%left, %right), lhs_contracting_dims={1}, rhs_contracting_dims={0}
  %written = f32[100,4,16]{2,1,0} fusion(%rows, %dot.1, %i), kind=kLoop, calls=%put
  ROOT %out = (f32[4,16]{1,0}, f32[100,4,16]{2,1,0}) tuple(%dot.1, %written)
}
"""


def read(text: str) -> dict[str, Any]:
    """Everything that the profile reads from a program."""
    program = Program(text)
    return {"kinds": kinds(program), "bytes": bytes_moved(program)}


def test_a_product_and_a_row_written_in_place() -> None:
    found = read(HLO)
    assert found["kinds"]["dot.1"] == Product(1, 4, 16, 8, transposed=False)
    assert found["bytes"]["written"] == 2 * 4 * (4 * 16)  # the row is read and written, not the whole array
    assert Program(HLO).computations["main"]["given"].bytes == 4 * (4 * 8 + 8 * 16 + 100 * 4 * 16 + 1)


@pytest.mark.parametrize(
    ("present", "absent"),
    [
        ("dot(%left, %right)", "dot(%left, %nothing)"),
        ("%wide = f32[1,4,16]", "%wide = q7[1,4,16]"),
        ("calls=%put", "calls=%missing"),
        ("ROOT %update", "%update"),
        ("  %dot.1 = ", "  dot.1 := "),
        ("constant(0)", "constant(0"),
        (HLO, ""),
    ],
)
def test_unknown_text_is_an_error_and_not_nothing(present: str, absent: str) -> None:
    assert HLO.count(present) == 1
    with pytest.raises(UnknownFormatError):
        read(HLO.replace(present, absent))
