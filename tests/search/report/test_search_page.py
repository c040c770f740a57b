"""report.html of a search: finished, interrupted, of any algorithm, and of the version before rounds."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest

from econas_jax.errors import InputError
from econas_jax.search.history import GroupSummary, RoundSummary, write_lines
from econas_jax.search.report.page import write_search_report

BEST: dict[str, object] = {"rank": 1, "candidate": 3, "validation_accuracy": 0.5, "epochs": 60, "parameters": 1234}
BEST |= {"multiply_adds": 5678, "genotype": "Genotype(...)"}
RESULT: dict[str, object] = {
    "best": [BEST],
    "rounds": 2,
    "finished": True,
    "candidates": 9,
    "stages": 12,
    "diverged": 0,
    "failed": 0,
}
FACTS = {"config": {"data": {"name": "digits"}, "search": {"epochs": 20}}, "versions": {}}
ROUNDS = [
    RoundSummary(0, (GroupSummary("population", 1, 5, 0.25),), 0.25, 0, 12.3),
    RoundSummary(1, (GroupSummary("elite", 3, 0, None), GroupSummary("population", 1, 4, 0.5)), 0.5, 0, 1234.5),
]


def report(folder: Path, result: dict[str, Any], rounds: list[RoundSummary] | None = None) -> str:
    """Writes a folder as a search leaves it, then the page; returns its text."""
    (folder / "result.json").write_text(json.dumps(result))
    (folder / "config.json").write_text(json.dumps(FACTS))
    if rounds is not None:
        write_lines(folder / "rounds.jsonl", rounds)
    (folder / "figures").mkdir(exist_ok=True)
    return html.unescape(write_search_report(folder).read_text())


def rows(text: str) -> list[list[str]]:
    """The cells of all rows of the last table."""
    table = text[text.rindex("<table") : text.rindex("</table>")]
    found = [row.split("</td>")[:-1] for row in table.split("<tr")[1:]]
    return [[cell[cell.rindex(">") + 1 :] for cell in row] for row in found if row]


def test_a_finished_search(tmp_path: Path) -> None:
    text = report(tmp_path, RESULT, ROUNDS)
    assert "Architecture search on digits" in text and "9 candidates, 12 stages, 2 rounds; finished." in text
    assert "reached 50.00 % validation accuracy after 60 epochs with 1,234 parameters." in text
    assert ">5,678</td>" in text and "1  Genotype(...)" in text and "gave no accuracy" not in text
    assert [name for name in ("population, 1 epoch", "elite, 3 epochs") if f'<th scope="col">{name}</th>' in text]
    expected = [["0", "5: 25.00 %", "-", "25.00 %", "12"], ["1", "4: 50.00 %", "0: -", "50.00 %", "1,234"]]
    assert rows(text) == expected


def test_an_interrupted_search_without_a_result(tmp_path: Path) -> None:
    lost = {"best": [], "rounds": 0, "finished": False, "diverged": 2, "failed": 1}
    text = report(tmp_path, RESULT | lost, [])
    assert "0 rounds; not finished." in text and "Stages that gave no accuracy: 2 diverged, 1 failed." in text
    assert "No candidate has an accuracy yet." in text and "No round has finished yet." in text
    assert "<table" not in text and "best genotype reached" not in text


def test_pictures_come_before_texts(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    for name in ("groups", "accuracy_against_cost", "best_cell_1", "populations", "best_cell_2"):
        (tmp_path / "figures" / f"{name}.png").write_bytes(name.encode())
    text = report(tmp_path, RESULT, ROUNDS)
    places = [text.index(caption) for caption in ("Genotype 1<", "Mean validation accuracy of", "Accuracy against")]
    assert places == sorted(places) and places[-1] < text.index("<pre>")
    # The figures of this result; those that an earlier version or an earlier result left are not shown.
    assert text.count("data:image/png") == 3


def test_of_many_rounds_some_are_shown(tmp_path: Path) -> None:
    rounds = [RoundSummary(number, (), 0.5, 0, 1.0) for number in range(1_000)]
    text = report(tmp_path, RESULT, rounds)
    shown = [int(row[0]) for row in rows(text)]
    assert shown[:2] == [0, 9] and shown[-1] == 999 and len(shown) <= 121
    assert "One round in 9, and the last one." in text


def test_a_folder_of_the_version_before_rounds(tmp_path: Path) -> None:
    cycle = {"cycle": 0, "sizes": [5, 0, 0], "mean_accuracies": [0.25, None, None], "best_accuracy": 0.5}
    (tmp_path / "cycles.jsonl").write_text(json.dumps(cycle | {"skipped_repeats": 0, "seconds": 12.3}) + "\n")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "populations.png").write_bytes(b"png")
    earlier = {name: value for name, value in RESULT.items() if name not in ("rounds", "diverged", "failed")}
    text = report(tmp_path, earlier | {"cycles": 2})
    assert "9 candidates, 12 stages, 2 rounds; finished." in text
    assert all(f'<th scope="col">{name}</th>' in text for name in ("P_E, 20 epochs", "P_3E, 60 epochs"))
    assert rows(text) == [["0", "5: 25.00 %", "0: -", "0: -", "50.00 %", "12"]]
    assert text.count("data:image/png") == 1


@pytest.mark.parametrize("damage", ["result.json", "config.json", "rounds.jsonl"])
def test_a_folder_without_a_result_is_refused(damage: str, tmp_path: Path) -> None:
    report(tmp_path, RESULT, ROUNDS)
    for content in (None, "[", "{}"):
        (tmp_path / damage).unlink(missing_ok=True)
        if content is not None:
            (tmp_path / damage).write_text(content)
        with pytest.raises(InputError, match="a folder with the result of a search"):
            write_search_report(tmp_path)
