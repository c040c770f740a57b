"""All entries of the zoo, by year, and how one is found by its name."""

from __future__ import annotations

import difflib

from econas_jax.errors import InputError
from econas_jax.zoo.cells import CELLS
from econas_jax.zoo.densenets import DENSENETS
from econas_jax.zoo.earlier_cells import EARLIER_CELLS
from econas_jax.zoo.entry import Entry

ENTRIES: tuple[Entry, ...] = tuple(
    sorted((*DENSENETS, *EARLIER_CELLS, *CELLS), key=lambda entry: (entry.year, entry.source))
)
NEAREST = 3  # names in a refusal


def find(name: str) -> Entry:
    """Returns the entry of this name, however it is written: `DARTS_V2`, `darts-v2` and `dartsv2` are one name.

    Raises InputError, with the nearest names, if there is none.
    """
    entries = {_key(entry.name): entry for entry in ENTRIES}
    key = _key(name) if isinstance(name, str) else ""
    if key not in entries:
        holding = [one for one in entries if key and key in one]
        near = dict.fromkeys([*holding, *difflib.get_close_matches(key, entries, NEAREST, cutoff=0.0)])
        names = ", ".join(entries[one].name for one in list(near)[:NEAREST])
        raise InputError("name", name, f"a name that `econas-jax zoo` lists, such as {names}")
    return entries[key]


def _key(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "").replace(" ", "")
