"""Fields' documentation: comments, defaults and groups are those of the source."""

from __future__ import annotations

import dataclasses

import pytest

from econas_jax.algorithms import CONFIGS
from econas_jax.experiment.field_docs import FieldDoc, field_docs
from econas_jax.search.config import SearchConfig
from econas_jax.spaces import SPACES
from econas_jax.study.config import StudyConfig


@dataclasses.dataclass(frozen=True)
class Inner:
    """A group of fields,
    told in two lines.

    And more, which a table has no room for.
    """

    size: int = 3  # of something # with a mark
    name: str = "#"


@dataclasses.dataclass(frozen=True)
class Base:
    first: float  # the base's


@dataclasses.dataclass(frozen=True)
class Outer(Base):
    # Lines above a field
    # are its comment.
    flag: bool | None = None
    inner: Inner = Inner(size=4)
    many: tuple[int, ...] = dataclasses.field(default_factory=lambda: (1, 2))  # after several lines

    def method(self) -> int:
        local: int = 1  # not a field
        return local


EXPECTED = (
    FieldDoc("first", "float", "required", "the base's"),
    FieldDoc("flag", "bool | None", "None", "Lines above a field are its comment."),
    FieldDoc("inner", "Inner", "", "A group of fields, told in two lines."),
    FieldDoc("inner.size", "int", "4", "of something # with a mark"),
    FieldDoc("inner.name", "str", "'#'", ""),
)


def test_comments_defaults_and_groups() -> None:
    *documented, many = field_docs(Outer)
    assert tuple(documented) == EXPECTED
    assert (many.path, many.default) == ("many", "(1, 2)")
    assert many.text.startswith("after several lines")
    assert [entry.path for entry in field_docs(Outer) if entry.is_group] == ["inner"]


def test_values_of_an_object() -> None:
    values = {entry.path: entry.default for entry in field_docs(Outer(0.5, inner=Inner(7), flag=True))}
    assert values["first"] == "0.5"
    assert values["inner.size"] == "7"
    assert values["flag"] == "True"


@pytest.mark.parametrize("config", [SearchConfig, StudyConfig, *CONFIGS.values(), *SPACES.values()])
def test_every_field_is_explained(config: type) -> None:
    documented = field_docs(config)
    assert len(documented) >= 2
    assert [entry.path for entry in documented if not entry.text] == []
