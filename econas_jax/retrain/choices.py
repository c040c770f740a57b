"""Which networks are retrained: a search's best, an architecture of the zoo, or a genotype's own text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from econas_jax.errors import InputError, require
from econas_jax.experiment.folder import local_folder
from econas_jax.spaces.chain.text import KINDS as CHAINS
from econas_jax.spaces.chain.text import parse_chain
from econas_jax.spaces.darts.genotype import Genotype as DartsGenotype
from econas_jax.spaces.nasbench201.genotype import Genotype as NasBench201Genotype
from econas_jax.zoo import Entry, find

FIELD = "genotype"
RESULT = "result.json"
MAXIMUM_BYTES = 10**8  # of a result.json


class Found(NamedTuple):
    """Where a search keeps a candidate: the search's folder, and its rank among the best, from 0."""

    run: Path
    rank: int


class Choice(NamedTuple):
    """A genotype to train, with a short name for people."""

    name: str
    genotype: Any  # of any space, or a DenseNet-BC
    found: Found | None = None  # by a search


def choices(text: str) -> tuple[Choice, ...]:
    """Returns what the text names, at least one genotype; raises InputError where it names none.

    The text is a name of the zoo; a genotype's text; or the path of a search's result.json or folder, which are all its
    best genotypes, with a colon and a place from 0 one of them.
    """
    bare = text.strip()
    if "|" in bare or "(" in bare:
        return (Choice("genotype", parse(bare)),)
    entry, names = _of_the_zoo(bare)
    if entry is not None:
        return (Choice(entry.name, entry.architecture),)
    allowed = f"a search's {RESULT}, {RESULT}:0 for the first of its best, a genotype's text, or {names}"
    require(bool(bare), f"config.{FIELD}", text, allowed)
    path, place = _split(bare)
    file = path / RESULT if path.is_dir() else path
    if not file.is_file():
        raise InputError(f"config.{FIELD}", text, f"{allowed}; there is no file {file}")
    found = _best(file)
    if place is None:
        return tuple(found)
    allowed = f"a place from 0 to {len(found) - 1}: {file} holds {len(found)} genotypes"
    require(place < len(found), f"config.{FIELD}", text, allowed)
    return (found[place],)


def parse(text: str) -> Any:
    """Returns the genotype, of any space, that the text is; raises InputError if it is none."""
    bare = text.lstrip("'\" ")
    if bare.startswith(tuple(f"{kind}(" for kind in CHAINS)):
        return parse_chain(text)
    return NasBench201Genotype.parse(text) if bare.startswith("|") else DartsGenotype.parse(text)


def _of_the_zoo(name: str) -> tuple[Entry | None, str]:
    """Returns the entry of this name, if there is one, and in words which names there are."""
    try:
        return find(name), ""
    except InputError as error:
        return None, error.allowed


def _split(text: str) -> tuple[Path, int | None]:
    """Returns the path, and the place behind its last colon if that is a number and the whole is no path itself."""
    match = re.fullmatch(r"(.+):([0-9]{1,6})", text, re.ASCII)
    if match is None or Path(text).exists():
        return local_folder(text, FIELD), None
    return local_folder(match[1], FIELD), int(match[2])


def _best(file: Path) -> list[Choice]:
    """Reads the best genotypes of a search; raises InputError for another file, or where there is none yet."""
    allowed = f"the {RESULT} of a search, darts or nasbench201"
    try:
        require(file.stat().st_size <= MAXIMUM_BYTES, FIELD, str(file), allowed)
        texts = [entry["genotype"] for entry in json.loads(file.read_text(encoding="utf-8"))["best"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise InputError(FIELD, str(file), allowed) from None
    require(bool(texts), FIELD, str(file), "a search that has found at least one genotype")
    return [
        Choice(f"{file.parent.name} {rank}", parse(text), Found(file.parent, rank)) for rank, text in enumerate(texts)
    ]
