"""The state as JSON: a search continues from it as if nothing had happened."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from toy_search import LARGE, SMALL, Accuracy, last_state, made_up, often_failing, run

from econas_jax.algorithms import EcoNAS
from econas_jax.errors import InputError


@pytest.mark.parametrize("accuracy", [made_up, often_failing])
@pytest.mark.parametrize("pending", [False, True])
def test_json_at_every_phase_continues_identically(accuracy: Accuracy, pending: bool) -> None:
    config = replace(SMALL, cycles=2)
    straight = list(run(EcoNAS(LARGE, config, seed=1), accuracy))
    for asked, _, told in straight:
        state = asked if pending else told
        algorithm = EcoNAS(LARGE, config, seed=1)
        restored = algorithm.from_json(json.loads(json.dumps(algorithm.to_json(state), allow_nan=False)))
        assert restored == state
        remaining = list(run(algorithm, accuracy, restored))
        assert remaining == straight[len(straight) - len(remaining) :]
        assert len(remaining) == 7 - straight.index((asked, _, told)) - (not pending)


def test_json_of_something_else() -> None:
    algorithm = EcoNAS(LARGE, SMALL, seed=1)
    fields = algorithm.to_json(last_state(algorithm, made_up))
    for broken in (
        {},
        {**fields, "phase": "retrain"},
        {**fields, "round": None},
        {**fields, "populations": fields["populations"][:2]},
        {**fields, "finished": [{"candidate": 1}]},
        {**fields, "finished": [{**fields["finished"][0], "genotype": "Genotype(normal=[])"}]},
        {**fields, "pending": [3]},
        {**fields, "pending": [3], "rung": 2},
    ):
        with pytest.raises(InputError):
            algorithm.from_json(broken)
