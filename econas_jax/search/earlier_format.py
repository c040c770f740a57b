"""Reads what the version before rounds and groups wrote, when EcoNAS was the only algorithm and its words were all.

A stage had `id`, `cycle` and `rung`, a round was a cycle with three populations, and a commit held `cycles`. A folder
of that version is read as one of this version, and its search goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

PHASES = {1: "children", 2: "E to 2E", 3: "2E to 3E"}
INITIAL = "initial population"
POPULATIONS = ("P_E", "P_2E", "P_3E")
EARLIER_ROUNDS_FILE = "cycles.jsonl"
UNCOUNTED = {"skipped_too_large": 0, "skipped_blind": 0}  # what commits lacked before there were limits


def is_earlier_stage(fields: Mapping[str, Any]) -> bool:
    """Says whether a stage's fields are of the earlier form."""
    return "rung" in fields


def stage_fields(earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a stage's fields in this version's form."""
    rung, epochs = earlier["rung"], earlier["epochs"]
    kept = {name: value for name, value in earlier.items() if name not in ("id", "cycle", "rung")}
    return kept | {
        "candidate": earlier["id"],
        "round": earlier["cycle"],
        "phase": INITIAL if earlier["cycle"] == 0 else PHASES[rung],
        "start_epoch": epochs * (rung - 1) // rung,
        "reason": earlier.get("reason"),
    }


def round_fields(earlier: Mapping[str, Any], epochs: int) -> dict[str, Any]:
    """Returns a round's fields in this version's form; epochs: E."""
    groups = [
        {"name": name, "epochs": rung * epochs, "size": size, "mean_accuracy": mean}
        for rung, (name, size, mean) in enumerate(
            zip(POPULATIONS, earlier["sizes"], earlier["mean_accuracies"], strict=True), start=1
        )
    ]
    kept = ("best_accuracy", "skipped_repeats", "seconds")
    return {"round": earlier["cycle"], "groups": groups} | {name: earlier[name] for name in kept}


def commit_fields(earlier: Mapping[str, Any], epochs: int) -> dict[str, Any]:
    """Returns a commit's fields in this version's form, or the fields themselves where they are; epochs: E."""
    state = earlier["algorithm"]
    uncounted = UNCOUNTED | {"pending_batches": int(bool(state["pending"]))}  # there was one batch at a time
    if "cycles" not in earlier:
        return {**earlier, "algorithm": uncounted | state}

    def member(fields: Mapping[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in fields.items() if name != "rung"}
        return kept | {"epochs": fields["rung"] * epochs}

    def trial(fields: Mapping[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in fields.items() if name not in ("cycle", "rung")}
        return kept | {
            "round": fields["cycle"],
            "phase": INITIAL if fields["cycle"] == 0 else PHASES[fields["rung"]],
        }

    stages = [stage_fields(stage) for stage in earlier["stages"]]
    algorithm = (
        uncounted
        | {name: value for name, value in state.items() if name != "cycle"}
        | {
            "round": state["cycle"],
            "populations": [[member(fields) for fields in population] for population in state["populations"]],
            "finished": [member(fields) for fields in state["finished"]],
            "died": _died(stages, state, epochs),
            "pending": [trial(fields) for fields in state["pending"]],
        }
    )
    return {
        "algorithm": algorithm,
        "answered": earlier["answered"],
        "stages": stages,
        "early": [],
        "rounds": [round_fields(cycle, epochs) for cycle in earlier["cycles"]],
        "seconds": earlier["seconds"],
        "living": earlier["living"],
    }


def _died(stages: Sequence[Mapping[str, Any]], state: Mapping[str, Any], epochs: int) -> list[dict[str, Any]]:
    """Finds the members that died in P_E or P_2E, which the earlier version forgot: those in no population now."""
    last = {stage["candidate"]: stage for stage in stages}
    alive = {member["candidate"] for population in state["populations"] for member in population}
    alive |= {trial["candidate"] for trial in state["pending"]}
    return [
        {
            "candidate": candidate,
            "genotype": stage["genotype"],
            "parent": stage["parent"],
            "accuracy": stage["validation_accuracy"],
            "epochs": stage["epochs"],
            "updated": stage["round"],
        }
        for candidate, stage in last.items()
        if candidate not in alive and stage["status"] == "completed" and stage["epochs"] < 3 * epochs
    ]


def upgraded_line(line: str, epochs: int = 0) -> str:
    """Returns a line of `history.jsonl` or `cycles.jsonl` in this version's form; epochs: E, for a line of the second.

    Raises ValueError or TypeError for a line that is no JSON object.
    """
    fields = json.loads(line)
    if isinstance(fields, dict) and is_earlier_stage(fields):
        return json.dumps(stage_fields(fields))
    if isinstance(fields, dict) and "sizes" in fields:
        return json.dumps(round_fields(fields, epochs))
    return line


def plan_of(config: Mapping[str, Any]) -> dict[str, int] | None:
    """Returns the plan of a search whose `config.json` has none, from its config; None if that is no search's."""
    search = config.get("search")
    names = ("initial_population", "cycles", "children", "promotions_to_2e", "promotions_to_3e")
    if not isinstance(search, Mapping) or not all(isinstance(search.get(name), int) for name in names):
        return None
    initial, cycles, *a_cycle = (search[name] for name in names)
    devices = config.get("devices")
    return {"stages": initial + cycles * sum(a_cycle), "rounds": cycles, "devices": devices or 1}
