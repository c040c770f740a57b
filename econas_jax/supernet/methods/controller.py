"""ENAS's controller (Pham et al., 2018; melodyguan/enas, `micro_controller.py`): an LSTM that chooses both cells.

Node by node it chooses two inputs and two operations, in the order input, input, operation, operation, then takes one
more step, whose state stands for the node where later nodes choose inputs. Inputs are chosen by attention over the
states of what there is to read. The reduction cell goes on from the normal cell's last state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.nn.darts.supernet import EdgeWeights
from econas_jax.nn.darts.supernet.places import edge_count
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS

Params = dict[str, jax.Array]
Choose = Callable[[int, jax.Array], jax.Array]  # from a choice's number and its logits to what is chosen

UNITS = 64
OPERATIONS = SEARCH_OPERATIONS[1:]  # all but `none`
FAVOURED = np.array([name.startswith("sep_conv") for name in OPERATIONS])  # as the authors' first two operations
RANGE = 0.1  # of initial values, uniform in both directions
TANH = 1.10  # the largest logit of an input
OPERATION_TANH = TANH / 2.5  # and of an operation
FAVOUR, CONSTANT_FAVOUR = 10.0, 0.25  # of separable convolutions: learnt, from 10 on; constant, in the normal cell


class Walk(NamedTuple):
    """What a controller has chosen: edges, counted; its log-probability; the sum of its choices' entropies, in nats."""

    edges: EdgeWeights
    log_probability: jax.Array
    entropy: jax.Array


class _State(NamedTuple):
    cell: jax.Array  # [UNITS]
    hidden: jax.Array


def initial_controller(key: jax.Array) -> Params:
    """Returns weights uniform in +-0.1, without biases but that of the operations."""
    shapes: dict[str, tuple[int, ...]] = {
        "lstm": (2 * UNITS, 4 * UNITS),
        "start": (UNITS,),
        "embedding": (len(OPERATIONS), UNITS),
        "operation": (UNITS, len(OPERATIONS)),
        "key": (UNITS, UNITS),
        "query": (UNITS, UNITS),
        "attention": (UNITS,),
    }
    keys = jax.random.split(key, len(shapes))
    drawn = {
        name: jax.random.uniform(each, shape, minval=-RANGE, maxval=RANGE)
        for each, (name, shape) in zip(keys, shapes.items(), strict=True)
    }
    return drawn | {"bias": jnp.asarray(FAVOUR * FAVOURED, jnp.float32)}


def walk(params: Params, choose: Choose, nodes: int, cells: int = 2) -> Walk:
    """Chooses cells, the normal one first. The table of a cell that is not chosen stays 0."""
    state = _State(jnp.zeros(UNITS), jnp.zeros(UNITS))
    tally = _Tally(choose)
    tables = [_empty(nodes), _empty(nodes)]
    for place in range(cells):
        tables[place], state = _cell(params, tally, state, nodes, normal=place == 0)
    return Walk(EdgeWeights(*tables), tally.log_probability, tally.entropy)


def sampled(params: Params, key: jax.Array, nodes: int) -> Walk:
    """Draws both cells from the controller's distribution."""
    return walk(params, lambda number, logits: jax.random.categorical(jax.random.fold_in(key, number), logits), nodes)


def most_likely(params: Params, nodes: int) -> Walk:
    """Takes the likeliest choice each time, which need not make the likeliest cells."""
    return walk(params, lambda number, logits: jnp.argmax(logits), nodes)


class _Tally:
    """Makes choices and sums up their log-probabilities and entropies."""

    def __init__(self, choose: Choose) -> None:
        self._choose, self._number = choose, 0
        self.log_probability, self.entropy = jnp.zeros(()), jnp.zeros(())

    def choice(self, logits: jax.Array) -> jax.Array:
        chosen = self._choose(self._number, logits)
        self._number += 1
        shares = jax.nn.log_softmax(logits)
        self.log_probability += shares[chosen]
        self.entropy -= jnp.sum(jnp.exp(shares) * shares)
        return chosen


def _cell(params: Params, tally: _Tally, state: _State, nodes: int, *, normal: bool) -> tuple[jax.Array, _State]:
    """Chooses a cell; returns its table and the last state."""
    keys, anchors = [], []
    for _ in range(CELL_INPUTS):
        state = _stepped(params, state, params["start"])
        keys.append(state.hidden @ params["key"])
        anchors.append(jnp.zeros(UNITS))
    favour = CONSTANT_FAVOUR * np.where(FAVOURED, 1.0, -1.0) if normal else np.zeros(len(OPERATIONS))
    table = _empty(nodes)
    for node in range(nodes):
        read, inputs = params["start"], []
        for _ in range(2):
            state = _stepped(params, state, read)
            query = state.hidden @ params["query"]
            scores = jnp.tanh(jnp.stack(keys) + query[None]) @ params["attention"]
            inputs.append(tally.choice(TANH * jnp.tanh(scores)))
            read = jnp.stack(anchors)[inputs[-1]]
        for source in inputs:
            state = _stepped(params, state, read)
            scores = state.hidden @ params["operation"] + params["bias"]
            operation = tally.choice(OPERATION_TANH * jnp.tanh(scores) + jnp.asarray(favour, jnp.float32))
            read = params["embedding"][operation]
            table = table.at[edge_count(node) + source, 1 + operation].add(1.0)
        state = _stepped(params, state, read)
        anchors.append(state.hidden)
        keys.append(state.hidden @ params["key"])
    return table, state


def _empty(nodes: int) -> jax.Array:
    return jnp.zeros((edge_count(nodes), len(SEARCH_OPERATIONS)))


def _stepped(params: Params, state: _State, read: jax.Array) -> _State:
    """Returns the LSTM's next state."""
    gates = jnp.concatenate([read, state.hidden]) @ params["lstm"]
    write, forget, show, new = jnp.split(gates, 4)
    cell = jax.nn.sigmoid(write) * jnp.tanh(new) + jax.nn.sigmoid(forget) * state.cell
    return _State(cell, jax.nn.sigmoid(show) * jnp.tanh(cell))
