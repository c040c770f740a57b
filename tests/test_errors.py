"""The one-line exception for input that a user can mend."""

from __future__ import annotations

from typing import Any

import pytest

from econas_jax.errors import InputError, SearchError, require, require_integer, require_number


def test_the_message_names_field_value_and_what_is_allowed() -> None:
    error = InputError("search.cycles", -1, "a whole number of at least 0")
    assert str(error) == "search.cycles = -1: expected a whole number of at least 0"
    assert (error.field, error.value, error.allowed) == ("search.cycles", -1, "a whole number of at least 0")
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("value", ["a\nb", "x" * 10_000, ["line\n"] * 1000])
def test_the_message_is_one_short_line_whatever_the_value(value: object) -> None:
    message = str(InputError("field", value, "one line,\nnot two"))
    assert "\n" not in message and len(message) < 200 and message.endswith("one line, not two")


def test_require_raises_for_a_false_condition_only() -> None:
    require(True, "field", 1, "anything")
    with pytest.raises(InputError, match="^field = 1: expected 2$"):
        require(False, "field", 1, "2")


@pytest.mark.parametrize(("value", "maximum"), [(2, None), (10**30, None), (2, 2), (3, 4)])
def test_whole_numbers_in_range_pass(value: int, maximum: int | None) -> None:
    require_integer("field", value, 2, maximum)


@pytest.mark.parametrize("value", [0, -3, True, 2.0, "2", None, float("nan"), [2], 5])
def test_anything_else_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="a whole number from 1 to 4$"):
        require_integer("field", value, 1, 4)


def test_without_a_maximum_only_the_minimum_is_named() -> None:
    with pytest.raises(InputError, match="^field = 1: expected a whole number of at least 2$"):
        require_integer("field", 1, 2)


@pytest.mark.parametrize("value", [1, 0.5, -3])
def test_numbers_that_fit_pass(value: float) -> None:
    require_number("field", value, lambda number: number < 2, "a number below 2")


@pytest.mark.parametrize("value", ["1", True, None, float("nan"), float("-inf"), [1], 2, 1j])
def test_other_values_are_no_fitting_numbers(value: Any) -> None:
    with pytest.raises(InputError, match="^field = .*: expected a number below 2$"):
        require_number("field", value, lambda number: number < 2, "a number below 2")


def test_a_search_that_cannot_go_on_says_so_in_one_line() -> None:
    assert str(SearchError("a\nb  c")) == "a b c"
