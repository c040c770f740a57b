"""Walks the folders of a data set: which images lie below a folder, and what else is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from econas_jax.data.image_kinds import is_image
from econas_jax.data.origin import Tally
from econas_jax.errors import InputError


class Entry(NamedTuple):
    """A file or folder, and its name as seen from the data set's folder."""

    path: str
    name: str

    @property
    def last(self) -> str:
        """The name alone, without the folders that it lies in."""
        return self.name.rsplit("/", 1)[-1]


class Listing(NamedTuple):
    """What lies directly in a folder, each sorted by name. Hidden entries are counted and not listed."""

    folders: list[Entry]
    images: list[Entry]


def listing(folder: Entry, tally: Tally) -> Listing:
    """Lists a folder; counts in `tally` whatever is neither a folder nor an image. Raises InputError if unreadable."""
    found = Listing([], [])
    try:
        with os.scandir(folder.path) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError("path", folder.path, f"a folder that can be read ({error.strerror})") from error
    for entry in entries:
        name = f"{folder.name}/{entry.name}" if folder.name else entry.name
        if entry.name.startswith("."):
            tally.add("hidden", name)
        elif entry.is_dir():
            found.folders.append(Entry(entry.path, name))
        elif not entry.is_file():
            tally.add("neither file nor folder, or a broken link", name)
        elif is_image(entry.path):
            found.images.append(Entry(entry.path, name))
        else:
            tally.add("no image", name)
    return found


def images_below(folder: Entry, tally: Tally) -> Iterator[Entry]:
    """Yields all images in a folder and in the folders below it, in an order that depends on their names alone."""
    waiting = [(folder, frozenset[tuple[int, int]]())]
    while waiting:
        here, above = waiting.pop()
        identity = _identity(here)
        if identity in above:
            tally.add("link to a folder above it", here.name)
            continue
        folders, images = listing(here, tally)
        yield from images
        waiting.extend((below, above | {identity}) for below in reversed(folders))


def _identity(folder: Entry) -> tuple[int, int]:
    try:
        state = os.stat(folder.path)
    except OSError as error:
        raise InputError("path", folder.path, f"a folder that can be read ({error.strerror})") from error
    return state.st_dev, state.st_ino
