"""What the commands that run an experiment share: flags of a config file, one-line mistakes, stopping by signal."""

from __future__ import annotations

import signal
import sys
import types
from pathlib import Path
from typing import NoReturn

from absl import flags, logging
from ml_collections import config_flags

FAILURE = 1
USAGE_ERROR = 2

# Here and not in the commands, for absl knows each flag once in a process.
CONFIG = config_flags.DEFINE_config_file("config", None, "The experiment: a file of configs/.", lock_config=True)
WORKDIR = flags.DEFINE_string("workdir", None, "Where results go; default: runs/ and the name of what is run.")


class StopRequest:
    """Remembers the first Ctrl-C or SIGTERM; a second one interrupts at once."""

    def __init__(self) -> None:
        self.signal: int | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._remember)

    def _remember(self, number: int, frame: types.FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
        print("\nstopping after this epoch; once more to stop at once", file=sys.stderr, flush=True)

    def __call__(self) -> bool:
        return self.signal is not None

    @property
    def status(self) -> int:
        """The exit status of a command stopped by a signal."""
        return 128 + (self.signal or signal.SIGINT)


def quiet_libraries() -> None:
    """Leaves the terminal to ours: JAX and Orbax tell every start and every save at the level of information."""
    logging.set_verbosity(logging.WARNING)


def parse_flags(arguments: list[str], example: str | None) -> list[str]:
    """absl's parser, with every mistake a line and status 2: a misspelt --config field would escape as a traceback.

    example: a config file to name where --config is missing; None if it may be.
    """
    try:
        rest = flags.FLAGS(arguments)
        if len(rest) > 1:
            fail(f"not a flag: {rest[1]!r} (flags begin with two dashes, such as --config.{rest[1].lstrip('-')})")
        if CONFIG.value is None and example is not None:
            fail(f"--config is missing: expected a file such as {example}")
        if CONFIG.value is not None:
            CONFIG.value.keys()  # a config file that could not be read says so at the first touch only
        return rest
    except (AttributeError, KeyError) as error:  # how ml_collections refuses an unknown field
        if "get_config" in str(error):
            fail("the config file has no function get_config() that returns a ConfigDict")
        fail(f"no such config field: {_one_line(error)}")
    except (flags.Error, TypeError, ValueError, SyntaxError, ImportError, OSError) as error:
        fail(_one_line(error))


def workdir() -> Path:
    """The folder named, or runs/ and the config file's name."""
    return Path(WORKDIR.value or Path("runs") / Path(config_flags.get_config_filename(flags.FLAGS["config"])).stem)


def fail(message: str, status: int = USAGE_ERROR) -> NoReturn:
    """Leaves the process with a line and the status."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(status)


def _one_line(error: Exception) -> str:
    while error.args and isinstance(error.args[0], Exception):  # ml_collections wraps a KeyError in an AttributeError
        error = error.args[0]
    text = str(error.args[0]) if len(error.args) == 1 else str(error)
    return " ".join(text.split()) or type(error).__name__
