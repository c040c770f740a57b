"""A search's config: every field is checked by name, and mappings, ConfigDicts and JSON are the same."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from config_paths import fields_of, nested
from ml_collections import ConfigDict
from search_output import econas
from tiny_search import CONFIG, dataset

from econas_jax.algorithms import ALGORITHMS, CONFIGS, EcoNASConfig, RandomSearchConfig
from econas_jax.data import Dataset, Split
from econas_jax.data.config import DataConfig
from econas_jax.errors import InputError
from econas_jax.experiment.config_fields import to_config_dict
from econas_jax.experiment.config_file import ConfigFile
from econas_jax.search import SearchConfig, default_config, from_mapping
from econas_jax.spaces import SPACES
from econas_jax.spaces.nasbench201 import NasBench201Space
from econas_jax.study.config import StudyConfig
from econas_jax.study.config import from_mapping as study_from_mapping
from econas_jax.training.config import NetworkConfig, ProxyConfig, check_against_dataset

NAN, INFINITE = float("nan"), float("inf")
# For every field: a value of the wrong type, then values out of range.
WRONG: dict[str, list[Any]] = {
    "seed": ["0", -1, 2**31, True, 1.0, None],
    "algorithm": [3, "evolution", "", None],
    "space.name": [3, "mine", "", None],
    "space.nodes": ["4", 2],
    "space.operations": [
        "none",
        ["none"],
        ["none", "none"],
        ["none", "conv_7x1_1x7"],
        ["none", 3],
    ],
    "space.concat": [4, "some"],
    "search.max_parameters": ["all", 0, 1.5, True],
    "search.max_multiply_adds": ["all", -1, 1.5],
    "search.initial_population": ["50", 0, 50.0],
    "search.cycles": [[], -1, True],
    "search.children": [16.5, 0],
    "search.promotions_to_2e": ["8", -1, 17],  # of 16 children
    "search.promotions_to_3e": ["4", -1, 9],
    "search.parents_per_population": [16, "6,5,5", [6, 5], [6, 5, 4], [17, -1, 0], [6.0, 5, 5]],
    "search.tournament_divisor": ["4", 0],
    "search.lifetime": ["10", 0],
    "search.lag": ["1", -1, 1.5],
    "search.epochs": [20.0, 0],
    "search.proxies": ["c4r4s0", ["c4r4s0"], [1, 2, 3], ["nonsense", "", ""]],
    "search.skip_repeats": [1, "yes", None],
    "proxy.channels": ["9", 0, True],
    "proxy.resolution": [8.0, 0, 6, 2, 100_000],
    "proxy.sample_ratio": ["all", 0.0, -0.5, 1.5, NAN, True],
    "network.cells_per_stage": ["6", 0],
    "network.compute_dtype": [16, "float16", "bf16", None],
    "data.name": [10, "imagenet", None],
    "data.path": [3, True],
    "data.validation_size": ["all", 0.5, -1],
    "data.download": ["yes", 1],
    "data.image_size": ["32", 32.0, 0],
    "data.alpha": [255, "black", True],
    "training.batch_size": ["96", 1, 0],
    "training.learning_rate": ["0.1", 0.0, -1.0, NAN, INFINITE, True],
    "training.momentum": ["0.9", -0.1, 1.0, NAN],
    "training.weight_decay": ["0", -0.1, 1.0, NAN],
    "training.gradient_clip": ["5", 0.0, -1.0, NAN, INFINITE],
    "training.augmentation.crop_padding": [1.5, -1],
    "training.augmentation.flip": ["no", 0],
    "training.augmentation.jitter.brightness": ["0.4", -0.1],
    "training.augmentation.jitter.contrast": [True, -0.1],
    "training.augmentation.jitter.saturation": [math.inf, -1],
    "training.augmentation.jitter.hue": [0.6, -0.1],
    "training.augmentation.cutout": [1.5, -1],
    "training.evaluation_batch_size": ["500", 0],
    "training.accuracy": [1.0, "first"],
    "table": [3, True, ["table.npz"]],
    "trainer.name": ["processes", "", 3, None],
    "trainer.address": [3, "", "cluster", "ray://head:10001", "head:", "a b:1"],
    "trainer.mixed": [1, "yes", None],
    "trainer.wait_seconds": ["1", 0.0, -1.0, NAN, INFINITE, True],
    "trainer.lease_seconds": ["1", 0.0, -1.0, NAN, INFINITE, True],
    "devices": ["all", 0, -1, 1.5],
    "lanes": ["two", 0, -1, 1.5],
    "save_seconds": ["never", -1.0, NAN, INFINITE],
    "retries": ["1", -1, 101, True],
    "failures_in_a_row": ["20", 0, 1.5],
    "disk_gib": ["all", 0.0, -1.0, NAN, INFINITE],
    "keep_best": ["all", -1, 5.0, True, 1001],
    "tensorboard": ["yes", 1],
}


def test_the_table_of_wrong_values_has_every_field() -> None:
    assert sorted(WRONG) == sorted(fields_of(SearchConfig))


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in WRONG.items() for value in values])
def test_a_wrong_value_is_refused_in_one_line_that_names_the_field(path: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        from_mapping(nested(path, value))
    assert str(caught.value).startswith(f"{path} = ") and "\n" not in str(caught.value)
    assert ": expected " in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"algorithm": "random", "search": {"candidates": 0}}, "search.candidates = 0: expected a whole number"),
        (
            {"algorithm": "random", "search": {"cycles": 3}},
            "config field = 'search.cycles': expected one of the fields",
        ),
        ({"algorithm": "regularized_evolution", "search": {"sample": "a"}}, "search.sample = 'a': expected a whole"),
        ({"space": {"name": "nasbench201", "operations": ["none"]}}, "space.operations = "),
        ({"space": {"name": "nasbench201", "nodes": 4}}, "config field = 'space.nodes': expected one of the fields"),
    ],
)
def test_a_wrong_value_of_a_group_that_a_key_picks_is_named(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        from_mapping(fields)
    assert str(caught.value).startswith(told) and "\n" not in str(caught.value)


def test_an_algorithm_with_the_constants_of_another_is_refused() -> None:
    with pytest.raises(InputError, match=r"^search = .* expected an object of RandomSearchConfig, for algorithm"):
        SearchConfig(algorithm="random")
    with pytest.raises(InputError, match=r"^search = .* expected an object of EcoNASConfig, for algorithm is econas$"):
        SearchConfig(search=RandomSearchConfig())


@pytest.mark.parametrize("path", ["serch", "search.cycels", "training.augmentation.flipp", "data.path.name"])
def test_an_unknown_field_is_refused_with_its_path(path: str) -> None:
    with pytest.raises(InputError) as caught:
        from_mapping(nested(path, 1))
    assert path in str(caught.value) or path == "data.path.name" and str(caught.value).startswith("data.path = ")


def test_known_fields_are_told_where_one_is_unknown() -> None:
    with pytest.raises(InputError, match=r"expected one of proxy\.channels, proxy\.resolution, proxy\.sample_ratio$"):
        from_mapping({"proxy": {"chanels": 9}})


@pytest.mark.parametrize("path", ["search", "training.augmentation"])
def test_a_value_in_the_place_of_a_group_is_refused(path: str) -> None:
    with pytest.raises(InputError, match=f"^{path} = 3: expected a group of fields$"):
        from_mapping(nested(path, 3))


def test_something_that_is_no_mapping_is_refused() -> None:
    with pytest.raises(InputError, match="^config = 3: expected a group of fields$"):
        from_mapping(3)  # type: ignore[arg-type]


def test_a_studys_config_is_told_to_be_one() -> None:
    with pytest.raises(InputError, match=r"^config = \['grid', .*'proxies'\]: .* econas-jax study"):
        from_mapping(to_config_dict(StudyConfig()))
    with pytest.raises(InputError, match=r"^config = \['algorithm', 'proxy', 'search'\]: .* econas-jax search"):
        study_from_mapping(default_config())
    with pytest.raises(InputError, match="^config = 3: expected a group of fields$"):
        study_from_mapping(3)  # type: ignore[arg-type]


def test_nothing_is_the_papers_setting() -> None:
    config = from_mapping({})
    assert config == SearchConfig()
    assert config.search == EcoNASConfig()
    assert (config.proxy, config.network) == (ProxyConfig(9, 8, 1.0), NetworkConfig(6))
    assert (config.data.name, config.training.batch_size) == ("cifar10", 384)
    assert str(config.full_proxy) == "c4r4s0e60"


OF_EACH_KIND = [SearchConfig(algorithm=name, search=kind()) for name, kind in CONFIGS.items()]


@pytest.mark.parametrize("config", [*OF_EACH_KIND, SearchConfig(space=NasBench201Space()), CONFIG])
def test_json_and_configdicts_come_back_equal(config: SearchConfig) -> None:
    assert from_mapping(dataclasses.asdict(config)) == config
    assert from_mapping(json.loads(json.dumps(dataclasses.asdict(config)))) == config
    assert from_mapping(to_config_dict(config)) == config
    assert hash(from_mapping(json.loads(json.dumps(dataclasses.asdict(config))))) == hash(config)


def test_whole_numbers_pass_for_floats_and_lists_for_tuples() -> None:
    config = from_mapping({"save_seconds": 5, "training": {"learning_rate": 1}, "proxy": {"sample_ratio": 1}})
    values = (config.save_seconds, config.training.learning_rate, config.proxy.sample_ratio)
    assert values == (5.0, 1.0, 1.0) and all(isinstance(value, float) for value in values)
    parents = econas(from_mapping({"search": {"parents_per_population": [16, 0, 0]}})).parents_per_population
    assert parents == (16, 0, 0)


def test_the_default_configdict_is_the_dataclass_and_takes_no_other_fields_or_types() -> None:
    config = default_config()
    assert isinstance(config, ConfigDict) and from_mapping(config) == SearchConfig()
    config.lock()
    with pytest.raises(AttributeError):
        config.serch = 1
    with pytest.raises(AttributeError):
        config.search.cycels = 1
    with pytest.raises(TypeError):
        config.search.cycles = "many"
    for path, value in (("devices", "all"), ("data.path", 3), ("data.image_size", "32")):  # None so far
        with pytest.raises(TypeError):
            config.update_from_flattened_dict({path: value})


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_default_configdict_of_every_algorithm_on_every_space_is_a_search(algorithm: str, space: str) -> None:
    config = from_mapping(default_config(algorithm, space))
    assert (config.algorithm, config.space.name) == (algorithm, space)
    assert config.search == CONFIGS[algorithm]()
    assert config.full_proxy.epochs == config.search.total_epochs


def test_the_default_of_something_unknown_is_refused() -> None:
    with pytest.raises(InputError, match="^algorithm = 'climbing': expected one of econas, "):
        default_config("climbing")
    with pytest.raises(InputError, match="^space = 'all': expected one of darts, "):
        default_config(space="all")


def test_optional_fields_can_be_set_in_a_configdict() -> None:
    config = default_config()
    config.devices, config.data.path, config.data.validation_size = 2, "somewhere", 100
    built = from_mapping(config)
    assert (built.devices, built.data.path, built.data.validation_size) == (2, "somewhere", 100)


def test_two_default_configs_share_nothing() -> None:
    first = default_config()
    first.search.cycles = 1
    assert default_config().search.cycles == 100


def test_the_data_config_loads_what_it_says_with_the_seed_of_the_search() -> None:
    config = DataConfig(name="digits", validation_size=40)
    assert len(config.load(0).validation) == 40
    assert not np.array_equal(config.load(0).validation.images, config.load(1).validation.images)
    with pytest.raises(InputError, match="path"):
        DataConfig(name="digits", path="somewhere").load(0)


def check(config: SearchConfig, data: Dataset) -> None:
    check_against_dataset(config.proxy, config.training, data)


def test_config_and_data_that_fit_pass() -> None:
    check(CONFIG, dataset())


def replaced(**groups: dict[str, Any]) -> SearchConfig:
    changes = {name: dataclasses.replace(getattr(CONFIG, name), **fields) for name, fields in groups.items()}
    return dataclasses.replace(CONFIG, **changes)


def test_a_batch_larger_than_the_proxys_images_is_refused() -> None:
    images = int(0.02 * len(dataset().train))
    check(replaced(training={"batch_size": images}), dataset())
    with pytest.raises(InputError, match=rf"^training\.batch_size = {images + 1}: expected at most {images}, "):
        check(replaced(training={"batch_size": images + 1}), dataset())


def test_a_padding_that_could_leave_no_pixel_is_refused() -> None:
    augmentation = dataclasses.replace(CONFIG.training.augmentation, crop_padding=8)
    with pytest.raises(InputError, match=r"^training\.augmentation\.crop_padding = 8: .* less than .* 8: lower it$"):
        check(replaced(training={"augmentation": augmentation}), dataset())


def test_a_search_without_validation_images_is_refused() -> None:
    nothing = Split(dataset().validation.images[:0].copy(), dataset().validation.labels[:0].copy())
    whole = dataset()
    empty = Dataset(whole.name, whole.train, nothing, nothing, whole.num_classes, whole.mean, whole.std)
    with pytest.raises(
        InputError, match=r"^validation images = 0: expected at least 1 to rank by: set data\.validation_size"
    ):
        check(CONFIG, empty)


ALONE: dict[str, dict[str, list[Any]]] = {
    "econas": {
        "children": [1, 2, 4, 7, 40, 10**400],
        "promotions_to_2e": [0, 1, 16],
        "initial_population": [1],
        "cycles": [0, 1],
        "tournament_divisor": [1, 100],
    },
    "regularized_evolution": {
        "batch": [1, 7],
        "population": [1, 33],
        "sample": [1, 1000],
        "candidates": [100, 333, 10**400],
    },
    "random": {"batch": [1, 7, 2000], "candidates": [1, 333, 10**400]},
}


@pytest.mark.parametrize(
    ("algorithm", "field", "value"),
    [(name, field, value) for name, fields in ALONE.items() for field, values in fields.items() for value in values],
)
def test_a_field_of_an_algorithm_can_be_changed_alone(algorithm: str, field: str, value: int) -> None:
    config = default_config(algorithm).lock()
    config.search[field] = value
    built = from_mapping(config)
    assert getattr(built.search, field) >= value
    assert from_mapping(json.loads(json.dumps(dataclasses.asdict(built)))) == built
    assert from_mapping({"algorithm": algorithm, "search": {field: value}}) == built


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("space", SPACES)
def test_algorithm_and_space_can_be_changed_alone(algorithm: str, space: str) -> None:
    config = default_config()
    config.algorithm, config.space.name = algorithm, space
    assert from_mapping(config) == from_mapping(default_config(algorithm, space))


def test_an_earlier_folders_parents_and_promotions_are_those_that_follow(tmp_path: Path) -> None:
    """Folders made before these fields could follow hold them as numbers."""
    file = ConfigFile(tmp_path)
    file.write(SearchConfig(), {})
    search = json.loads((tmp_path / "config.json").read_text())["config"]["search"]
    assert (search["parents_per_population"], search["promotions_to_2e"], search["promotions_to_3e"]) == (
        [6, 5, 5],
        8,
        4,
    )
    assert file.differing(from_mapping({"search": {"children": 16}})) == {}
    assert set(file.differing(from_mapping({"search": {"children": 4}}))) == {
        f"search.{name}" for name in ("children", "parents_per_population", "promotions_to_2e", "promotions_to_3e")
    }
