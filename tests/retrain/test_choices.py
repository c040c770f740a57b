"""What a text names: a search's best genotypes, a published cell, a genotype; and one line for everything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tiny_retrain import GENOTYPE, SMALL

from econas_jax.errors import InputError
from econas_jax.nn.chain import ChainDescription
from econas_jax.nn.densenet.description import DenseNetDescription
from econas_jax.retrain import RetrainConfig
from econas_jax.retrain.choices import Found, choices
from econas_jax.retrain.config import NetworkConfig
from econas_jax.retrain.networks import described
from econas_jax.spaces.chain import parse_chain
from econas_jax.spaces.darts import published
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.densenet import DenseNetBC
from econas_jax.spaces.nasbench201.genotype import Genotype as NasBench201Genotype
from econas_jax.training.recipe import Recipe

TEXTS = [GENOTYPE, SMALL.format("dil_conv_3x3")]
OTHER_SPACE = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|none~2|"


def search(folder: Path, texts: list[str]) -> Path:
    folder.mkdir(parents=True)
    best = [{"rank": rank, "genotype": text} for rank, text in enumerate(texts, start=1)]
    (folder / "result.json").write_text(json.dumps({"best": best, "finished": True}))
    return folder / "result.json"


@pytest.mark.parametrize("name", ["DARTS_V2", "darts_v2", " Darts-v2 "])
def test_a_published_name(name: str) -> None:
    (choice,) = choices(name)
    assert (choice.name, choice.genotype, choice.found) == ("DARTS_V2", published.DARTS_V2, None)


def test_a_densenet_by_its_name() -> None:
    (choice,) = choices("densenet-bc-100-12")
    assert (choice.name, choice.genotype) == ("DenseNet-BC-100-12", DenseNetBC(100, 12))
    off = Recipe(drop_path_probability=0.0)
    config = RetrainConfig(training=off)
    assert described(choice, config, 100) == DenseNetDescription(100, 12, 100)
    for network, field in ((NetworkConfig(stem="imagenet"), "stem"), (NetworkConfig(auxiliary=True), "auxiliary")):
        with pytest.raises(InputError, match=f"network.{field} = .* a DenseNet"):
            described(choice, RetrainConfig(training=off, network=network), 10)
    with pytest.raises(InputError, match="drop_path_probability = 0.2: expected 0"):
        described(choice, RetrainConfig(), 10)


def test_a_genotypes_text_of_both_spaces() -> None:
    (choice,) = choices(GENOTYPE)
    assert choice.genotype == Genotype.parse(GENOTYPE)
    (choice,) = choices(f"'{OTHER_SPACE}'")
    assert choice.genotype == NasBench201Genotype.parse(OTHER_SPACE)


def test_a_chains_text() -> None:
    text = "shufflenet(4/2 8:shuffle5/2 8:xception 16)"
    (choice,) = choices(f" '{text}'")
    config = RetrainConfig(training=Recipe(drop_path_probability=0.0))
    assert described(choice, config, 10) == ChainDescription(parse_chain(text), 10)


@pytest.mark.parametrize("texts", [TEXTS, [OTHER_SPACE]])
def test_a_search_is_all_its_best_and_a_place_one_of_them(texts: list[str], tmp_path: Path) -> None:
    file = search(tmp_path / "run", texts)
    for text in (str(file), str(file.parent)):
        found = choices(text)
        assert [str(choice.genotype) for choice in found] == [str(choices(text)[0].genotype) for text in texts]
        assert [choice.found for choice in found] == [Found(file.parent, rank) for rank in range(len(texts))]
        last = len(texts) - 1
        assert choices(f"{text}:{last}") == found[last:]


def test_a_colon_in_a_files_name_is_no_place(tmp_path: Path) -> None:
    folder = tmp_path / "run:0"
    search(folder, TEXTS)
    assert len(choices(str(folder))) == 2


def refused(text: str) -> str:
    with pytest.raises(InputError) as caught:
        choices(text)
    assert "\n" not in str(caught.value) and caught.value.field.endswith("genotype")
    return str(caught.value)


def test_a_place_that_there_is_not(tmp_path: Path) -> None:
    file = search(tmp_path / "run", TEXTS)
    assert "expected a place from 0 to 1: " in refused(f"{file}:2")
    assert "no file" in refused(f"{file}:-1")


def test_a_file_that_there_is_not(tmp_path: Path) -> None:
    assert f"there is no file {tmp_path}/result.json" in refused(f"{tmp_path}/result.json")
    assert "no file" in refused(str(tmp_path / "result.json:0"))
    assert "a name that `econas-jax zoo` lists, such as DARTS_V2, DARTS_V1" in refused("DARTS_V3")
    assert "a search's result.json" in refused("")
    assert "a search's result.json" in refused("  ")


def test_a_folder_without_a_result(tmp_path: Path) -> None:
    assert "no file" in refused(str(tmp_path))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"best": 3}', '{"best": [{}]}', "\x00", '{"best": [["a"]]}'])
def test_a_file_of_something_else(content: str, tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text(content)
    assert "expected the result.json of a search" in refused(str(file))


def test_a_search_that_has_found_nothing(tmp_path: Path) -> None:
    assert "at least one genotype" in refused(str(search(tmp_path / "run", [])))


@pytest.mark.parametrize("text", ["Genotype(normal=[])", "|none~0|", "genotype(1)", "__import__('os')", "(" * 500])
def test_a_genotype_that_is_none(text: str) -> None:
    refused(text)


def test_a_result_that_holds_a_genotype_that_is_none(tmp_path: Path) -> None:
    refused(str(search(tmp_path / "run", [TEXTS[0], "Genotype()"])))
