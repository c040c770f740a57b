"""Where an EcoNAS search stands, as an immutable value, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from econas_jax.algorithms.algorithm import Trial
from econas_jax.algorithms.econas.population import Member, Populations
from econas_jax.errors import InputError, require
from econas_jax.spaces.darts.genotype import Genotype

Phase = Literal["initial", "children", "promote_2e", "promote_3e", "done"]


@dataclass(frozen=True)
class EcoNASState:
    """Everything a search needs to go on, except its space, config and seed."""

    cycle: int = 0  # under way; 0 is the initial population
    phase: Phase = "initial"  # whose trials are pending, or are asked for next
    populations: Populations = ((), (), ())  # P_E, P_2E, P_3E, in the order of entry
    finished: tuple[Member, ...] = ()  # all that were ever in P_3E, as they entered it
    next_candidate: int = 0
    seen: frozenset[str] = frozenset()  # canonical texts of all candidates so far
    skipped_repeats: int = 0  # genotypes drawn and not trained because their function had been seen
    pending: tuple[Trial, ...] = ()  # asked for and not yet told


def state_to_json(state: EcoNASState) -> dict[str, Any]:
    """The state in plain JSON types; equal states give equal texts."""
    return {
        "cycle": state.cycle,
        "phase": state.phase,
        "populations": [[_to_json(member) for member in population] for population in state.populations],
        "finished": [_to_json(member) for member in state.finished],
        "next_candidate": state.next_candidate,
        "seen": sorted(state.seen),
        "skipped_repeats": state.skipped_repeats,
        "pending": [_to_json(trial) for trial in state.pending],
    }


def state_from_json(fields: Mapping[str, Any]) -> EcoNASState:
    """The inverse of `state_to_json`; raises InputError where a field is missing, unknown or not of its form."""
    try:
        first, second, third = ([Member(**_genotype_parsed(member)) for member in p] for p in fields["populations"])
        state = EcoNASState(
            cycle=int(fields["cycle"]),
            phase=fields["phase"],
            populations=(tuple(first), tuple(second), tuple(third)),
            finished=tuple(Member(**_genotype_parsed(member)) for member in fields["finished"]),
            next_candidate=int(fields["next_candidate"]),
            seen=frozenset(fields["seen"]),
            skipped_repeats=int(fields["skipped_repeats"]),
            pending=tuple(Trial(**_genotype_parsed(trial)) for trial in fields["pending"]),
        )
    except InputError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("search state", fields, f"what state_to_json writes ({error!r})") from error
    require(state.phase in get_args(Phase), "search state's phase", state.phase, f"one of {get_args(Phase)}")
    return state


def _to_json(value: Member | Trial) -> dict[str, Any]:
    return asdict(value) | {"genotype": str(value.genotype)}


def _genotype_parsed(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {**fields, "genotype": Genotype.parse(fields["genotype"])}
