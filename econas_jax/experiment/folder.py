"""A folder that belongs to one experiment: `config.json` says to which one, and a lock says whether it is being run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from econas_jax.errors import InputError, require
from econas_jax.experiment import lock
from econas_jax.experiment.config_file import ConfigFile, described
from econas_jax.experiment.disk import refused_if_unwritable
from econas_jax.files import TEMPORARY

LOGS = (".log", ".out", ".err")  # end the names of files that a shell or a scheduler may put beside ours

Config = Any  # a dataclass
Changeable = Callable[[str], bool]  # says of a field of the config whether another value may go on with the folder


def local_folder(path: str | os.PathLike[str], field: str = "workdir") -> Path:
    """Returns the path of a folder on this machine, `~` expanded; raises InputError for a URI, which would be no path.

    The folder need not exist.
    """
    require(isinstance(path, str | os.PathLike), field, path, "a path")
    text = os.fspath(path)
    # A path swallows one of two slashes, so that a URI given as one is known by what is left.
    scheme, separator, _ = text.partition(":/")
    uri = bool(separator) and scheme.isalnum() and len(scheme) > 1
    require(bool(text) and not uri, field, text, "a folder of this machine's file system")
    try:
        return Path(text).expanduser()
    except RuntimeError:  # `~nobody`, or no home
        raise InputError(field, text, "a folder of this machine's file system") from None


class ExperimentFolder:
    """What the folders of all experiments have in common; kind: a word for the experiment, such as search."""

    def __init__(self, path: Path, kind: str, say: Callable[[str], None] = lambda line: None) -> None:
        """Touches nothing yet. say: is told what was changed."""
        self.path = path
        self._kind = kind
        self._config_file = ConfigFile(path, kind)
        self._say = say
        self._identity: Mapping[str, Any] = {}
        self._facts: Mapping[str, Any] = {}

    @property
    def claimed(self) -> bool:
        """Whether the folder is an experiment's already."""
        return self._config_file.exists()

    @contextlib.contextmanager
    def held(self, config: Config, changeable: Changeable) -> Iterator[None]:
        """Keeps other experiments out of the folder, which is made if need be.

        Raises InputError if one is in it, and where `check` does. After an InputError, nothing is left of a folder
        that has not been claimed.
        """
        missing = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
        self.check(config, changeable)
        try:
            with lock.locked(self.path):
                try:
                    yield
                except InputError:
                    if not self._config_file.exists():
                        with contextlib.suppress(OSError):
                            (self.path / lock.FILE).unlink()
                    raise
        except InputError:
            with contextlib.suppress(OSError):  # what has something in it stays
                for folder in missing:
                    folder.rmdir()
            raise

    def check(self, config: Config, changeable: Changeable) -> None:
        """Makes the folder if need be; raises InputError if it cannot be written or is another experiment's."""
        with refused_if_unwritable(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        if self._config_file.exists():
            self._config_file.check_same(config, changeable)
            return
        with refused_if_unwritable(self.path):
            names = {file.name for file in self.path.iterdir()}
        # All that an experiment killed this early leaves, and logs.
        used = any(name != lock.FILE and not name.endswith((TEMPORARY, *LOGS)) for name in names)
        require(not used, "workdir", str(self.path), f"an empty folder, or one made by an earlier {self._kind}")

    def claim(self, config: Config, identity: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> None:
        """Makes the folder this experiment's, or makes sure that it is; raises InputError if it is not.

        identity: what besides the config decides the results. facts: what a reader of the folder may want to know. Both
        are in JSON's types. In a folder that is claimed already, nothing is written before `record`.
        """
        self._identity, self._facts = identity, facts or {}
        with refused_if_unwritable(self.path):
            for leftover in self.path.glob(f"*{TEMPORARY}"):
                leftover.unlink()
        if self._config_file.exists():
            self._config_file.check_identity(identity)
        else:
            self.record(config)

    def record(self, config: Config) -> None:
        """Writes `config.json`, once it is sure that the experiment goes on with it; says which fields it changes."""
        if self._config_file.exists() and (changes := self._config_file.differing(config)):
            self._say(f"changed since the last run: {described(changes)}")
        self._config_file.write(config, self._identity, self._facts)
