"""SMASH on a toy whose operations depend on the kernels that are made, and its ranking near the best."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from network_cases import quick_jit
from tiny_retrain import tiny_dataset
from tiny_search import quick_compilation
from tiny_supernet import CONFIG, PROXY, TRAINING, ToySupernet, assert_same_search, use_toys

from econas_jax.errors import InputError
from econas_jax.nn.darts.supernet import operation_masks
from econas_jax.nn.darts.supernet.hypernetwork import POINTWISE
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.space import DartsSpace
from econas_jax.supernet import SupernetConfig, SupernetInterruptedError, loop, run_supernet
from econas_jax.supernet.config import default_config, from_mapping
from econas_jax.supernet.method_configs import HypernetworkConfig, SmashConfig
from econas_jax.supernet.methods.choice import chosen_method
from econas_jax.supernet.methods.one_shot import OPERATIONS, uniform_edges
from econas_jax.supernet.methods.smash import perturbed
from econas_jax.supernet.programs import initial_state
from econas_jax.supernet.ranking import Ranked
from econas_jax.supernet.result import best_ranked
from econas_jax.supernet.task import Batches, Moment, SupernetState, SupernetTask
from econas_jax.training.epoch import Images
from econas_jax.training.keys import derive

RANDOM, PERTURBATIONS, MARKOV = 4, 3, 5
SEARCH = SmashConfig(
    architecture_share=0.5,
    candidates=RANDOM,
    perturbations=PERTURBATIONS,
    markov_steps=MARKOV,
    perturbation=0.0,  # one change alone
    hypernetwork=HypernetworkConfig(layers=1, growth=2),
)
SMASH = dataclasses.replace(
    CONFIG, method="smash", search=SEARCH, proxy=dataclasses.replace(PROXY, channels=2, epochs=2)
)
STEPS = 2 * 2
SPACE = DartsSpace(nodes=2, operations=OPERATIONS, concat="all")


class PointwiseToy(ToySupernet):
    """A toy whose operations are scaled by the kernels that a hypernetwork makes."""

    def init(self, rngs: jax.Array, *arguments: Any, train: bool) -> Any:
        variables = super().init(rngs, *arguments, train=train)
        for cell in ("cell0", "cell1"):
            for operation, convolution in POINTWISE:
                variables["params"][cell][operation][convolution] = {"kernel": jnp.zeros((5, 1, 1, 2, 2))}
        return variables

    def apply(self, variables: Any, *arguments: Any, train: bool, mutable: Any = False) -> Any:
        params = dict(variables["params"])
        for cell in ("cell0", "cell1"):
            params[cell] = dict(params[cell])
            for operation, convolution in POINTWISE:
                own = params[cell][operation]
                scales = own[convolution]["kernel"][:, 0, 0, 0, 0]
                params[cell][operation] = own | {"kernel": own["kernel"] * scales[:, None, None]}
        return super().apply({**variables, "params": params}, *arguments, train=train, mutable=mutable)


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    use_smash_toys(monkeypatch)


def use_smash_toys(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toys(monkeypatch)
    monkeypatch.setattr(loop, "CellSupernet", PointwiseToy)


def searched(folder: Path, config: SupernetConfig = SMASH, **arguments: Any) -> Any:
    return run_supernet(config, folder, dataset=tiny_dataset(), **arguments)


def ranking(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "ranking.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a search from beginning to end."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as monkeypatch, quick_compilation():
        use_smash_toys(monkeypatch)
        searched(folder)
    return folder


def changes(one: str, other: str) -> int:
    """How many operations and inputs of two genotypes differ."""
    pairs = [
        pair
        for cells in zip(*((each.normal, each.reduce) for each in map(Genotype.parse, (one, other))), strict=True)
        for pair in zip(*(cell.edges for cell in cells), strict=True)
    ]
    return sum((one.operation != other.operation) + (one.input != other.input) for one, other in pairs)


def test_it_ranks_random_cells_then_perturbations_of_the_best_then_steps_from_the_best_so_far(
    undisturbed: Path,
) -> None:
    lines = ranking(undisturbed)
    assert [line["candidate"] for line in lines] == list(range(RANDOM + PERTURBATIONS + MARKOV))
    best = lines[0]
    for line in lines[1:RANDOM]:
        best = line if line["accuracy"] > best["accuracy"] else best
    origin = best
    for line in lines[RANDOM : RANDOM + PERTURBATIONS]:
        assert changes(line["genotype"], origin["genotype"]) == 1
        best = line if line["accuracy"] > best["accuracy"] else best
    for line in lines[RANDOM + PERTURBATIONS :]:
        assert changes(line["genotype"], best["genotype"]) == 1
        best = line if line["accuracy"] > best["accuracy"] else best
    written = json.loads((undisturbed / "result.json").read_text())
    assert written["best"][0]["genotype"] == best["genotype"] and written["ranked"] == len(lines)
    assert len({found["genotype"] for found in written["best"]}) == len(written["best"])


def test_a_genotype_that_was_ranked_twice_is_found_once(undisturbed: Path) -> None:
    one, other = (line["genotype"] for line in ranking(undisturbed)[:2])
    lines = [Ranked(0, one, 0.5, None), Ranked(1, other, 0.4, None), Ranked(2, one, 0.6, None)]
    assert [(found.genotype, found.accuracy) for found in best_ranked(lines)] == [(one, 0.6), (other, 0.4)]


def test_stopped_in_an_epoch_and_in_the_ranking_it_loses_nothing(undisturbed: Path, tmp_path: Path) -> None:
    for stop in (3, STEPS - 3 + RANDOM + PERTURBATIONS + 2):  # the third step; the third of the last candidates
        questions = iter(range(1, 1000))
        with pytest.raises(SupernetInterruptedError):
            searched(tmp_path, should_stop=lambda questions=questions, stop=stop: next(questions) == stop)
    assert len(ranking(tmp_path)) == RANDOM + PERTURBATIONS + 1
    searched(tmp_path)
    assert ranking(tmp_path) == ranking(undisturbed)
    assert_same_search(tmp_path, undisturbed)


def test_a_ranking_of_other_candidates_is_told(undisturbed: Path, tmp_path: Path) -> None:
    searched(tmp_path)
    lines = (tmp_path / "ranking.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "ranking.jsonl").write_text("".join([*lines[:-1], lines[0]]))
    (tmp_path / "result.json").unlink()
    with pytest.raises(InputError, match="the candidates of this search"):
        searched(tmp_path)


SIZE, RATE = 4, 0.1
TASK = SupernetTask(
    PointwiseToy(2, 3, 2, 3, "float32"),
    2,
    dataclasses.replace(TRAINING, learning_rate=RATE),
    SIZE,
    (0.5,) * 3,
    (0.2,) * 3,
)
METHOD = chosen_method(SMASH)


@pytest.fixture(scope="module")
def states() -> list[SupernetState]:
    """The first state, that after a step, and that after one more at a rate of 0."""
    rng = np.random.default_rng(0)
    images = Images(jnp.asarray(rng.integers(0, 256, (6, SIZE, SIZE, 3)).astype(np.uint8)), jnp.arange(6) % 3)
    step = quick_jit(lambda state, moment: METHOD.phases[0].step(TASK, state, Batches(images, None), moment)[0])
    found = [quick_jit(lambda: initial_state(TASK, METHOD, 0))()]
    for number, rate in enumerate((RATE, 0.0)):
        moment = Moment(np.int32(0), np.int32(number), np.float32(rate), np.float32(1), np.int32(0))
        found.append(step(found[-1], moment))
    host: list[SupernetState] = jax.device_get(found)
    return host


def test_the_kernels_are_no_weights(states: list[SupernetState]) -> None:
    pixels = 3 * SIZE**2 * 3
    for state in states:
        # Five edges of two cells with four operations, four skips and a bias; no kernel that is made.
        assert sum(leaf.size for leaf in jax.tree.leaves(state.weights.params)) == (2 * 5 * 4 + 4) * pixels + 3
        (momentum,) = jax.tree.leaves(state.weights.optimizer)
        assert momentum.size == (2 * 5 * 4 + 4) * pixels + 3


def test_a_step_moves_the_hypernetwork_and_of_the_operations_those_of_its_cells(states: list[SupernetState]) -> None:
    first, before, after = states
    masks = operation_masks(first.weights.params, uniform_edges(derive(0, "architecture sample", 0, 0), 2))
    momentum = jax.tree.leaves(before.weights.optimizer)[0]
    begin, moved = 0, []
    leaves = [jax.tree.leaves(tree) for tree in (masks, first.weights.params, before.weights.params)]
    for mask, old, new in zip(*leaves, strict=True):
        used = np.broadcast_to(np.asarray(mask) > 0, old.shape)
        velocity = momentum[begin : begin + old.size].reshape(old.shape)
        assert np.array_equal(old[~used], new[~used]) and not velocity[~used].any()
        moved += [np.mean(velocity[used] != 0)] if used.any() else []
        begin += old.size
    assert 2 <= len(moved) < len(leaves[0]) and min(moved) > 0.9
    assert all(np.mean(first.architecture[name] != before.architecture[name]) > 0.2 for name in first.architecture)
    # Its rate falls with that of the weights.
    for one, other in ((before.architecture, after.architecture), (before.weights.params, after.weights.params)):
        assert jax.tree.all(jax.tree.map(np.array_equal, one, other))
    assert after.memory.steps == 2


def test_a_candidate_is_ranked_by_kernels_of_its_own(states: list[SupernetState]) -> None:
    cells = [uniform_edges(jax.random.key(number), 2) for number in range(2)]
    made = quick_jit(METHOD.ranked_params)
    params = [made(states[1], cells[own], jax.random.key(key)) for own, key in ((0, 0), (0, 0), (1, 0), (0, 1))]
    first, *others = (each["cell0"]["dil_conv_3x3"] for each in params)
    same = [np.array_equal(first["Conv_1"]["kernel"], other["Conv_1"]["kernel"]) for other in others]
    assert same == [True, False, False]
    assert all(np.array_equal(first["kernel"], other["kernel"]) for other in others)


@pytest.mark.parametrize("probability", [0.05, 0.5, 1.0])
def test_perturbations_change_each_choice_with_a_probability(probability: float) -> None:
    rng = np.random.default_rng(0)
    counts = []
    for _ in range(300):
        genotype = SPACE.sample(rng)
        other = perturbed(genotype, probability, rng)
        SPACE.check(other)
        counts.append(changes(str(genotype), str(other)))
    # Of 16 choices; where none is drawn, one of them changes.
    assert min(counts) >= 1 and np.mean(counts) == pytest.approx(16 * probability + (1 - probability) ** 16, rel=0.1)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"perturbation": 1.5}, r"search.perturbation = 1.5: expected a number in \[0, 1\]"),
        ({"markov_steps": -1}, "search.markov_steps = -1"),
        ({"hypernetwork": {"growth": 0}}, "search.hypernetwork.growth = 0"),
        ({"hypernetwork": {"beta1": 1.0}}, "search.hypernetwork.beta1 = 1.0"),
    ],
)
def test_a_wrong_field_is_told(fields: dict[str, Any], told: str) -> None:
    config = default_config("smash")
    config.search.update(fields)
    with pytest.raises(InputError, match=told):
        from_mapping(config)
