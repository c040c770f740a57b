"""The recipes run and do what the text around them says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from documents import REPOSITORY, recipes
from tiny_search import HASTY, quick_compilation

RECIPES = recipes(REPOSITORY / "docs" / "recipes.md")


def run(name: str) -> dict[str, Any]:
    """Runs a recipe and returns its names."""
    names: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(RECIPES[name], f"recipe {name}", "exec", dont_inherit=True), names)
    return names


@pytest.mark.slow
def test_recipe_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLA_FLAGS", HASTY["XLA_FLAGS"])  # of the worker processes, which get the rest of ours
    with quick_compilation():
        result = run("search")["result"]
    assert (tmp_path / "runs" / "tiny" / "result.json").is_file()
    assert capsys.readouterr().out.splitlines()[-1] == f"{result.best[0].accuracy} {result.best[0].genotype}"
    assert "<svg" in result._repr_html_()
    check_recipe_candidate(tmp_path, capsys)


def check_recipe_candidate(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It loads what the recipe before it has trained."""
    with quick_compilation():
        run("candidate")
    recorded, counted = map(float, capsys.readouterr().out.split())
    assert counted == pytest.approx(recorded, abs=1 / 300 + 1e-6)  # an image between two classes may turn over
    assert {path.name for path in (folder / "models" / "tiny").iterdir()} == {"model.json", "weights.safetensors"}


def test_recipe_reporter() -> None:
    from econas_jax.search.history import StageRecord

    logged: list[dict[str, object]] = []

    class Run:
        def log(self, values: dict[str, object]) -> None:
            logged.append(values)

    fields: dict[str, Any] = dict.fromkeys(StageRecord.__dataclass_fields__)
    fields |= {"validation_accuracy": 0.5, "status": "completed"}
    run("reporter")["WandbReporter"](Run()).advance(StageRecord(**fields), 0.75)
    assert logged == [{"accuracy": 0.5, "best": 0.75}]


def test_recipe_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run("draw")
    assert sorted(file.name for file in (tmp_path / "pictures").iterdir()) == ["econas.png", "econas.svg"]


def test_recipe_count(capsys: pytest.CaptureFixture[str]) -> None:
    run("count")
    told = re.findall(r"# (\d+)$", RECIPES["count"], re.MULTILINE)
    assert capsys.readouterr().out.split() == told
    assert told[0] == "3349342"  # counted with quark0/darts, whose cell it is


def test_recipe_operations(capsys: pytest.CaptureFixture[str]) -> None:
    space = run("operations")["space"]
    size, genotype = capsys.readouterr().out.splitlines()
    cell = (2 * 3) ** 2 * (3 * 3) ** 2 * (4 * 3) ** 2 * (5 * 3) ** 2  # two edges a node: input times operation
    assert int(size) == cell**2
    space.check(space.parse(genotype))


def test_recipe_torch_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from network_cases import random_variables, shapes_of
    from safetensors.numpy import save_file

    from econas_jax.interop import to_torch
    from econas_jax.models.trained_model import load_model
    from econas_jax.nn.description import CellNetworkDescription
    from econas_jax.spaces.darts.published import DARTS_V2

    description = CellNetworkDescription(DARTS_V2, 4, 1, 10)
    variables = random_variables(shapes_of(description.build(auxiliary=True), 32), seed=0)
    monkeypatch.chdir(tmp_path)
    save_file(to_torch(description, variables), "cifar10_model.safetensors")
    run("torch_weights")
    assert capsys.readouterr().out == "4 1 True\n"
    loaded = load_model(tmp_path / "models" / "darts_v2")
    assert loaded.description == description and loaded.resolution == 32
    bias = variables["params"]["classifier"]["bias"]
    np.testing.assert_array_equal(loaded.variables["params"]["classifier"]["bias"], bias)


def test_recipe_algorithm() -> None:
    from econas_jax.algorithms import ALGORITHMS, CONFIGS
    from econas_jax.search import default_config, from_mapping

    try:
        run("algorithm")
        config = from_mapping(default_config("coin"))
        assert ALGORITHMS["coin"](config.space, config.search, config.seed).init().round == 0
    finally:
        for choices in (ALGORITHMS, CONFIGS):
            choices.pop("coin", None)


def test_every_recipe_has_a_test() -> None:
    tested = {name.removeprefix(kind) for name in globals() for kind in ("test_recipe_", "check_recipe_")}
    assert set(RECIPES) <= tested
