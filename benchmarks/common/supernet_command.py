"""What the two scripts that time a search in a supernet share: flags, the search's numbers, and its steps in turn."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from benchmarks.common.retrain_command import add_step_flags, time_steps

# Liu et al., DARTS, in the proxy c4r2: the paper's setting but for channels (16) and resolution (32).
SUPERNET_SETTING = {"channels": 9, "resolution": 16, "cells": 8, "batch": 64}
STEPS = ("weights", "second-order")
ALPHA_RATE, ALPHA_DECAY = 3e-4, 1e-3


def supernet_parser(description: str | None) -> argparse.ArgumentParser:
    """Returns the flags of such a script."""
    flags = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--step", choices=STEPS, default=STEPS[0])
    add_step_flags(flags, SUPERNET_SETTING)
    return flags


def timed(step: Callable[[], Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Times single steps as `time_steps` does, and says which they are."""
    return time_steps(step, arguments) | {"step": arguments.step}
