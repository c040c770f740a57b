"""Every space keeps the promises of `Space`."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.spaces import SPACES
from econas_jax.spaces.space import Space


@pytest.fixture(params=SPACES)
def space(request: pytest.FixtureRequest) -> Space[Any]:
    return SPACES[request.param]()


def drawn(space: Space[Any], count: int = 10) -> list[Any]:
    rng = np.random.default_rng(0)
    return [space.sample(rng) for _ in range(count)]


def test_name_is_the_key_and_is_checked() -> None:
    for name, kind in SPACES.items():
        assert kind().name == name
        with pytest.raises(InputError, match="name"):
            kind(name="other")  # type: ignore[call-arg]


def test_every_number_comes_from_the_generator(space: Space[Any]) -> None:
    assert drawn(space) == drawn(space)
    genotype = drawn(space)[0]
    first, second = (space.mutate(genotype, np.random.default_rng(5)) for _ in range(2))
    assert first == second != genotype


def test_genotypes_are_values_with_a_text_of_one_line(space: Space[Any]) -> None:
    for genotype in drawn(space):
        space.check(genotype)
        text = str(genotype)
        assert "\n" not in text
        read = space.parse(text)
        assert read == genotype and hash(read) == hash(genotype) and str(read) == text
    for other in ("", "Genotype()", text[:-1], text + "!"):
        with pytest.raises(InputError):
            space.parse(other)


def test_mutations_are_neighbours(space: Space[Any]) -> None:
    rng = np.random.default_rng(1)
    for genotype in drawn(space, 3):
        neighbours = list(space.neighbours(genotype))
        assert neighbours == list(space.neighbours(genotype))
        assert len(set(neighbours)) == len(neighbours)
        assert genotype not in neighbours
        assert {space.mutate(genotype, rng) for _ in range(50)} <= set(neighbours)
        for neighbour in islice(neighbours, 0, None, 10):
            space.check(neighbour)
            assert genotype in set(space.neighbours(neighbour))


def test_canonical_form_is_its_own(space: Space[Any]) -> None:
    for genotype in drawn(space):
        representative = space.canonical(genotype)
        assert space.canonical(representative) == representative


def test_size_and_training(space: Space[Any]) -> None:
    assert space.size() >= len(set(drawn(space, 100)))
    space.check_trainable()


def test_diagrams_can_be_drawn(space: Space[Any]) -> None:
    for genotype in drawn(space):
        diagrams = space.diagrams(genotype)
        assert len({diagram.title for diagram in diagrams}) == len(diagrams) > 0
        for diagram in diagrams:
            names = [vertex.name for vertex in diagram.vertices]
            kinds = [vertex.kind for vertex in diagram.vertices]
            assert len(set(names)) == len(names)
            assert kinds == sorted(kinds, key=("input", "node", "output").index) and set(kinds) >= {"input", "output"}
            assert all(0 <= source < target < len(names) for source, target, _ in diagram.edges)
            assert all(kinds[source] != "output" and kinds[target] != "input" for source, target, _ in diagram.edges)
