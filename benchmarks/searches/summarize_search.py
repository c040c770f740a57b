"""Summarizes a finished search for the record: result, cycles, what it was made with, and its figures.

    python -m benchmarks.searches.summarize_search runs/cifar10_small --out OUT --note "..."

Writes summary.json and summary.md and copies the figures (PNG) to the folder. Claims nothing that is not in the
workdir; the note says what a reader must know about the data.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from econas_jax.experiment.text import percent
from econas_jax.search.history import RoundSummary, read_rounds, read_stages

FIGURES = ("groups", "accuracy_against_cost")


def summarize(workdir: Path, note: str) -> dict[str, Any]:
    """Returns the content of summary.json."""
    made_with = json.loads((workdir / "config.json").read_text(encoding="utf-8"))
    del made_with["config"]["data"]["path"]  # where the data lay on one machine says nothing to others
    stages = read_stages(workdir / "history.jsonl")
    return {
        "note": note,
        **made_with,
        "result": json.loads((workdir / "result.json").read_text(encoding="utf-8")),
        "candidate_epochs": sum(stage.epochs - stage.start_epoch for stage in stages),
        "training_seconds": round(sum(stage.seconds for stage in stages), 1),
        "rounds": [round_row(summary) for summary in read_rounds(workdir / "rounds.jsonl")],
    }


def round_row(summary: RoundSummary) -> dict[str, Any]:
    """Returns a round's sizes and mean accuracies by group."""
    return {
        "round": summary.round,
        "sizes": {group.name: group.size for group in summary.groups},
        "mean_accuracies": {group.name: group.mean_accuracy for group in summary.groups},
        "best_accuracy": summary.best_accuracy,
        "seconds": summary.seconds,
    }


def as_markdown(summary: dict[str, Any]) -> str:
    """Returns the summary as tables of markdown."""
    result = summary["result"]
    lines = [
        f"# {summary['config']['data']['name']}: {result['candidates']} candidates, {result['stages']} stages",
        "",
        summary["note"],
        "",
        "| rank | candidate | validation accuracy | epochs | parameters | multiply-adds | genotype |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in result["best"]:
        numbers = (f"{row[name]:,}" for name in ("epochs", "parameters", "multiply_adds"))
        accuracy = percent(row["validation_accuracy"])
        cells = (row["rank"], row["candidate"], accuracy, *numbers, f"`{row['genotype']}`")
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    names = list(summary["rounds"][0]["sizes"]) if summary["rounds"] else []
    lines += ["", "| " + " | ".join(["round", *names, "best", "seconds"]) + " |", "| --- " * (len(names) + 3) + "|"]
    for row in summary["rounds"]:
        means = row["mean_accuracies"]
        groups = [f"{size}: {percent(means[name])}" for name, size in row["sizes"].items()]
        columns = [str(row["round"]), *groups, percent(row["best_accuracy"]), f"{row['seconds']:.0f}"]
        lines.append("| " + " | ".join(columns) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--note", required=True, help="what a reader must know, the data above all")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    summary = summarize(arguments.workdir, arguments.note)
    (arguments.out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    (arguments.out / "summary.md").write_text(as_markdown(summary), encoding="utf-8")
    for name in FIGURES:
        shutil.copy(arguments.workdir / "figures" / f"{name}.png", arguments.out)
    print(as_markdown(summary))


if __name__ == "__main__":
    main()
