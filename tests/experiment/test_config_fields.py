"""Groups of a config whose key picks their dataclass, and what fields that are not given become."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from econas_jax.errors import InputError, require
from econas_jax.experiment.config_fields import build_config, check_choices, to_config_dict
from econas_jax.experiment.field_docs import field_docs


@dataclasses.dataclass(frozen=True)
class Circle:
    name: str = "circle"
    radius: float = 1.0

    def __post_init__(self) -> None:
        require(self.radius > 0, "radius", self.radius, "a positive number")


@dataclasses.dataclass(frozen=True)
class Box:
    name: str = "box"
    sides: tuple[int, ...] = (2, 3)


@dataclasses.dataclass(frozen=True)
class Evolution:
    population: int = 10
    children: int = 4


@dataclasses.dataclass(frozen=True)
class Following:
    """Half of `whole` is `half` where that is None."""

    whole: int = 10
    half: int = dataclasses.field(default=None, metadata={"follows": "half of whole"})  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.half is None:
            object.__setattr__(self, "half", self.whole // 2)
        require(self.half < self.whole, "half", self.half, "less than whole")


@dataclasses.dataclass(frozen=True)
class Climbing:
    steps: int = 7


@dataclasses.dataclass(frozen=True)
class Nothing:
    pass


SHAPES = {"circle": Circle, "box": Box}
SEARCHERS = {"evolution": Evolution, "climbing": Climbing, "nothing": Nothing, "following": Following}


@dataclasses.dataclass(frozen=True)
class Experiment:
    """`shape` holds its own key; the key of `search` lies beside it."""

    seed: int = 0
    shape: Circle | Box = dataclasses.field(default=Circle(radius=2.0), metadata={"choices": SHAPES, "by": "name"})
    algorithm: str = "evolution"
    search: Any = dataclasses.field(default=Evolution(), metadata={"choices": SEARCHERS, "by": "algorithm"})


@dataclasses.dataclass(frozen=True)
class Lab:
    """An experiment further down, with another default than the class's own."""

    experiment: Experiment = Experiment(seed=3, algorithm="climbing", search=Climbing(steps=2))


BUILT = {
    "nothing": ({}, Experiment()),
    "key beside": ({"algorithm": "climbing"}, Experiment(algorithm="climbing", search=Climbing())),
    "key beside and fields": (
        {"search": {"steps": 3}, "algorithm": "climbing"},
        Experiment(algorithm="climbing", search=Climbing(3)),
    ),
    "fields of the default": ({"search": {"children": 1}}, Experiment(search=Evolution(children=1))),
    "no fields": ({"algorithm": "nothing", "search": {}}, Experiment(algorithm="nothing", search=Nothing())),
    "key in the group": ({"shape": {"name": "box"}}, Experiment(shape=Box())),
    "key in the group and fields": ({"shape": {"name": "box", "sides": [1]}}, Experiment(shape=Box(sides=(1,)))),
    "following": (
        {"algorithm": "following", "search": {"whole": 4}},
        Experiment(algorithm="following", search=Following(4, 2)),
    ),
    "not following": (
        {"algorithm": "following", "search": {"whole": 4, "half": 3}},
        Experiment(algorithm="following", search=Following(4, 3)),
    ),
    "nothing that follows": (
        {"algorithm": "following", "search": {"whole": 4, "half": None}},
        Experiment(algorithm="following", search=Following(4, 2)),
    ),
    "the default's key": ({"shape": {"name": "circle"}}, Experiment(shape=Circle(radius=2.0))),
    "the default's fields": ({"shape": {"radius": 4}}, Experiment(shape=Circle(radius=4.0))),
}


@pytest.mark.parametrize(("fields", "built"), BUILT.values(), ids=BUILT.keys())
def test_a_key_picks_the_dataclass_of_its_group(fields: dict[str, Any], built: Experiment) -> None:
    assert build_config(Experiment, fields) == built


REFUSED = {
    "unknown key beside": (
        {"algorithm": "annealing"},
        "algorithm = 'annealing': expected one of evolution, climbing, nothing, following",
    ),
    "unknown key in the group": ({"shape": {"name": "line"}}, "shape.name = 'line': expected one of circle, box"),
    "key of another type": ({"algorithm": ["climbing"]}, "algorithm = ['climbing']: expected text"),
    "field of another choice": (
        {"algorithm": "climbing", "search": {"children": 4}},
        "config field = 'search.children': expected one of the fields of climbing: search.steps; it is one of "
        "evolution's: pick climbing where the config is made, not after it",
    ),
    "field where there is none": (
        {"algorithm": "nothing", "search": {"children": 4}},
        "config field = 'search.children': expected one of the fields of nothing: none",
    ),
    "field of another choice, key in the group": (
        {"shape": {"name": "box", "radius": 3.0}},
        "config field = 'shape.radius': expected one of the fields of box: shape.name, shape.sides",
    ),
    "wrong value": ({"shape": {"radius": -1.0}}, "shape.radius = -1.0: expected a positive number"),
    "wrong type": ({"search": {"children": "many"}}, "search.children = 'many': expected a whole number"),
    "no group, key inside": ({"shape": 3}, "shape = 3: expected a group of fields"),
    "no group, key beside": ({"search": 3}, "search = 3: expected a group of fields"),
}


@pytest.mark.parametrize(("fields", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_a_mistake_names_field_value_and_choices(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as refused:
        build_config(Experiment, fields)
    assert str(refused.value).startswith(told)


def test_paths_are_whole_further_down() -> None:
    with pytest.raises(InputError, match="^experiment.algorithm = 'annealing': expected one of evolution, "):
        build_config(Lab, {"experiment": {"algorithm": "annealing"}})
    with pytest.raises(InputError, match="^config field = 'experiment.search.children': .* climbing: experiment.s"):
        build_config(Lab, {"experiment": {"search": {"children": 4}}})


def test_what_is_not_given_is_as_in_the_default_of_its_group() -> None:
    assert build_config(Lab, {"experiment": {"shape": {"radius": 5.0}}}).experiment == dataclasses.replace(
        Lab().experiment, shape=Circle(radius=5.0)
    )
    assert build_config(Lab, {"experiment": {"algorithm": "evolution"}}).experiment == Experiment(seed=3)


@pytest.mark.parametrize("built", [built for _, built in BUILT.values()], ids=BUILT.keys())
def test_json_and_configdicts_come_back_equal(built: Experiment) -> None:
    assert build_config(Experiment, to_config_dict(built)) == built
    assert build_config(Experiment, json.loads(json.dumps(dataclasses.asdict(built)))) == built


def test_a_group_of_another_kind_than_its_key_picks_is_refused() -> None:
    check_choices(Experiment(algorithm="climbing", search=Climbing(), shape=Box()))
    with pytest.raises(InputError, match=r"^search = Climbing\(steps=7\): expected an object of Evolution, for "):
        check_choices(Experiment(search=Climbing()))
    with pytest.raises(InputError, match=r"^shape = Box\(.*: expected an object of Circle, for shape"):
        check_choices(Experiment(shape=Box(name="circle")))
    with pytest.raises(InputError, match="^algorithm = 'annealing': expected one of evolution, climbing, nothing, f"):
        check_choices(Experiment(algorithm="annealing"))


def test_what_follows_goes_on_following_in_a_configdict_and_a_default() -> None:
    config = to_config_dict(Experiment(algorithm="following", search=Following()))
    assert config.search.half is None
    config.search.whole = 4
    assert build_config(Experiment, config).search == Following(4, 2)
    config.search.half = 1
    assert build_config(Experiment, config).search == Following(4, 1)
    given = to_config_dict(Experiment(algorithm="following", search=Following(10, 7)))
    assert given.search.half == 7

    @dataclasses.dataclass(frozen=True)
    class Outer:
        follows: Following = Following(20)
        given: Following = Following(20, 3)

    assert build_config(Outer, {"follows": {"whole": 6}, "given": {"whole": 6}}) == Outer(
        Following(6, 3), Following(6, 3)
    )
    assert build_config(Outer, {"follows": {"whole": 30}, "given": {"whole": 30}}).given.half == 3


def test_defaults_of_another_kind_are_not_what_the_user_has_set() -> None:
    """A key changed alone in a whole default config picks its kind's own defaults."""
    config = to_config_dict(Experiment(shape=Circle()))
    config.algorithm, config.shape.name = "climbing", "box"
    assert build_config(Experiment, config) == Experiment(algorithm="climbing", search=Climbing(), shape=Box())
    config.shape.radius = 3.0
    with pytest.raises(InputError, match=r"^config field = 'shape\.radius': expected one of the fields of box"):
        build_config(Experiment, config)


def test_a_rule_is_told_in_the_place_of_a_default() -> None:
    assert [entry.default for entry in field_docs(Following)] == ["10", "half of whole"]
    assert [entry.default for entry in field_docs(Following(8))] == ["8", "4"]
