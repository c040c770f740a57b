"""The command econas-jax zoo: tables, one entry, JSON, drawings, and mistakes in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.published import GDAS_V1
from econas_jax.zoo import ENTRIES
from econas_jax.zoo.__main__ import main


@pytest.fixture(autouse=True)
def columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def rows(text: str, name: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.startswith(f"{name} ")]


def test_the_tables_fit_eighty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys)
    assert max(map(len, text.splitlines())) <= 80 and "…" not in text
    assert all(len(rows(text, entry.name)) >= 2 for entry in ENTRIES)  # a table of counts, and that of sources


def test_counts_stand_beside_published_ones(capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys)
    cifar, imagenet, source = rows(text, "DARTS_V2")
    assert cifar[1:] == ["3,349,342", "3.3", "528.4", "547.5", "528", "2.76±0.09"]
    assert imagenet[1:] == ["4,718,752", "4.7", "529.9", "544.6", "574", "26.70"]
    assert source[1:3] == ["2018", "quark0/darts,"]
    # Of another network: no count beside ours, and a star at the error.
    assert rows(text, "PNAS")[0][1:] == ["4,481,110", "*", "706.0", "729.6", "-", "3.41±0.09*"]
    assert rows(text, "DenseNet-BC-190-40")[0][1:] == ["25,624,430", "25.6", "9,301.9", "9,432.9", "-", "3.46"]


def test_other_sizes_have_no_published_counts_beside_them(capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, "--network", "imagenet", "--channels", "50", "--cells-per-stage", "4", "--resolution", "224")
    assert rows(text, "GDAS-V1")[0][1:] == ["5,345,075", "581.0", "595.1"]


def test_one_entry_can_be_read_and_copied(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "gdas_v1").splitlines()
    assert lines[0] == "GDAS-V1 (2019)"
    assert "published: CIFAR-10 (GDAS), error 2.93 %, 3.4 M parameters, 0.21 GPU days" in lines
    assert Genotype.parse(lines[-1]) == GDAS_V1
    assert output(capsys, "densenet-bc-100-12").splitlines()[-1] == "DenseNet-BC (L=100, k=12)"


def test_json_holds_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    entries = {entry["name"]: entry for entry in json.loads(output(capsys, "--json"))}
    assert set(entries) == {entry.name for entry in ENTRIES}
    assert Genotype.parse(entries["GDAS-V1"]["genotype"]) == GDAS_V1
    assert entries["GDAS-V1"]["counts"]["CIFAR-10"]["parameters"] == 3_368_782
    assert entries["DenseNet-BC-100-12"]["densenet_bc"] == {"depth": 100, "growth": 12}
    assert list(entries["DenseNet-BC-100-12"]["counts"]) == ["CIFAR-10"]
    (one,) = json.loads(output(capsys, "--json", "econas", "--network", "cifar"))
    assert one["counts"] == {
        "CIFAR-10": {"parameters": 2_956_006, "multiply_adds": 468_915_840, "operations": 485_347_978}
    }


def test_cells_are_drawn(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "new"
    png, svg = (Path(line) for line in output(capsys, "--draw", "snas-aggressive", "--to", str(folder)).splitlines())
    assert (png, svg) == (folder / "SNAS-aggressive.png", folder / "SNAS-aggressive.svg")
    with Image.open(png) as image:
        assert min(image.size) > 300
    assert svg.read_text(encoding="utf-8").count("<path") > 50


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resnet"], "error: name = 'resnet': expected a name that `econas-jax zoo` lists, such as "),
        (["--draw", "dart"], "error: name = 'dart': expected a name that `econas-jax zoo` lists, such as "),
        (["--draw", "densenet-bc-100-12"], "error: name = 'DenseNet-BC-100-12': expected an entry with cells"),
        (["--channels", "0"], "error: channels = 0: expected a whole number from 1 to 65536"),
        (["--resolution", "30"], "error: resolution = 30: expected a multiple of 4"),
    ],
)
def test_a_mistake_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith(message) and captured.err.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert main(["--draw", "econas", "--to", str(tmp_path / "file")]) == 2
    allowed = "expected a folder that can be written (File exists)"
    assert capsys.readouterr().err == f"error: to = '{tmp_path / 'file'}': {allowed}\n"
