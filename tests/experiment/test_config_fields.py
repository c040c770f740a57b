"""Groups of a config whose key picks their dataclass, and what fields that are not given become."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from econas_jax.errors import InputError, require
from econas_jax.experiment.config_fields import build_config, check_choices, to_config_dict


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
class Climbing:
    steps: int = 7


@dataclasses.dataclass(frozen=True)
class Nothing:
    pass


SHAPES = {"circle": Circle, "box": Box}
SEARCHERS = {"evolution": Evolution, "climbing": Climbing, "nothing": Nothing}


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
    "the default's key": ({"shape": {"name": "circle"}}, Experiment(shape=Circle(radius=2.0))),
    "the default's fields": ({"shape": {"radius": 4}}, Experiment(shape=Circle(radius=4.0))),
}


@pytest.mark.parametrize(("fields", "built"), BUILT.values(), ids=BUILT.keys())
def test_a_key_picks_the_dataclass_of_its_group(fields: dict[str, Any], built: Experiment) -> None:
    assert build_config(Experiment, fields) == built


REFUSED = {
    "unknown key beside": (
        {"algorithm": "annealing"},
        "algorithm = 'annealing': expected one of evolution, climbing, nothing",
    ),
    "unknown key in the group": ({"shape": {"name": "line"}}, "shape.name = 'line': expected one of circle, box"),
    "key of another type": ({"algorithm": ["climbing"]}, "algorithm = ['climbing']: expected text"),
    "field of another choice": (
        {"algorithm": "climbing", "search": {"children": 4}},
        "config field = 'search.children': expected one of the fields of climbing: search.steps",
    ),
    "field where there is none": (
        {"algorithm": "nothing", "search": {"children": 4}},
        "config field = 'search.children': expected one of the fields of nothing: none",
    ),
    "field of another choice, key in the group": (
        {"shape": {"name": "box", "radius": 1.0}},
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
    with pytest.raises(InputError, match="^algorithm = 'annealing': expected one of evolution, climbing, nothing$"):
        check_choices(Experiment(algorithm="annealing"))
