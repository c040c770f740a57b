"""Kinds and shapes read from a compiled program, against the program's source."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from benchmarks.common.hlo_kinds import Product, bytes_moved, kinds
from benchmarks.common.hlo_text import Program


def found(function: object, *shapes: tuple[int, ...]) -> set[str | Product]:
    """Returns the kinds in a compiled function of arrays of these shapes."""
    arguments = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    text = jax.jit(function).lower(*arguments).compile().as_text()  # type: ignore[call-overload]
    return set(kinds(Program(text)).values())


def test_products_have_the_shapes_of_the_source() -> None:
    assert Product(3, 16, 20, 40, transposed=True) in found(
        lambda a, b: jnp.einsum("cpn,cqn->cpq", a, b), (3, 16, 40), (3, 20, 40)
    )
    assert Product(1, 5, 70, 9, transposed=False) in found(lambda a, b: a @ b, (5, 9), (9, 70))
    assert Product(3, 16, 20, 40, transposed=True).multiply_adds == 3 * 16 * 20 * 40


def test_a_product_in_a_loop_is_found_and_the_loop_is_not_counted() -> None:
    kinds_found = found(lambda a, b: jax.lax.fori_loop(0, 3, lambda _, x: (a @ x) * 2.0, b), (8, 8), (8, 40))
    assert Product(1, 8, 40, 8, transposed=False) in kinds_found


def test_shifted_sums_and_reductions() -> None:
    def shifts(x: jax.Array, w: jax.Array) -> jax.Array:
        terms = [w[i] * jax.lax.dynamic_slice(x, (i, 0), (8, 64)) for i in range(9)]
        return sum(terms[1:], terms[0])

    assert "shifted sums" in found(shifts, (16, 64), (9,))
    assert "shifted sums" not in found(lambda x: x * 2.0 + 1.0, (16, 64))
    assert "reductions" in found(lambda x: jnp.sum(x * x, 1), (16, 640))


def test_bytes_of_a_pass_a_reduction_and_an_update_in_place() -> None:
    def program(function: object, *shapes: tuple[int, ...]) -> Program:
        arguments = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
        return Program(jax.jit(function).lower(*arguments).compile().as_text())  # type: ignore[call-overload]

    assert 2 * 4 * 640 in bytes_moved(program(lambda x: x * 2.0 + 1.0, (640,))).values()
    reduction = program(lambda x: jnp.sum(x * x, 1), (16, 640))
    moved = {name: bytes_moved(reduction)[name] for name, kind in kinds(reduction).items() if kind == "reductions"}
    assert 4 * 16 * 640 in moved.values()

    def updates(x: jax.Array, part: jax.Array) -> jax.Array:
        return jax.lax.fori_loop(0, 5, lambda i, x: jax.lax.dynamic_update_index_in_dim(x, part * i, i, 0), x)

    assert 2 * 4 * 64 in bytes_moved(program(updates, (100, 64), (64,))).values()
