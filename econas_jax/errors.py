"""The exceptions that are one line for a user, and the statuses that a command leaves with after them."""

from __future__ import annotations

import sys
from collections.abc import Callable

FAILURE = 1  # exit status after a SearchError
USAGE_ERROR = 2  # exit status after an InputError, or a command line that cannot be read

LARGEST = 10**4000  # of whole numbers without a limit of their own: Python writes no longer ones in a message


class InputError(ValueError):
    """Input from outside that cannot be used; its message is one line.

    The commands print the message and leave with exit status 2; library users catch it as a ValueError.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        try:
            shown = repr(value)
        except ValueError:  # a whole number of thousands of digits
            shown = f"a {type(value).__name__}"
        if len(shown) > 120:
            shown = shown[:117] + "..."
        message = f"{field} = {shown}: expected {allowed}"
        super().__init__(" ".join(message.split()))
        self.field, self.value, self.allowed = field, value, allowed


class SearchError(RuntimeError):
    """A search that cannot go on for a reason outside its input; one line. What was committed is intact.

    The command prints the message and leaves with exit status 1.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def require(condition: bool, field: str, value: object, allowed: str) -> None:
    """Raises InputError unless the condition holds."""
    if not condition:
        raise InputError(field, value, allowed)


def require_integer(field: str, value: object, minimum: int, maximum: int | None = None) -> None:
    """Raises InputError unless value is a whole number in [minimum, maximum]; True and False are not numbers."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    allowed = f"a whole number of at least {minimum}"
    if maximum is not None:
        allowed = f"a whole number from {minimum} to {maximum}"
    elif whole and value > LARGEST:  # type: ignore[operator]
        allowed = f"a whole number from {minimum} to 10**4000"
    in_range = whole and minimum <= value <= (LARGEST if maximum is None else maximum)  # type: ignore[operator]
    require(in_range, field, value, allowed)


def require_number(field: str, value: object, fits: Callable[[float], bool], allowed: str) -> None:
    """Raises InputError unless value is a finite number that fits; True and False are not numbers."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    require(number and fits(value), field, value, allowed)  # type: ignore[arg-type]
