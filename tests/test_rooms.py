"""The rooms of the package: imports go one way, and what a command or a reader needs without JAX has none."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import econas_jax

PACKAGE = Path(econas_jax.__file__).parent

# The rooms from the ground up (docs/architecture.md): each may import those on the lines above its own.
FLOORS = (
    ("errors", "files", "pareto"),
    ("spaces", "experiment"),
    ("algorithms", "figures"),
    ("zoo",),
    ("data",),
    ("nn",),
    ("models",),
    ("training", "interop", "predict"),
    ("tables",),
    ("search",),
    ("study", "retrain", "export", "evaluate"),
    ("supernet",),
    ("compare",),
    ("status", "report"),
    ("__main__",),  # the command with all the others as its subcommands
)
# Within nn, the same.
NN_FLOORS = (
    ("compute_dtype", "platform"),
    ("precision", "network"),
    ("layers",),
    ("kernels",),
    ("chain", "darts", "nasbench201", "densenet"),
    ("families", "description"),
)
PACKAGE_FILES = ("__init__",)  # what a room exports; from anywhere in it

WITHOUT_JAX = ("algorithms", "figures", "spaces", "status", "zoo", "errors", "files", "pareto")
WITHOUT_JAX_FILES = ("econas_jax.study", "econas_jax.experiment.field_docs", "econas_jax.search.config")


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Yields every module's name with its syntax tree; a stub of lazy names under the name of its package."""
    for file in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyi")]):
        parts = ("econas_jax", *file.relative_to(PACKAGE).with_suffix("").parts)
        yield ".".join(parts), ast.parse(file.read_text(encoding="utf-8"))


def imported(name: str, tree: ast.Module) -> Iterator[str]:
    """Yields the modules of the package that a module imports, wherever in it the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(name.split(".")[: -node.level]) if node.level else ""
            origin = ".".join(part for part in (base, node.module) if part)
            found = [f"{origin}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (module for module in found if module.startswith("econas_jax."))


def upward(floors: tuple[tuple[str, ...], ...], depth: int, prefix: str) -> list[str]:
    """Returns the imports that lead to the same floor's other rooms or to a higher floor.

    depth: at which part of a module's name its room stands; prefix: of the modules that count.
    """
    floor = {room: number for number, rooms in enumerate(floors) for room in rooms}
    wrong = []
    for name, tree in modules():
        if not name.startswith(f"{prefix}.") or (own := name.split(".")[depth]) in PACKAGE_FILES:
            continue
        assert own in floor, f"{name}: a room without a floor"
        for module in imported(name, tree):
            other = module.split(".")[depth] if module.startswith(f"{prefix}.") else own
            if other in floor and other != own and floor[other] >= floor[own]:
                wrong.append(f"{name} -> {module}")
    return wrong


def test_imports_between_rooms_lead_down() -> None:
    assert upward(FLOORS, 1, "econas_jax") == []


def test_imports_within_nn_lead_down() -> None:
    assert upward(NN_FLOORS, 2, "econas_jax.nn") == []


def test_only_nn_imports_flax() -> None:
    found = [
        name
        for name, tree in modules()
        if not name.startswith("econas_jax.nn.")
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(module.split(".")[0] == "flax" for module in _names(node))
    ]
    assert found == []


@pytest.mark.parametrize("room", [*WITHOUT_JAX, *WITHOUT_JAX_FILES])
def test_rooms_without_jax(room: str) -> None:
    names = [room] if room in WITHOUT_JAX_FILES else [name for name, _ in modules() if name.split(".")[1] == room]
    names = sorted({name.removesuffix(".__init__") for name in names if not name.endswith("__main__")})
    program = f"import sys, {', '.join(names)}; print([m for m in ('jax', 'flax') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names]
