"""Programs are traced once, and found again by all they depend on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh
from tiny_training import tiny_task
from waves import EXAMPLE

from econas_jax import SearchNetwork, Task, TrainingConfig
from econas_jax.experiment import provenance
from econas_jax.training import programs
from econas_jax.training.compile import export_cache
from econas_jax.training.compile.export_cache import fingerprint, traced
from econas_jax.training.compile.population_mesh import POPULATION
from econas_jax.training.programs import Programs

NUMBER = jax.ShapeDtypeStruct((), np.float32)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where programs are kept in this test."""
    before = jax.config.values["jax_compilation_cache_dir"]
    folder = tmp_path / "programs"
    jax.config.update("jax_compilation_cache_dir", str(folder))
    yield folder
    jax.config.update("jax_compilation_cache_dir", before)


class Doubled:
    """A function that counts how often it is traced."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, x: jax.Array) -> list[jax.Array]:
        self.times += 1
        return [2 * x]


def value(function: Callable[..., Any], *depends_on: Any, argument: Any = NUMBER) -> float:
    """What the program gives for 3, or for threes."""
    # A new function each time: JAX remembers what it has traced of an old one.
    exported = traced(lambda x: function(x), [argument], "cpu", depends_on or None)
    [result] = jax.jit(exported.call)(jnp.full(argument.shape, 3, argument.dtype))
    return float(result.sum())


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("traced-*"))


def test_what_is_kept_is_not_traced_again(folder: Path) -> None:
    first, second = Doubled(), Doubled()
    assert value(first, "double") == value(second, "double") == 6
    assert (first.times, second.times) == (1, 0) and len(kept(folder)) == 1
    assert not list(folder.glob("*.tmp"))


def test_everything_it_depends_on_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    function = Doubled()
    value(function, "double", 1)
    value(function, "double", 2)
    value(function, "double", 1, argument=jax.ShapeDtypeStruct((2,), np.float32))
    value(function, "double", 1, argument=jax.ShapeDtypeStruct((), np.int32))
    before = jax.config.values["jax_default_matmul_precision"]
    jax.config.update("jax_default_matmul_precision", "highest")
    try:
        value(function, "double", 1)
    finally:
        jax.config.update("jax_default_matmul_precision", before)
    assert function.times == len(kept(folder)) == 5
    monkeypatch.setattr(provenance, "versions", lambda: {"jaxlib": "0"})
    value(function, "double", 1)
    assert function.times == len(kept(folder)) == 6


DAY = 24 * 3600.0


class Checkouts:
    """Two sources that share a folder of programs, and a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.source = time.time(), "first"
        monkeypatch.setattr(provenance, "source_digest", lambda: self.source)
        monkeypatch.setattr(export_cache, "time", SimpleNamespace(time=lambda: self.now))

    def traces(self, source: str, program: str = "double") -> bool:
        """Whether a process with this source traces the program; a new file is as old as the clock says."""
        self.source, function = source, Doubled()
        before = set(kept(Path(jax.config.values["jax_compilation_cache_dir"])))
        assert value(function, program) == 6
        for file in set(kept(Path(jax.config.values["jax_compilation_cache_dir"]))) - before:
            os.utime(file, (self.now, self.now))
        return function.times == 1


def test_two_checkouts_keep_what_the_other_one_has_traced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkouts = Checkouts(monkeypatch)
    assert checkouts.traces("first") and checkouts.traces("second")  # nothing of another source is used
    for _ in range(3):
        assert not checkouts.traces("first") and not checkouts.traces("second")
    assert checkouts.traces("second", "twice") and not checkouts.traces("first")
    assert len(kept(folder)) == 3


def test_what_another_source_has_not_used_for_a_month_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkouts = Checkouts(monkeypatch)
    for program in ("used", "forgotten"):
        assert checkouts.traces("first", program)
    checkouts.now += 20 * DAY
    assert checkouts.traces("second") and len(kept(folder)) == 3
    assert not checkouts.traces("first", "used")  # which makes it young again
    checkouts.now += 20 * DAY
    assert not checkouts.traces("second")  # nothing is removed where nothing is traced
    assert len(kept(folder)) == 3
    assert checkouts.traces("second", "new") and len(kept(folder)) == 3
    assert not checkouts.traces("first", "used") and checkouts.traces("first", "forgotten")


def test_a_sources_own_texts_stay_however_old(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkouts = Checkouts(monkeypatch)
    assert checkouts.traces("first")
    checkouts.now += 400 * DAY
    assert checkouts.traces("first", "new") and not checkouts.traces("first")


def test_a_damaged_file_is_traced_anew(folder: Path) -> None:
    function = Doubled()
    value(function, "double")
    (file,) = kept(folder)
    whole = file.read_bytes()
    for damaged in (b"", whole[:-1], whole[:40] + bytes([whole[40] ^ 1]) + whole[41:], b"traced"):
        file.write_bytes(damaged)
        before = function.times
        assert value(function, "double") == value(function, "double") == 6
        assert function.times == before + 1 and kept(folder) == [file]


@pytest.mark.parametrize("obstacle", ["no folder", "no cache", "a file in its place", "nothing to find it by"])
def test_where_nothing_can_be_kept_it_is_traced(folder: Path, obstacle: str) -> None:
    function, depends_on = Doubled(), () if obstacle == "nothing to find it by" else ("double",)
    if obstacle == "no folder":
        jax.config.update("jax_compilation_cache_dir", None)
    if obstacle == "a file in its place":
        folder.touch()
    if obstacle == "no cache":
        jax.config.update("jax_enable_compilation_cache", False)
    try:
        for times in (1, 2):
            traced(lambda x: function(x), [NUMBER], "cpu", depends_on or None)
            assert function.times == times
    finally:
        jax.config.update("jax_enable_compilation_cache", True)
    assert kept(folder) == []


def test_the_sources_digest_is_of_every_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path / "package")
    inner = tmp_path / "package" / "nn"
    inner.mkdir(parents=True)
    digests = set()
    for content in ("x = 1", "x = 2"):
        (inner / "spatial.py").write_text(content, encoding="utf-8")
        digests.add(provenance.source_digest.__wrapped__())
    (inner / "spatial.py").rename(inner / "parity.py")
    digests.add(provenance.source_digest.__wrapped__())
    assert len(digests) == 3


def search_programs(devices: int = 1, lanes: int = 1, **changes: Any) -> Programs:
    network = SearchNetwork(4, 1, 10, branch_free=lanes > 1)
    fields: dict[str, Any] = {"resolution": 4, "total_epochs": 3, "mean": (0.5,) * 3, "std": (0.25,) * 3, "seed": 0}
    task = Task(network, TrainingConfig(batch_size=4), **(fields | changes))
    mesh = Mesh(np.array(jax.devices()[:devices]), (POPULATION,))
    return Programs(task, mesh, lanes, EXAMPLE, (8, 4, 4, 3), (8, 4, 4, 3))


def test_a_search_networks_programs_are_kept_by_task_devices_and_lanes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variants: list[dict[str, Any]] = [{}, {"seed": 1}, {"mean": (0.4,) * 3}, {"devices": 2}, {"lanes": 2}]
    for number, changes in enumerate(variants):
        search_programs(**changes).lower("init")
        assert len(kept(folder)) == number + 1
    before = search_programs().lower("init").as_text()

    def refused(*arguments: Any) -> Any:
        raise AssertionError("it is traced again")

    monkeypatch.setattr(programs, "for_each_candidate", lambda *arguments: refused)
    assert search_programs().lower("init").as_text() == before


def test_another_network_is_not_kept(folder: Path) -> None:
    mesh = Mesh(np.array(jax.devices()[:1]), (POPULATION,))
    Programs(tiny_task(), mesh, 1, EXAMPLE, (12, 4, 4, 3), (12, 4, 4, 3)).lower("init")
    assert kept(folder) == []


def test_a_fingerprint_does_not_depend_on_the_process_s_own_settings() -> None:
    before, platforms = fingerprint("task"), jax.config.values["jax_platforms"]
    jax.config.update("jax_platforms", "cpu,cuda")
    try:
        assert fingerprint("task") == before
    finally:
        jax.config.update("jax_platforms", platforms)
