"""Candidates in processes: the same to the bit as in this one, and what happens when one fails, dies or is stopped."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import jax
import numpy as np
import pytest
from tiny_network import TinyNetwork
from tiny_training import TINY_SPLIT, assert_diverged, starting_with, tiny_task
from waves import EXAMPLE, FIRST, assert_same, bits, promoted, train

from econas_jax.training import EpochDone, Job, Outcome, ProcessTrainer, WaveTrainer
from econas_jax.training.process import cache_filling
from econas_jax.training.process.worker_process import WorkerProcess

PAIR = FIRST[:2]
ENDLESS = [dataclasses.replace(job, end_epoch=10**6) for job in PAIR]
STRANGERS: set[int] = set()


def process_trainer(network: TinyNetwork | None = None, processes: int = 2, lanes: int = 1) -> ProcessTrainer:
    core = min(os.sched_getaffinity(0))
    return ProcessTrainer(tiny_task(network), TINY_SPLIT, TINY_SPLIT, [core] * processes, EXAMPLE, lanes)


@pytest.fixture(scope="module", autouse=True)
def _strangers() -> None:
    """Remembers the workers that trainers of other modules' tests still have in this process: no test counts them."""
    STRANGERS.update(workers())


@pytest.fixture(scope="module")
def trainer() -> ProcessTrainer:
    trainer = process_trainer()
    trainer.prepare()
    return trainer


@pytest.fixture(scope="module")
def in_this_process() -> WaveTrainer:
    return WaveTrainer(tiny_task(), TINY_SPLIT, TINY_SPLIT, jax.devices()[:1], EXAMPLE)


def workers() -> list[int]:
    """Lists the workers that this module's tests have started and that run, oldest first."""
    found = {int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal()} - STRANGERS
    return sorted(number for number in found if state_of(number)[1:] == [str(os.getpid())] and runs(number))


def state_of(number: int) -> list[str]:
    """Returns state and parent of a worker process, nothing of any other."""
    try:
        command = Path(f"/proc/{number}/cmdline").read_text(encoding="utf-8")
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
    except OSError:
        return []
    return fields if "process.worker" in command else []


def runs(number: int) -> bool:
    """Says whether it is a worker, and no zombie."""
    state = state_of(number)
    return bool(state) and state[0] != "Z"


def test_outcomes_are_those_of_this_process(trainer: ProcessTrainer, in_this_process: WaveTrainer) -> None:
    events = list(trainer.train(deque(PAIR)))
    together = {event.candidate: event for event in events if isinstance(event, Outcome)}
    assert_same(together, train(in_this_process, PAIR))
    for job in PAIR:
        epochs = [event.epoch for event in events if isinstance(event, EpochDone) and event.candidate == job.candidate]
        assert epochs == [0, 1]
    assert (trainer.slots, trainer.devices, trainer.state_size) == (2, 2, in_this_process.state_size)
    assert all(outcome.seconds > outcome.validation_seconds > 0 for outcome in together.values())
    later, alone = promoted(PAIR, together), train(trainer, PAIR[:1])
    assert_same(train(trainer, later), train(in_this_process, later))
    assert bits(alone[0]) == bits(together[0])


def test_a_free_process_takes_the_next_job_whatever_its_epochs(
    trainer: ProcessTrainer, in_this_process: WaveTrainer
) -> None:
    jobs = [dataclasses.replace(FIRST[0], end_epoch=400), *FIRST[1:], dataclasses.replace(FIRST[0], candidate=8)]
    order = [event.candidate for event in trainer.train(deque(jobs)) if isinstance(event, Outcome)]
    assert order == [1, 2, 3, 8, 0]  # the long one is over last; the other process has trained all the rest
    assert_same(train(trainer, jobs), train(in_this_process, jobs))


def test_a_free_process_takes_a_job_that_was_added_meanwhile(trainer: ProcessTrainer) -> None:
    long = dataclasses.replace(FIRST[0], end_epoch=400)
    jobs, order = deque([long, FIRST[1]]), []
    for event in trainer.train(jobs):
        if isinstance(event, Outcome):
            order.append(event.candidate)
            if event.candidate in (1, 2):
                jobs.append(FIRST[event.candidate + 1])
    assert order == [1, 2, 3, 0]


def test_processes_with_lanes_train_as_one_device_with_lanes() -> None:
    ours = WaveTrainer(tiny_task(), TINY_SPLIT, TINY_SPLIT, jax.devices()[:1], EXAMPLE, lanes=2)
    trainer = process_trainer(lanes=2)
    assert trainer.slots == 4
    assert_same(train(trainer, FIRST[:3]), train(ours, FIRST[:3]))


def test_jobs_that_make_no_sense_are_refused(trainer: ProcessTrainer) -> None:
    with pytest.raises(ValueError, match="each candidate has one job"):
        list(trainer.train(deque([PAIR[0], PAIR[0]])))
    assert train(trainer, []) == {}


def test_what_a_job_raises_is_its_outcome_with_a_traceback_and_the_processes_stay(trainer: ProcessTrainer) -> None:
    before, wrong = workers(), np.zeros(3, np.float32)
    good = promoted(PAIR[:1], train(trainer, PAIR[:1]))
    bad = Job(1, PAIR[1].architecture, good[0].start_epoch, good[0].end_epoch, wrong)
    outcomes = train(trainer, [*good, bad], retries=1)
    assert outcomes[0].status == "completed" and outcomes[1].status == "failed"
    assert "cannot reshape" in str(outcomes[1].reason) and "from_vectors" in str(outcomes[1].trace)
    assert train(trainer, PAIR).keys() == {0, 1} and workers() == before


def after_death(trainer: ProcessTrainer, retries: int) -> dict[int, Outcome]:
    """Trains two jobs, of which the younger process is killed in its first epoch; returns the outcomes."""
    few, killed, outcomes = [dataclasses.replace(job, end_epoch=200) for job in PAIR], workers()[1], {}
    for event in trainer.train(deque(few), retries):
        if isinstance(event, EpochDone) and event.epoch == 0 and killed in workers():
            os.kill(killed, signal.SIGKILL)
        elif isinstance(event, Outcome):
            outcomes[event.candidate] = event
    assert killed not in workers() and len(workers()) == 2
    return outcomes


def test_a_process_that_is_killed_costs_its_job_only(trainer: ProcessTrainer) -> None:
    expected = train(trainer, PAIR)
    outcomes = after_death(trainer, retries=0)
    assert sorted(outcome.status for outcome in outcomes.values()) == ["completed", "failed"]
    (reason,) = [outcome.reason for outcome in outcomes.values() if outcome.status == "failed"]
    assert "killed by SIGKILL, as the system does when memory runs out" in str(reason)
    assert_same(train(trainer, PAIR), expected)


def test_the_job_of_a_process_that_is_killed_is_trained_again_in_another(
    trainer: ProcessTrainer, in_this_process: WaveTrainer
) -> None:
    few = [dataclasses.replace(job, end_epoch=200) for job in PAIR]
    assert_same(after_death(trainer, retries=1), train(in_this_process, few))


def test_closing_the_events_stops_the_training_at_once(trainer: ProcessTrainer) -> None:
    expected, before = train(trainer, PAIR), workers()
    events = trainer.train(deque(ENDLESS))
    while not (isinstance(event := next(events), EpochDone) and event.epoch == 3):
        pass
    events.close()
    assert not set(before) & set(workers())
    assert_same(train(trainer, PAIR), expected)


def test_one_that_diverges_harms_nobody_and_epochs_go_on_for_the_other() -> None:
    trainer = process_trainer(TinyNetwork(failing=True))
    jobs = [Job(0, starting_with("none"), 0, 3), Job(1, starting_with("skip_connect"), 0, 3)]
    outcomes = train(trainer, jobs)
    assert_diverged(outcomes[0])
    assert bits(outcomes[1]) == bits(train(trainer, jobs[1:])[1])


@pytest.mark.parametrize("processes", [1, 3])
def test_processes_end_with_their_trainer_and_without_a_cache_compile_for_themselves(processes: int) -> None:
    before = workers()
    jax.config.update("jax_enable_compilation_cache", False)
    try:
        trainer = process_trainer(processes=processes)
        outcomes = train(trainer, PAIR)
    finally:
        jax.config.update("jax_enable_compilation_cache", True)
    assert len(outcomes) == 2 and len(workers()) == len(before) + processes
    del trainer
    assert workers() == before


@pytest.fixture
def programs_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of its own for compiled programs."""
    before = jax.config.values["jax_compilation_cache_dir"]
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    yield tmp_path
    jax.config.update("jax_compilation_cache_dir", before)


def test_programs_are_compiled_once_by_processes_that_end(
    programs_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fillers: list[int] = []

    class Counted(WorkerProcess):
        def __init__(self, core: int) -> None:
            fillers.append(core)
            super().__init__(core)

    monkeypatch.setattr(cache_filling, "WorkerProcess", Counted)
    before, first, second = workers(), process_trainer(), process_trainer()
    first.prepare()
    assert len(fillers) == 2 and len(workers()) == len(before) + 2
    programs = {file.name for file in programs_folder.glob("jit_*-cache")}
    second.prepare()
    assert len(fillers) == 2 and {file.name for file in programs_folder.glob("jit_*-cache")} == programs
    assert len(programs) == 3
    assert_same(train(second, PAIR), train(first, PAIR))


class StopError(Exception):
    pass


def test_a_check_ends_the_compilation_at_once_and_nothing_is_left_running(programs_folder: Path) -> None:
    calls = iter(range(4))

    def check() -> None:
        if next(calls) == 3:
            raise StopError

    before, trainer = workers(), process_trainer()
    with pytest.raises(StopError):
        trainer.prepare(check)
    assert workers() == before and not list(programs_folder.glob("filled-*"))
    assert train(trainer, PAIR).keys() == {0, 1}


DOING = {
    "in the middle of their work": "for event in trainer.train(deque(test.ENDLESS)): tell(event.epoch)",
    "waiting for some": "trainer.prepare(); tell(0); time.sleep(60)",
}


@pytest.mark.parametrize("doing", DOING.values(), ids=DOING.keys())
def test_processes_end_with_the_process_that_started_them_however_it_dies(doing: str) -> None:
    program = (
        "import time, test_process_trainer as test\n"
        "from collections import deque\n"
        "trainer = test.process_trainer()\n"
        "tell = lambda epoch: print(*test.workers(), flush=True) if epoch == 0 else None\n"
        f"{doing}\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        orphans = [int(number) for number in parent.stdout.readline().split()]
        parent.kill()
    assert len(orphans) == 2
    deadline = time.monotonic() + 10
    while any(runs(number) for number in orphans) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(runs(number) for number in orphans)


ARITHMETIC = """
import hashlib, os, sys
from collections import deque
import jax
jax.devices()  # JAX is up, with as many threads as this process has, before anything of ours
import numpy as np
from tiny_search import CONFIG, dataset, genotypes, search_task
from econas_jax.data import training_subset
from econas_jax.training import Devices, Job, ProcessTrainer, trainer_for
cores = tuple(sorted(os.sched_getaffinity(0)))
train = training_subset(dataset(), CONFIG.proxy.sample_ratio, CONFIG.seed)
jobs = [Job(number, genotype.encode(), 0, 1) for number, genotype in enumerate(genotypes(3))]
for count in (1, 3):
    devices = Devices(cores=(cores * 3)[:count])
    trainer = trainer_for(search_task(), train, dataset().validation, devices, jobs[0].architecture)
    states = {event.candidate: event.state for event in trainer.train(deque(jobs)) if hasattr(event, "state")}
    print(hashlib.sha256(b"".join(np.asarray(states[number]).tobytes() for number in range(3))).hexdigest())
"""


@pytest.mark.slow
def test_any_number_of_devices_and_a_process_in_which_jax_was_up_compute_the_same() -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", ARITHMETIC], env=environment, capture_output=True, text=True, check=True
    )
    digests = done.stdout.split()
    assert len(digests) == 2 and len(set(digests)) == 1
