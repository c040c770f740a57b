"""What the commands that run an experiment share: flags of a config file, one-line mistakes, stopping by signal."""

from __future__ import annotations

import faulthandler
import functools
import operator
import re
import signal
import sys
import types
from pathlib import Path
from typing import NoReturn

from absl import flags, logging
from ml_collections import ConfigDict, config_flags

from econas_jax.errors import USAGE_ERROR, InputError
from econas_jax.experiment import config_source
from econas_jax.experiment.config_fields import TYPES
from econas_jax.experiment.config_source import ConfigSourceError
from econas_jax.experiment.folder import local_folder

# Here and not in the commands, for absl knows each flag once in a process.
CONFIG = config_flags.DEFINE_config_file(
    "config", None, "What to run: the name of a shipped config, or a file; :ARGUMENT after it goes to its get_config()."
)
WORKDIR = flags.DEFINE_string("workdir", None, "The folder for results; default: runs/ and the config's name.")


class _ConfigParser(flags.ArgumentParser[ConfigDict]):
    """Loads the config that a flag names: ml_collections' own parser knows no names, and wraps a file's mistakes."""

    command: str | None = None  # whose configs are listed where there is none of a name

    def parse(self, argument: str) -> ConfigDict:
        return config_source.load(argument, self.command).lock()

    def flag_type(self) -> str:
        return "config"


_PARSER = _ConfigParser()
flags.FLAGS["config"].parser = _PARSER


class StopRequest:
    """Remembers the first Ctrl-C or SIGTERM; a second one interrupts at once."""

    def __init__(self, unit: str = "epoch") -> None:
        """Listens from now on. unit: what is still brought to its end, in a word for the user."""
        self.signal: int | None = None
        self._unit = unit
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._remember)

    def _remember(self, number: int, frame: types.FrameType | None) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
        line = f"\nstopping as soon as the {self._unit} at hand is over; once more to stop at once"
        print(line, file=sys.stderr, flush=True)

    def __call__(self) -> bool:
        return self.signal is not None

    @property
    def status(self) -> int:
        """The exit status of a command stopped by a signal."""
        return 128 + (self.signal or signal.SIGINT)


def set_up_process() -> None:
    """Logs warnings alone, for JAX and Orbax report every start and every save; a crash in C code shows its place."""
    logging.use_absl_handler()
    logging.set_verbosity(logging.WARNING)
    if not faulthandler.is_enabled():
        faulthandler.enable()


def parse_flags(arguments: list[str], command: str, example: str | None) -> None:
    """Reads the flags of a command such as search; every mistake is a line and status 2.

    example: a config to name where --config is missing; None if it may be.
    """
    _PARSER.command = command
    try:
        rest = flags.FLAGS(["econas-jax", *arguments])
    except ConfigSourceError as error:
        fail(str(error))
    except flags.IllegalFlagValueError as error:
        fail(_wrong_value(str(error)) or _one_line(error))
    except (AttributeError, KeyError) as error:  # how ml_collections refuses an unknown field
        fail(f"no such config field: {_one_line(error)}")
    except (flags.Error, TypeError, ValueError, OSError) as error:
        fail(_one_line(error))
    if len(rest) > 1:
        fail(f"not a flag: {rest[1]!r} (flags begin with two dashes, such as --config.{rest[1].lstrip('-')})")
    if CONFIG.value is None and example is not None:
        fail(f"--config is missing: expected a name such as {example} or a file; --help lists the names")


def workdir() -> Path:
    """Returns the folder named, or runs/ and the config's name."""
    named = config_flags.get_config_filename(flags.FLAGS["config"])
    if WORKDIR.value is not None:  # an empty one is a mistake, such as a variable that is not set
        return local_folder(WORKDIR.value)
    return local_folder(Path("runs") / config_source.find(named).title)


def fail(message: str, status: int = USAGE_ERROR) -> NoReturn:
    """Leaves the process with a line and the status."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(status)


def _wrong_value(refusal: str) -> str | None:
    """Returns in this package's words how absl refused a config field's value; None where it is not about one."""
    match = re.match(r"flag --config\.([\w.]+)=(.*?): ", refusal, re.DOTALL)
    config = flags.FLAGS["config"].value
    if match is None or config is None:
        return None
    *groups, name = match[1].split(".")
    kind = functools.reduce(operator.getitem, groups, config).get_type(name)
    return str(InputError(match[1], match[2], TYPES[kind])) if kind in TYPES else None


def _one_line(error: Exception) -> str:
    while error.args and isinstance(error.args[0], Exception):  # ml_collections wraps a KeyError in an AttributeError
        error = error.args[0]
    text = str(error.args[0]) if len(error.args) == 1 else str(error)
    return " ".join(text.split()) or type(error).__name__
