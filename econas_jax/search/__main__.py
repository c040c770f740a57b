"""The command: python -m econas_jax.search --config configs/econas.py [--workdir DIR] [--config.FIELD=VALUE ...]."""

from __future__ import annotations

import signal
import sys
import types
from pathlib import Path
from typing import NoReturn

from absl import app, flags, logging
from ml_collections import config_flags

from econas_jax.errors import InputError, SearchError
from econas_jax.search.config import from_mapping
from econas_jax.search.loop import SearchInterruptedError, run_search
from econas_jax.search.progress import Reporter

FAILURE = 1
USAGE_ERROR = 2

_CONFIG = config_flags.DEFINE_config_file("config", None, "The experiment: a file of configs/.", lock_config=True)
_WORKDIR = flags.DEFINE_string("workdir", None, "Where results go; default: runs/ and the config file's name.")


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


def parse_flags(arguments: list[str]) -> list[str]:
    """absl's parser, with every mistake a line and status 2: a misspelt --config field would escape as a traceback."""
    try:
        rest = flags.FLAGS(arguments)
        if len(rest) > 1:
            _fail(f"not a flag: {rest[1]!r} (flags begin with two dashes, such as --config.{rest[1].lstrip('-')})")
        if _CONFIG.value is None:
            _fail("--config is missing: expected a file such as configs/econas.py")
        _CONFIG.value.keys()  # noqa: B018 - a config file that could not be read says so at the first touch only
        return rest
    except (AttributeError, KeyError) as error:  # how ml_collections refuses an unknown field
        if "get_config" in str(error):
            _fail("the config file has no function get_config() that returns a ConfigDict")
        _fail(f"no such config field: {_one_line(error)}")
    except (flags.Error, TypeError, ValueError, SyntaxError, ImportError, OSError) as error:
        _fail(_one_line(error))


def main(arguments: list[str]) -> int:
    """Runs the search that the flags describe; returns the exit status."""
    logging.set_verbosity(logging.WARNING)  # Orbax describes every save at the level of information
    stop = StopRequest()
    workdir = Path(_WORKDIR.value or Path("runs") / Path(config_flags.get_config_filename(flags.FLAGS["config"])).stem)
    reporter = Reporter()
    try:
        run_search(from_mapping(_CONFIG.value), workdir, reporter, stop)
    except InputError as error:
        _fail(str(error))
    except SearchError as error:
        _fail(str(error), FAILURE)
    except (SearchInterruptedError, KeyboardInterrupt):
        reporter.say("stopped; the same command goes on from here")
        return 128 + (stop.signal or signal.SIGINT)
    return 0


def _fail(message: str, status: int = USAGE_ERROR) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(status)


def _one_line(error: Exception) -> str:
    while error.args and isinstance(error.args[0], Exception):  # ml_collections wraps a KeyError in an AttributeError
        error = error.args[0]
    text = str(error.args[0]) if len(error.args) == 1 else str(error)
    return " ".join(text.split()) or type(error).__name__


if __name__ == "__main__":
    app.run(main, flags_parser=parse_flags)
