"""The table: what is written is read, and every mistake in a file is one line that names the place."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from study_tables import ORIGINAL, made_up_table

from econas_jax.errors import InputError
from econas_jax.study import Row, StudyTable, read_any_table, read_table, read_wide_table, table_text

ROW = Row("a", "c4r4s0e60", 1, 0.5, 0.4, 2.5, 10**12)
HEADER = "network,proxy,seed,train_accuracy,validation_accuracy,seconds,multiply_adds,status\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text)
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    rows = (ROW, Row('b, "c"', "x", None, None, 0.25, None, None), Row("d", "x", 2, None, None, 1.0, 5, "diverged"))
    assert read_table(written(tmp_path, table_text(rows))).rows == rows
    table = made_up_table()
    assert read_any_table(written(tmp_path, table_text(table.rows))) == table


def test_columns_may_come_in_any_order_with_others(tmp_path: Path) -> None:
    names = HEADER.strip().split(",")
    cells = dict(zip(names, table_text([ROW], header=False).strip().split(","), strict=True)) | {"note": "x"}
    order = ["note", *reversed(names)]
    text = ",".join(order) + "\n" + ",".join(cells[name] for name in order) + "\n"
    assert read_table(written(tmp_path, "\ufeff" + text)).rows == (ROW,)  # a spreadsheet's byte order mark too


MISTAKES = {
    "missing column": (HEADER.replace(",seconds", "") + "a,b,1,0.5,0.4,1,completed\n", "missing columns = ['seconds']"),
    "nan": (HEADER + "a,b,1,0.5,nan,1,1,completed\n", "line 2: validation_accuracy = 'nan': expected a finite number"),
    "text": (HEADER + "a,b,1,much,0.4,1,1,completed\n", "line 2: train_accuracy = 'much'"),
    "per cent": (
        HEADER + "a,b,1,0.5,40,1,1,completed\n",
        "accuracy = '40': expected an accuracy from 0 to 1",
    ),
    "no accuracy": (HEADER + "a,b,1,0.5,,1,1,completed\n", "an accuracy in a completed run's row"),
    "negative seconds": (HEADER + "a,b,1,0.5,0.4,-1,1,completed\n", "seconds = '-1': expected a positive number"),
    "status": (HEADER + "a,b,1,0.5,0.4,1,1,fine\n", "status = 'fine': expected completed or diverged"),
    "no name": (HEADER + ",b,1,0.5,0.4,1,1,completed\n", "network = ''"),
    "short line": (HEADER + "a,b,1\n", "line 2 = 'cells': expected 8 cells"),
    "twice": (HEADER + "a,b,1,0.5,0.4,1,1,completed\n" * 2, "one row for each network, proxy and seed"),
    "empty": ("", "a header and at least one row"),
    "header alone": (HEADER, "a header and at least one row"),
    "quotes": (HEADER + 'a,"b\n', "a CSV file ("),
}


@pytest.mark.parametrize(("text", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_one_line(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_table(written(tmp_path, text))
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a CSV file that can be read"):
        read_any_table(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="a CSV file that can be read"):
        read_any_table(tmp_path / "bytes.csv")


def test_accuracies_are_means_over_seeds_and_a_diverged_run_is_the_worst() -> None:
    again = dataclasses.replace(ROW, seed=2, validation_accuracy=0.6)
    other = dataclasses.replace(ROW, network="b", validation_accuracy=None, status="diverged")
    table = StudyTable((ROW, other, again))
    np.testing.assert_allclose(table.accuracies("c4r4s0e60"), [0.5, 0.0])
    assert table.gap("c4r4s0e60") == pytest.approx(0.0)  # (0.1 - 0.1) / 2: the diverged run has none
    assert table.cost("c4r4s0e60", "seconds") == 2.5
    unknown = StudyTable((dataclasses.replace(ROW, seconds=None), again))
    assert unknown.cost("c4r4s0e60", "seconds") is None


def test_unknown_and_incomplete_proxies() -> None:
    table = made_up_table()
    with pytest.raises(InputError, match=f"proxy = 'c9': expected one of the table's: {ORIGINAL}, "):
        table.accuracies("c9")
    short = StudyTable(table.rows[:-1])
    assert not short.covers("c4r4s3e8") and short.covers(ORIGINAL)
    with pytest.raises(InputError, match=r"networks without a row of c4r4s3e8 = \['13'\]"):
        short.accuracies("c4r4s3e8")


def test_a_wide_table(tmp_path: Path) -> None:
    text = "network,full,half\na,93.5,80\nb,94,0.9\n"
    table = read_any_table(written(tmp_path, text))
    assert table.proxies == ("full", "half") and table.networks == ("a", "b")
    np.testing.assert_allclose(table.accuracies("full"), [0.935, 0.94])
    np.testing.assert_allclose(table.accuracies("half"), [0.8, 0.009])  # per cent like the rest
    fractions = read_wide_table(written(tmp_path, "network,full,half\na,0.5,1\nb,1,0.2\n"))
    np.testing.assert_allclose(fractions.accuracies("half"), [1.0, 0.2])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,full,half\na,1,1\n", "a column 'network'"),
        ("network,full\na,1\n", "at least two columns"),
        ("network,full,half\na,1,\n", "line 2: half = ''"),
        ("network,full,half\na,1,nan\n", "line 2: half = 'nan'"),
        ("network,full,half\na,1,101\n", "an accuracy from 0 to 100"),
        ("network,full,half\na,1,1\na,1,1\n", "one row for each network"),
    ],
)
def test_mistakes_in_a_wide_table(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_any_table(written(tmp_path, text))
    assert told in str(caught.value)
