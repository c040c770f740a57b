"""The trainer by Ray on devices that are simulated: bookkeeping of many, of losses and of what nobody answers."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from pathlib import Path

import pytest
from tiny_search import CONFIG

from benchmarks.common.simulated_pool import SimulatedPool, outcome, simulated_trainer
from econas_jax.errors import SearchError
from econas_jax.search import SearchInterruptedError, run_search
from econas_jax.training.job import Event, Job, Outcome
from econas_jax.training.pool_report import PoolReport
from econas_jax.training.ray.lease import LOSSES
from econas_jax.training.ray.trainer import RayTrainer


def jobs(count: int) -> deque[Job]:
    return deque(Job(candidate, None, 0, 1 + candidate % 3) for candidate in range(count))


def outcomes(trainer: RayTrainer, waiting: deque[Job]) -> list[Outcome]:
    trainer.prepare()
    return [event for event in trainer.train(waiting) if isinstance(event, Outcome)]


@pytest.mark.parametrize(("devices", "lanes", "loss"), [(1, 1, 0.0), (64, 1, 0.0), (64, 1, 0.3), (5, 4, 0.2)])
def test_each_of_many_jobs_is_answered_once_whatever_is_lost(devices: int, lanes: int, loss: float) -> None:
    pool = SimulatedPool(devices, lambda job: 1.0 + job.candidate % 7, loss)
    found = outcomes(simulated_trainer(pool, lanes), jobs(2000))
    assert Counter(each.candidate for each in found) == Counter(range(2000))
    completed = [each for each in found if each.status == "completed"]
    expected = {job.candidate: outcome(job) for job in jobs(2000)}
    assert all(each.validation_accuracy == expected[each.candidate].validation_accuracy for each in completed)
    assert all(each.device == "abacus" for each in completed)
    assert len(completed) >= 1990 and (pool.lost > 100) == (loss > 0)
    counts = Counter(pool.given)  # a lease may be lost although some of its jobs are answered already
    assert max(counts.values()) <= LOSSES + 1 and (sum(counts.values()) == 2000) == (loss == 0)


def test_a_job_that_kills_every_device_fails_alone_and_says_so() -> None:
    class Deadly(SimulatedPool):
        def train(self, member: object, lease: object, retries: int) -> None:
            self._loss = 1.0 if 3 in lease.left else 0.0  # type: ignore[attr-defined]
            super().train(member, lease, retries)  # type: ignore[arg-type]

    pool = Deadly(4)
    found = {each.candidate: each for each in outcomes(simulated_trainer(pool, lanes=3), jobs(12))}
    failed = [each for each in found.values() if each.status != "completed"]
    assert [each.candidate for each in failed] == [3] and found.keys() == set(range(12))
    assert failed[0].reason == (
        f"econas_jax.training.ray.lease.DeviceLostError: {LOSSES + 1} devices were lost with it, the last: "
        "its node is gone"
    )
    assert Counter(pool.given)[3] == LOSSES + 1


def test_what_was_lost_is_trained_before_anything_new() -> None:
    pool = SimulatedPool(1)
    trainer = simulated_trainer(pool)
    trainer.prepare()
    events = trainer.train(jobs(3))
    next(event for event in events if not isinstance(event, PoolReport))
    (member,) = pool.members
    pool._push(0.0, member, "lost", "gone")
    assert [event.candidate for event in events if isinstance(event, Outcome)] == [0, 1, 2]
    assert pool.given == [0, 0, 1, 2]


def test_a_job_that_is_added_meanwhile_is_taken() -> None:
    waiting, order = jobs(2), []
    trainer = simulated_trainer(SimulatedPool(2))
    for event in trainer.train(waiting):
        if isinstance(event, Outcome):
            order.append(event.candidate)
            if event.candidate < 5:
                waiting.append(Job(event.candidate + 5, None, 0, 1))
    assert sorted(order) == [0, 1, 5, 6]


class NoDevice(SimulatedPool):
    """Devices that never come, or, once there, say nothing."""

    def adjust(self) -> None:
        pass


def test_nothing_waits_for_ever_where_no_device_comes_and_it_is_said() -> None:
    trainer, said = simulated_trainer(NoDevice(8), wait_seconds=0.05), list[Event]()
    with pytest.raises(SearchError, match=r"^0 of 8 devices after 0 s \(trainer\.wait_seconds\)$"):
        said.extend(trainer.train(jobs(1)))
    assert isinstance(said[0], PoolReport) and said[0].at_work == 0
    assert said[0].summary.startswith("0 of 8 devices, waiting for resources")
    with pytest.raises(SearchError, match="^0 of 8 devices"):
        simulated_trainer(NoDevice(8), wait_seconds=0.05).prepare()


def test_a_stop_is_noticed_while_devices_are_waited_for() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulated_trainer(NoDevice(8)).prepare(stop)


def test_status_knows_what_devices_do_before_any_can_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Compiling(SimulatedPool):
        def adjust(self) -> None:
            super().adjust()
            for member in self.members[:1]:
                member.state = "compiling"
            for member in self.members[1:]:
                member.state = "waiting"

    trainer = simulated_trainer(Compiling(3))
    monkeypatch.setattr("econas_jax.training.proxy_training.trainer_for", lambda *arguments: trainer)
    file = tmp_path / "devices.json"
    with pytest.raises(SearchInterruptedError):
        run_search(CONFIG, tmp_path, should_stop=lambda: file.exists() and "compiling" in file.read_text())
    report = PoolReport.from_fields(json.loads(file.read_text()))
    assert report.summary.startswith("1 of 3 devices, waiting for resources ")
    assert [device.doing for device in report.devices] == ["compiling", "waiting", "waiting"]


def test_a_device_that_says_nothing_is_given_up_and_its_job_goes_elsewhere() -> None:
    class Silent(SimulatedPool):
        def train(self, member: object, lease: object, retries: int) -> None:
            super().train(member, lease, retries)  # type: ignore[arg-type]
            if len(self.given) == 1:
                self._events.clear()

        def messages(self, seconds: float):  # type: ignore[no-untyped-def]
            time.sleep(0.001)
            return super().messages(seconds)

    pool = Silent(2)
    found = outcomes(simulated_trainer(pool, lease_seconds=0.05), jobs(3))
    assert sorted(each.candidate for each in found) == [0, 1, 2]
    assert all(each.status == "completed" for each in found) and Counter(pool.given)[0] == 2


def test_closing_the_events_ends_what_is_at_work_and_nothing_else() -> None:
    pool = SimulatedPool(3)
    trainer = simulated_trainer(pool)
    trainer.prepare()
    events = trainer.train(jobs(2))
    next(event for event in events if not isinstance(event, PoolReport))
    events.close()
    assert len(pool.members) == 1


def test_a_report_says_what_each_device_trains() -> None:
    trainer = simulated_trainer(SimulatedPool(2), lanes=2)
    trainer.prepare()
    events = trainer.train(jobs(7))
    report = next(event for event in events if isinstance(event, PoolReport))
    assert [device.doing for device in report.devices] == [
        "candidate 0 and 1 more, epoch 1 of 1",
        "candidate 1 and 1 more, epoch 0 of 2",
    ]
    assert report.summary == "2 of 2 devices" and (trainer.devices, trainer.slots) == (2, 4)
    assert trainer.device_kind == "abacus"
