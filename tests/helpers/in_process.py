"""Runs one of the commands in the test's own process, as often as the test likes."""

from __future__ import annotations

import contextlib
import signal
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from absl import flags, logging
from absl.testing import flagsaver

from econas_jax.experiment import config_source

Command = Callable[..., int]


@contextlib.contextmanager
def running(module: types.ModuleType, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Command]:
    """A function from arguments to the exit status of the command (a package's `__main__`), run in the folder."""
    monkeypatch.chdir(folder)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    verbosity = logging.get_verbosity()

    def run(*arguments: str) -> int:
        saved = flagsaver.save_flag_values()  # anew each time: what is restored becomes the flags' own state
        monkeypatch.setattr(sys, "argv", [module.__name__, *arguments])  # ml_collections looks for overrides there
        try:
            status: int = module.main(list(arguments))
            return status
        except SystemExit as leaving:
            assert isinstance(leaving.code, int)
            return leaving.code
        finally:
            _restore_flags(saved)
            sys.modules.pop(config_source.MODULE, None)  # the config file as a module

    yield run
    logging.set_verbosity(verbosity)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _restore_flags(saved: Mapping[str, Any]) -> None:
    """Gives the flags that were saved their values, and removes the command's overrides (`--config.FIELD`) alone.

    absl would also remove the flags of modules that the command has imported, which they read for ever:
    array_record's, without which nothing in this process reads a TFDS copy any more.
    """
    imported = {name: flags.FLAGS[name] for name in flags.FLAGS if name not in saved and not name.startswith("config.")}
    flagsaver.restore_flag_values(saved)
    for name, flag in imported.items():
        flags.FLAGS[name] = flag


def assert_refused(
    command: Command, arguments: Sequence[str], told: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The command, which runs in the folder, says this in one line, ends with status 2 and leaves nothing behind."""
    assert command(*arguments) == 2
    output, errors = capfd.readouterr()
    assert errors.startswith("error: ") and errors.count("\n") == 1
    assert told in errors and "Traceback" not in output + errors
    assert list(folder.iterdir()) == []
