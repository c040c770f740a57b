"""The space of docs/add_a_space.md is one, and the page names what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from page_code import page_module, page_text

from econas_jax.errors import InputError
from econas_jax.nn.network import NetworkFamily
from econas_jax.spaces.space import Space

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = page_text("add_a_space.md")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The page's code as a module."""
    with page_module("add_a_space.md", tmp_path_factory.mktemp("page")) as module:
        yield module


def reachable(space: Space[Any], start: Any) -> set[Any]:
    reached, waiting = {start}, [start]
    while waiting:
        new = set(space.neighbours(waiting.pop())) - reached
        reached |= new
        waiting += new
    return reached


def test_the_space_keeps_what_spaces_promise(page: ModuleType) -> None:
    space: Space[Any] = page.ChainSpace()
    first = space.sample(np.random.default_rng(0))
    everything = reachable(space, first)
    assert first == space.sample(np.random.default_rng(0))
    assert len(everything) == space.size() == 9
    rng = np.random.default_rng(1)
    assert {space.sample(rng) for _ in range(200)} == everything
    space.check_trainable()
    for genotype in everything:
        space.check(genotype)
        assert space.parse(str(genotype)) == genotype
        assert {space.mutate(genotype, rng) for _ in range(100)} == set(space.neighbours(genotype)) - {genotype}
        assert space.canonical(space.canonical(genotype)) == space.canonical(genotype)
        (diagram,) = space.diagrams(genotype)
        assert all(edge.source < edge.target < len(diagram.vertices) for edge in diagram.edges)


def test_chains_that_differ_in_a_skips_place_are_one(page: ModuleType) -> None:
    space = page.ChainSpace()
    names = {str(space.canonical(genotype)) for genotype in reachable(space, page.Chain(("skip", "conv")))}
    assert names == {"skip>skip", "mean>skip", "conv>skip", "mean>mean", "mean>conv", "conv>mean", "conv>conv"}


@pytest.mark.parametrize("text", ["", "skip", "skip>skip>skip", "skip>sep_conv_3x3"])
def test_other_texts_are_refused(page: ModuleType, text: str) -> None:
    with pytest.raises(InputError, match="genotype"):
        page.ChainSpace().parse(text)


def test_the_page_names_files_that_exist() -> None:
    folders = {folder.relative_to(REPOSITORY) for folder in REPOSITORY.glob("econas_jax/*/nasbench201")}
    assert len(folders) == 2
    for name in re.findall(r"`((?:econas_jax|tests)/[\w/.]+)`", PAGE):
        assert (REPOSITORY / name).exists(), name
    listed = {
        name for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for name in re.findall(r"(\w+\.py)`", row)
    }
    files = {file.name for folder in folders for file in (REPOSITORY / folder).glob("*.py")} - {"__init__.py"}
    assert listed == files


def test_the_page_lists_the_methods_of_a_family() -> None:
    methods = {name for name in vars(NetworkFamily) if not name.startswith("_")}
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) - {"NetworkFamily"} == methods
