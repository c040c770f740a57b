"""Tables: their file, their rows, what is refused, and the way from CSV."""

from __future__ import annotations

import dataclasses
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from econas_jax.errors import InputError
from econas_jax.spaces.darts import DartsSpace
from econas_jax.spaces.nasbench201 import Genotype, NasBench201Space
from econas_jax.tables import Table, load_table, save_table
from econas_jax.tables.__main__ import main
from econas_jax.tables.csv_file import read_csv_table
from econas_jax.tables.rows import Rows
from econas_jax.tables.synthetic import synthetic_table

SPACE = NasBench201Space(operations=("none", "nor_conv_3x3"))  # 64 genotypes
TABLE = Table(
    validation_accuracy=np.arange(128).reshape(64, 2) / 200,
    test_accuracy=np.arange(64) / 100,
    operations=SPACE.operations,
    seconds=np.full(64, 2.5),
    parameters=np.arange(64),
    multiply_adds=np.arange(64) * 10,
)


def test_a_row_is_the_operations_read_as_a_number_the_first_edge_least() -> None:
    rows = Rows(NasBench201Space())
    first = ("nor_conv_3x3", *("none",) * 5)  # 3, then zeros
    assert rows.of(Genotype(first)) == 3
    assert rows.of(Genotype(first[::-1])) == 3 * 5**5
    text = "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|none~0|none~1|nor_conv_1x1~2|"
    assert rows.of(Genotype.parse(text)) == 4 + 1 * 5 + 2 * 5**5 == 6_259
    assert len(rows) == 15_625 and rows.of(Genotype(("avg_pool_3x3",) * 6)) == 15_624
    small = Rows(SPACE)
    everything = [Genotype(edges) for edges in product(SPACE.operations, repeat=6)]
    assert sorted(map(small.of, everything)) == list(range(64))
    assert all(small.genotype(small.of(genotype)) == genotype for genotype in everything)


def test_only_fixed_edges_have_rows() -> None:
    with pytest.raises(InputError, match="darts"):
        Rows(DartsSpace())


def equal(one: Table, other: Table) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name), equal_nan=field.name.endswith("accuracy"))
        for field in dataclasses.fields(Table)
    )


def test_a_table_comes_back_from_its_file(tmp_path: Path) -> None:
    save_table(tmp_path / "table.npz", TABLE)
    assert equal(load_table(tmp_path / "table.npz"), TABLE)
    least = dataclasses.replace(TABLE, seconds=None, parameters=None, multiply_adds=None)
    save_table(tmp_path / "least.npz", least)
    assert load_table(tmp_path / "least.npz").seconds is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"validation_accuracy": np.zeros(64)}, "table.validation_accuracy"),
        ({"validation_accuracy": np.zeros((64, 0))}, "table.validation_accuracy"),
        ({"validation_accuracy": np.full((64, 2), 93.0)}, "table.validation_accuracy.*fractions of 1"),
        ({"test_accuracy": np.zeros(63)}, "table.test_accuracy"),
        ({"test_accuracy": np.full(64, -0.1)}, "table.test_accuracy"),
        ({"seconds": np.zeros(64)}, "table.seconds"),
        ({"seconds": np.full(64, np.nan)}, "table.seconds"),
        ({"parameters": np.full(64, -1)}, "table.parameters"),
    ],
)
def test_arrays_that_make_no_table(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        dataclasses.replace(TABLE, **changes)


def test_files_that_are_no_table(tmp_path: Path) -> None:
    file = tmp_path / "table.npz"
    with pytest.raises(InputError, match="path"):
        load_table(file)
    file.write_bytes(b"no zip")
    with pytest.raises(InputError, match="npz"):
        load_table(file)
    arrays: dict[str, Any] = {"validation_accuracy": np.zeros((64, 2)), "test_accuracy": np.zeros(64)}
    for more, message in (
        ({}, "operations"),
        ({"operations": np.array(SPACE.operations), "other": np.zeros(1)}, "other"),
        ({"operations": np.arange(2)}, "table.operations.*texts"),
        ({"operations": np.array(["none", None])}, "plain arrays"),  # a pickle
        ({"operations": np.array(SPACE.operations), "parameters": np.zeros(64)}, "table.parameters.*whole"),
    ):
        np.savez(file, **arrays, **more)
        with pytest.raises(InputError, match=message):
            load_table(file)


def csv_lines(table: Table) -> list[str]:
    """Writes the table as CSV, last architecture first."""
    lines = ["genotype,epochs,validation_accuracy,test_accuracy,seconds,parameters,multiply_adds"]
    for row in reversed(range(64)):
        for epochs in (1, 2):
            cells = (Rows(SPACE).genotype(row), epochs, table.validation_accuracy[row, epochs - 1])
            lines.append(",".join(map(str, (*cells, table.test_accuracy[row], 2.5, row, 10 * row))))
    return lines


def test_csv_becomes_the_same_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "table.csv", tmp_path / "table.npz"
    accuracies = TABLE.validation_accuracy.copy()
    accuracies[5, 1] = np.nan
    table = dataclasses.replace(TABLE, validation_accuracy=accuracies)
    source.write_text("\n".join(csv_lines(table)))
    assert main(["csv", str(source), str(target), "--operations", "none,nor_conv_3x3"]) == 0
    assert capsys.readouterr().out == f"{target}: 64 architectures by 2 epochs\n"
    assert equal(load_table(target), table)


@pytest.mark.parametrize(
    ("number", "old", "new", "message"),
    [
        (0, "epochs", "epoch", "columns.*also epochs"),
        (0, "seconds", "minutes", "columns.*only genotype"),
        (3, "none~0", "nothing~0", "line 4: genotype"),
        (3, ",1,", ",0,", "line 4: epochs"),
        (3, ",1,", ",2,", "line 5.*one line for its 2 epochs"),
        (3, ",1,", ",1.5,", "line 4: epochs"),
        (3, ",0.62,", ",62,", "line 4: validation_accuracy.*fraction"),
        (4, ",2.5,", ",2.6,", "line 5: seconds.*2.5, as on a line"),
        (3, ",620", ",many", "line 4: multiply_adds.*a number"),
        (3, ",620", ",620,7", "line 4.*too many"),
    ],
)
def test_csv_with_a_mistake(number: int, old: str, new: str, message: str, tmp_path: Path) -> None:
    lines = csv_lines(TABLE)
    assert old in lines[number]
    lines[number] = lines[number].replace(old, new, 1)
    (tmp_path / "table.csv").write_text("\n".join(lines))
    with pytest.raises(InputError, match=message):
        read_csv_table(tmp_path / "table.csv", SPACE)


def test_csv_without_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = csv_lines(TABLE)
    missing = lines.pop(9)
    (tmp_path / "table.csv").write_text("\n".join(lines))
    operations = ["--operations", "none,nor_conv_3x3"]
    assert main(["csv", str(tmp_path / "table.csv"), str(tmp_path / "table.npz"), *operations]) == 2
    said = capsys.readouterr().err
    assert missing.split(",")[0] in said and said.count("\n") == 1
    assert main(["csv", str(tmp_path / "none.csv"), str(tmp_path / "table.npz"), *operations]) == 2
    assert main(["csv", str(tmp_path / "table.csv"), str(tmp_path / "table.txt"), *operations]) == 2
    assert not (tmp_path / "table.npz").exists()


def test_the_synthetic_table_is_what_it_says() -> None:
    space = NasBench201Space(operations=("none", "skip_connect", "nor_conv_3x3", "avg_pool_3x3"))
    table = synthetic_table(space, epochs=60, seed=1)
    assert equal(table, synthetic_table(space, epochs=60, seed=1))
    assert not equal(table, synthetic_table(space, epochs=60, seed=2))
    genotypes = [Rows(space).genotype(row) for row in range(len(Rows(space)))]
    blind = np.array([not space.sees_image(genotype, 5) for genotype in genotypes])
    assert blind.any() and (table.validation_accuracy[blind] == 0.1).all()
    assert table.test_accuracy[~blind].min() > 0.65 and table.test_accuracy.max() < 0.97
    by_function: dict[Genotype, int] = {}
    for row, genotype in enumerate(genotypes):
        same = by_function.setdefault(space.canonical(genotype), row)
        assert table.test_accuracy[same] == table.test_accuracy[row]
    # A few epochs rank worse than many, but better than chance.
    ends = [
        np.corrcoef(table.validation_accuracy[~blind, epochs], table.test_accuracy[~blind])[0, 1] for epochs in (1, 59)
    ]
    assert 0 < ends[0] < ends[1] - 0.05 and ends[1] > 0.95
