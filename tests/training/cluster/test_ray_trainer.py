"""Candidates on a real cluster of this machine: the same to the bit as by processes, whatever is lost on the way."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import jax
import pytest
from mortal_actor import FOLDER, HANGING, HUNG, MOMENTS, MortalActor
from tiny_training import TINY_SPLIT, tiny_task
from waves import EXAMPLE, FIRST, assert_same, promoted, train

from benchmarks.common.local_cluster import LocalCluster
from econas_jax.errors import InputError
from econas_jax.experiment.provenance import versions
from econas_jax.training import EpochDone, Job, Outcome, WaveTrainer
from econas_jax.training.pool_report import PoolReport
from econas_jax.training.ray.cluster import Cluster, join_cluster
from econas_jax.training.ray.trainer import RayTrainer, ray_trainer

ray = pytest.importorskip("ray", reason="ray is not installed: pip install 'econas_jax[ray]'")

# The cluster's own start of a node forks this process, which JAX warns of; nothing runs in the fork.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:os.fork", "ignore::pytest.PytestUnraisableExceptionWarning"),
]

LONG = [dataclasses.replace(job, end_epoch=300) for job in FIRST]
said: list[str] = []


@pytest.fixture(scope="module")
def expected() -> WaveTrainer:
    return WaveTrainer(tiny_task(), TINY_SPLIT, TINY_SPLIT, jax.devices()[:1], EXAMPLE)


def joined(machines: LocalCluster, count: int | None = None) -> Cluster:
    return join_cluster(machines.config, count, said.append, 1)


def test_a_cluster_without_a_device_is_refused_unless_some_are_to_be_waited_for(
    machines: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(joined(machines)) == 2
    head = next(node for node in ray.nodes() if not node["Resources"].get("CPU"))
    monkeypatch.setattr(ray, "nodes", lambda: [head])
    with pytest.raises(InputError, match=r"^trainer\.address = .*: expected a cluster with a GPU or a CPU core, or "):
        joined(machines)
    assert len(joined(machines, count=3)) == 3


def test_nodes_with_other_software_are_refused(machines: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    here = versions() | {"jax": "0.0.1"}
    monkeypatch.setattr("econas_jax.training.ray.node.versions", lambda: here)  # not on the nodes
    with pytest.raises(InputError, match=r"versions \(jax .* on .* and 0\.0\.1 here\)$"):
        joined(machines)


def test_a_node_that_is_lost_while_it_is_asked_is_no_mistake(
    machines: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(machines)
    found = ray.nodes()
    gone = {**next(node for node in found if node["Resources"].get("CPU")), "NodeID": "ab" * 28}
    monkeypatch.setattr(ray, "nodes", lambda: [*found, gone])
    assert len(joined(machines)) == 2


@pytest.fixture(scope="module")
def trainer(machines: LocalCluster) -> Iterator[RayTrainer]:
    trainer = ray_trainer(tiny_task(), TINY_SPLIT, TINY_SPLIT, joined(machines), EXAMPLE)
    yield trainer
    trainer._pool.end_all()


@pytest.fixture
def mortal(trainer: RayTrainer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Makes the devices mortal; returns the folder whose files tell them when to die."""
    environment = {**trainer._cluster.environment, FOLDER: str(tmp_path)}
    monkeypatch.setattr(trainer._pool, "_cluster", dataclasses.replace(trainer._cluster, environment=environment))
    monkeypatch.setattr("econas_jax.training.ray.pool.DeviceActor", MortalActor)
    trainer._pool.end_all()  # which are not mortal
    yield tmp_path
    trainer._pool.end_all()


def test_a_device_that_is_killed_at_any_moment_costs_nothing(
    trainer: RayTrainer, expected: WaveTrainer, mortal: Path
) -> None:
    for moment in MOMENTS:
        (mortal / moment).touch()
    before = len(said)
    assert_same(anywhere(trainer, FIRST), train(expected, FIRST))
    assert not list(mortal.iterdir())  # it was killed at each
    assert sum("is lost, " in line for line in said[before:]) == 4  # those that trained


def test_outcomes_are_those_of_one_process(trainer: RayTrainer, expected: WaveTrainer) -> None:
    trainer.prepare()
    events = list(trainer.train(deque(FIRST)))
    found = {event.candidate: event for event in events if isinstance(event, Outcome)}
    assert {outcome.device for outcome in found.values()} == {"cpu"} == {trainer.device_kind}
    found = {candidate: dataclasses.replace(outcome, device=None) for candidate, outcome in found.items()}
    assert_same(found, train(expected, FIRST))
    assert [event.epoch for event in events if isinstance(event, EpochDone) and event.candidate == 0] == [0, 1]
    assert (trainer.devices, trainer.slots, trainer.state_size) == (2, 2, expected.state_size)
    later = promoted(FIRST, found)
    assert_same(anywhere(trainer, later), train(expected, later))


def anywhere(trainer: RayTrainer, jobs: Sequence[Job], disturb: object = None) -> dict[int, Outcome]:
    """Returns the outcomes without the kind of device; disturb: is called once, in the fifth epoch."""
    found, reports = {}, 0
    for event in trainer.train(deque(jobs)):
        if isinstance(event, Outcome):
            found[event.candidate] = dataclasses.replace(event, device=None)
        if isinstance(event, EpochDone) and event.epoch > 3:
            reports += 1
            if callable(disturb) and reports == 1:
                disturb()
    return found


def test_a_device_that_hangs_is_given_up(
    trainer: RayTrainer, expected: WaveTrainer, mortal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hangs in its first epoch; the lease is short only once another trains, for compiling may take longer."""
    (mortal / HANGING).touch()
    config = dataclasses.replace(trainer._cluster.config, lease_seconds=10.0)
    short = dataclasses.replace(trainer._cluster, config=config)
    before = len(said)
    try:
        found = anywhere(trainer, LONG, lambda: monkeypatch.setattr(trainer, "_cluster", short))
    finally:
        with contextlib.suppress(ProcessLookupError):  # Ray has ended it by force
            os.kill(int((mortal / HUNG).read_text()), signal.SIGKILL)
    assert_same(found, train(expected, LONG))
    assert any("is given up" in line for line in said[before:])


def test_a_node_that_is_killed_costs_nothing_and_one_that_joins_trains(
    machines: LocalCluster, trainer: RayTrainer, expected: WaveTrainer
) -> None:
    jobs = [dataclasses.replace(job, candidate=number) for number, job in enumerate([*LONG, *LONG])]
    reports = []
    killed = False
    found = {}
    for event in trainer.train(deque(jobs)):
        if isinstance(event, EpochDone) and not killed:
            killed = True
            machines.kill_node()
            machines.add_node()
        if isinstance(event, Outcome):
            found[event.candidate] = dataclasses.replace(event, device=None)
        if isinstance(event, PoolReport):
            reports.append(event)
    assert_same(found, train(expected, jobs))
    assert min(report.at_work for report in reports) <= 1


def test_closing_the_events_ends_what_trains(trainer: RayTrainer, expected: WaveTrainer) -> None:
    events = trainer.train(deque(dataclasses.replace(job, end_epoch=10**6) for job in FIRST))
    next(event for event in events if isinstance(event, EpochDone) and event.epoch > 3)
    events.close()
    assert_same(anywhere(trainer, FIRST[:2]), train(expected, FIRST[:2]))
