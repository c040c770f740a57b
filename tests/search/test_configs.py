"""The files of configs/: each is valid, says how to run it, and is what it claims to be."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest
from config_files import CONFIGS, SUPERNET_METHODS
from ml_collections import ConfigDict
from search_output import econas
from toy_search import made_up, run

from econas_jax.algorithms import ALGORITHMS, RegularizedEvolutionConfig
from econas_jax.compare.config import from_mapping as compare_from_mapping
from econas_jax.compare.runner import check_budgets
from econas_jax.data.config import DataConfig
from econas_jax.retrain import RetrainConfig
from econas_jax.retrain import from_mapping as retrain_from_mapping
from econas_jax.search import SearchConfig, from_mapping
from econas_jax.spaces.darts import DartsSpace
from econas_jax.study.config import StudyConfig
from econas_jax.study.config import from_mapping as study_from_mapping
from econas_jax.supernet import from_mapping as supernet_from_mapping
from econas_jax.supernet.config import NetworkConfig, TrainingConfig
from econas_jax.supernet.method_configs import OneShotConfig
from econas_jax.training.config import check_against_dataset

FILES = sorted(CONFIGS.glob("*.py"))
BUILDERS = {
    "study": study_from_mapping,
    "retrain": retrain_from_mapping,
    "compare": compare_from_mapping,
    "supernet": supernet_from_mapping,
    "search": from_mapping,
}
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def command_of(file: Path) -> str:
    """The command that a config is for: files of a search are named as they like."""
    if file.stem.partition("_")[0] in SUPERNET_METHODS:
        return "supernet"
    return next((command for command in BUILDERS if file.stem.startswith(command)), "search")


def load(name: str, *arguments: str) -> ConfigDict:
    specification = importlib.util.spec_from_file_location(f"configs_{name}", CONFIGS / f"{name}.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    config = module.get_config(*arguments)
    assert isinstance(config, ConfigDict)
    return config


def test_the_configs_are_found() -> None:
    assert {"econas", "digits", "cifar10_small"} <= {file.stem for file in FILES}


@each_file
def test_a_config_is_valid(file: Path) -> None:
    config = load(file.stem)
    BUILDERS[command_of(file)](config)
    config.lock()
    with pytest.raises(AttributeError):
        config.data.pth = "here"


@each_file
def test_a_config_says_what_it_is_and_how_to_run_it(file: Path) -> None:
    documentation = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    assert f"python -m econas_jax.{command_of(file)} --config configs/{file.name}" in documentation
    assert len(documentation.splitlines()[0]) > 30


def test_econas_is_the_papers_search_and_the_default() -> None:
    config = from_mapping(load("econas"))
    assert config == SearchConfig()
    assert str(config.full_proxy) == "c4r4s0e60"
    search = econas(config)
    assert (search.initial_population, search.cycles, search.children) == (50, 100, 16)
    assert (search.promotions_to_2e, search.promotions_to_3e, search.lifetime, search.epochs) == (8, 4, 10, 20)
    assert (config.network.cells_per_stage, config.training.batch_size, config.data.name) == (6, 384, "cifar10")


def test_the_small_search_keeps_the_papers_proxy_and_scales_the_rest() -> None:
    small, paper = from_mapping(load("cifar10_small")), SearchConfig()
    assert (small.proxy.channels, small.proxy.resolution) == (paper.proxy.channels, paper.proxy.resolution)
    assert (small.network, small.training, small.data.name) == (paper.network, paper.training, "cifar10")
    assert small.proxy.sample_ratio == 0.25


def test_digits_needs_no_files_and_fits_its_data() -> None:
    config = from_mapping(load("digits"))
    check_against_dataset(config.proxy, config.training, config.data.load(config.seed))
    assert config.data.path is None and not config.training.augmentation.flip


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_digits_runs_every_algorithm_for_about_as_many_epochs(algorithm: str) -> None:
    config = from_mapping(load("digits", algorithm))
    assert config.algorithm == algorithm
    search = ALGORITHMS[algorithm](config.space, config.search, config.seed)
    trials = [trial for _, batch, _ in run(search, made_up) for trial in batch]
    assert 480 <= sum(trial.end_epoch - trial.start_epoch for trial in trials) <= 560


@pytest.mark.parametrize(
    ("row", "proxy", "models", "epochs"),
    [
        ("amoebanet", "c1r0s0e25", 20_000, 500_000),
        ("c4r4s0e35", "c4r4s0e35", 1_000, 35_000),
        ("nasnet_hierarchical", "c0r0s0e21", 1_000, 12_000),
        ("c3r2s1e60_hierarchical", "c3r2s1e60", 1_000, 35_000),
        ("c4r4s0e60_hierarchical", "c4r4s0e60", 1_000, 35_000),
    ],
)
def test_table_4_has_the_papers_five_rows(row: str, proxy: str, models: int, epochs: int) -> None:
    config = from_mapping(load("table4", row))
    assert str(config.full_proxy) == proxy
    assert config.network.cells_per_stage == (2 if row.split("_")[0] in ("amoebanet", "nasnet") else 6)
    assert isinstance(config.search, RegularizedEvolutionConfig)
    assert (config.search.population, config.search.sample, config.search.identity_probability) == (100, 25, 0.05)
    # All stages of a row have the same length.
    assert config.search.stages * config.search.epochs == pytest.approx(epochs, rel=0.05)
    assert config.search.candidates == pytest.approx(models, rel=0.02)  # whole batches
    assert (config.algorithm == "hierarchical_evolution") == row.endswith("hierarchical")


def test_study_is_the_papers_and_the_default() -> None:
    assert study_from_mapping(load("study")) == StudyConfig()


def test_the_small_study_has_pairs_for_both_observations() -> None:
    config = study_from_mapping(load("study_small"))
    names = {str(setting) for setting in config.settings}
    assert len(names) == 14
    assert {"c2r2s3e2", "c2r2s4e4", "c4r4s3e2", "c4r4s4e4"} <= names  # equal iterations, by two c and r
    assert {"c3r2s3e4", "c2r3s3e4", "c4r2s3e4", "c2r4s3e4", "c4r3s3e4", "c3r4s3e4"} <= names  # c for r
    assert config.data.name == "cifar10"


@pytest.mark.parametrize("method", ["one_shot", "smash"])
def test_the_small_supernets_are_around_the_small_studys_cells(method: str) -> None:
    config, study = supernet_from_mapping(load("one_shot_small", method)), study_from_mapping(load("study_small"))
    assert config.method == method and isinstance(config.search, OneShotConfig)
    assert isinstance(config.network, NetworkConfig) and isinstance(config.training, TrainingConfig)
    assert isinstance(study.space, DartsSpace) and config.network.nodes == study.space.nodes
    assert config.network.cells == 3 * study.network.cells_per_stage + 2
    assert config.training.batch_size == study.training.batch_size
    assert config.search.standalone == "runs/study_small"  # where the study's command leaves its folder


def test_retrain_cifar10_is_the_papers_retraining_and_the_default() -> None:
    config = retrain_from_mapping(load("retrain_cifar10"))
    assert config == RetrainConfig()
    recipe = config.training
    assert config.data == DataConfig(validation_size=0)
    assert (config.network.channels, config.network.cells_per_stage) == (36, 6)
    assert (recipe.epochs, recipe.batch_size, recipe.learning_rate, recipe.schedule) == (600, 96, 0.025, "cosine")
    assert (recipe.momentum, recipe.weight_decay, recipe.gradient_clip) == (0.9, 3e-4, 5.0)
    assert (recipe.drop_path_probability, recipe.augmentation.cutout, recipe.short_batch) == (0.2, 16, True)


def test_retrain_digits_follows_the_search_on_digits() -> None:
    config = retrain_from_mapping(load("retrain_digits"))
    assert config.genotype == "runs/digits/result.json:0" and config.data.name == "digits"


@pytest.mark.parametrize("name", ["compare_table", "compare_digits", "compare_cifar10", "compare_cifar10_small"])
def test_comparisons_have_contenders_that_fit_their_budgets(name: str) -> None:
    config = compare_from_mapping(load(name))
    check_budgets(config)
    for contender in config.contenders:
        search = config.search(contender, 0)
        full = {"compare_table": 60}.get(name, 3)
        assert search.search.total_epochs == full
    if not name.startswith("compare_cifar10"):
        assert set(config.contenders) == set(ALGORITHMS)


def test_digits_are_compared_in_one_setting_that_fits_them() -> None:
    config = compare_from_mapping(load("compare_digits"))
    (setting,) = {(each.proxy, each.network, each.training) for each in config.contenders.values()}
    check_against_dataset(setting[0], setting[2], config.data.load(0))
    assert setting[0].channels == 8 and setting[1].cells_per_stage == 1


def test_cifar10_is_compared_on_a_small_scale_by_one_proxy() -> None:
    config = compare_from_mapping(load("compare_cifar10_small"))
    (proxy,) = {str(config.search(name, 0).full_proxy) for name in config.contenders}
    (network,) = {each.network for each in config.contenders.values()}
    assert proxy == "c4r4s2e3" and network.cells_per_stage == 2


def test_cifar10_is_compared_by_two_proxies_on_a_quarter_of_the_images() -> None:
    config = compare_from_mapping(load("compare_cifar10"))
    proxies = {name: str(config.search(name, 0).full_proxy) for name in config.contenders}
    assert proxies == {
        "econas": "c4r4s2e3",
        "evolution_c4r4": "c4r4s2e3",
        "evolution_amoebanet": "c1r0s2e3",
        "random": "c4r4s2e3",
    }
    assert {each.network.cells_per_stage for each in config.contenders.values()} == {2}
