"""Where the training of a network starts: at initial values, or at the weights that a search kept of the candidate."""

from __future__ import annotations

from collections.abc import Callable

import jax

from econas_jax.errors import InputError, require
from econas_jax.models.trained_model import TrainedModel
from econas_jax.nn.description import Description
from econas_jax.retrain.choices import Choice
from econas_jax.retrain.config import Start
from econas_jax.training.state import TrainState


def first_state(start: Start, choice: Choice, description: Description) -> Callable[[TrainState], TrainState]:
    """Returns what makes the first state of an initial one; raises InputError as `starting_model` does."""
    if start == "scratch":
        return lambda initial: initial
    model = starting_model(choice, description)
    return lambda initial: with_weights(initial, model)


def starting_model(choice: Choice, description: Description) -> TrainedModel:
    """Returns the network that the search kept; raises InputError where it kept none, or one of another size."""
    if choice.found is None:
        raise InputError("start", "search", f"scratch: {choice.name} does not come from a search's result.json")
    # Here, since a retraining from scratch needs nothing of a search's code.
    from econas_jax.search.candidate import load_candidate

    model = load_candidate(choice.found.run, choice.found.rank)
    there, here = (each.to_json() for each in (model.description, description))
    different = {name: (there.get(name), here[name]) for name in here if there.get(name) != here[name]}
    told = ", ".join(f"{name} {kept} there, {asked} here" for name, (kept, asked) in different.items())
    allowed = f"scratch, or the size of the network that the search kept ({told})"
    require(not different, "start", "search", allowed)
    return model


def with_weights(initial: TrainState, model: TrainedModel) -> TrainState:
    """Returns the initial state with a model's weights; an auxiliary head, which no model has, keeps its own."""

    def replaced(there: object, tree: object) -> object:
        if not isinstance(tree, dict):
            return there
        return {name: replaced(there[name], tree[name]) if name in there else tree[name] for name in tree}  # type: ignore[index, operator]

    params, batch_stats = (
        replaced(model.variables[name], tree)
        for name, tree in (("params", initial.params), ("batch_stats", initial.batch_stats))
    )
    return jax.tree.map(lambda leaf: leaf, initial._replace(params=params, batch_stats=batch_stats))
