"""Candidates in processes: the same to the bit as in this one, and what happens when one fails, dies or is stopped."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np
import pytest
from test_wave_trainer import TINY_SPLIT, assert_diverged, starting_with, tiny_task
from tiny_network import TinyNetwork
from waves import FIRST, GENOTYPE, assert_same, bits, promoted, train

from econas_jax.training import Job, ProcessTrainer, WaveTrainer, trainer_for
from econas_jax.training.process import cache_filling
from econas_jax.training.process.trainer import Epochs
from econas_jax.training.process.worker_process import WorkerError, WorkerProcess, WorkerTraceback

PAIR = FIRST[:2]
ENDLESS = [dataclasses.replace(job, end_epoch=10**6) for job in PAIR]


def process_trainer(network: TinyNetwork | None = None) -> ProcessTrainer:
    core = min(os.sched_getaffinity(0))
    return ProcessTrainer(tiny_task(network), TINY_SPLIT, TINY_SPLIT, [core, core], GENOTYPE)


@pytest.fixture(scope="module")
def trainer() -> ProcessTrainer:
    trainer = process_trainer()
    trainer.compile()
    return trainer


@pytest.fixture(scope="module")
def in_this_process() -> WaveTrainer:
    return WaveTrainer(tiny_task(), TINY_SPLIT, TINY_SPLIT, jax.devices()[:1], GENOTYPE)


def workers() -> list[int]:
    """The workers that this process has started and that run, oldest first."""
    found = (int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdecimal())
    return sorted(number for number in found if state_of(number)[1:] == [str(os.getpid())] and runs(number))


def state_of(number: int) -> list[str]:
    """State and parent of a worker process, nothing of any other."""
    try:
        command = Path(f"/proc/{number}/cmdline").read_text(encoding="utf-8")
        fields = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[:2]
    except OSError:
        return []
    return fields if "training.worker" in command else []


def runs(number: int) -> bool:
    """Whether it is a worker, and no zombie."""
    state = state_of(number)
    return bool(state) and state[0] != "Z"


def test_outcomes_are_those_of_this_process(trainer: ProcessTrainer, in_this_process: WaveTrainer) -> None:
    epochs: list[int] = []
    together = {outcome.candidate: outcome for outcome in trainer.train(PAIR, epochs.append)}
    assert_same(together, train(in_this_process, PAIR[:1], PAIR[1:]))
    assert epochs == [0, 1]
    assert trainer.slots == 2 and trainer.vector_size == in_this_process.vector_size
    seconds = {outcome.seconds for outcome in together.values()}
    assert len(seconds) == 1 and seconds.pop() > 0
    later, alone = promoted(PAIR, together), train(trainer, PAIR[:1])
    assert_same(train(trainer, later), train(in_this_process, later[:1], later[1:]))
    assert bits(alone[0]) == bits(together[0])


def test_a_wave_that_cannot_be_trained_together_is_refused(trainer: ProcessTrainer) -> None:
    for jobs in ([], FIRST[:3], [PAIR[0], dataclasses.replace(PAIR[1], end_epoch=1)]):
        with pytest.raises(ValueError, match="a wave takes 1 to 2 jobs"):
            trainer.train(jobs)


def test_what_a_job_raises_comes_with_its_traceback_and_the_processes_stay(trainer: ProcessTrainer) -> None:
    before, wrong = workers(), np.zeros(3, np.float32)
    good = promoted(PAIR[:1], train(trainer, PAIR[:1]))
    bad = Job(1, PAIR[1].genotype, good[0].start_epoch, good[0].end_epoch, wrong)
    with pytest.raises(ValueError, match="cannot reshape") as caught:
        trainer.train([*good, bad])
    assert isinstance(caught.value.__cause__, WorkerTraceback) and "from_vectors" in str(caught.value.__cause__)
    assert train(trainer, PAIR).keys() == {0, 1} and workers() == before


def test_a_process_that_is_killed_costs_its_wave_only(trainer: ProcessTrainer) -> None:
    expected = train(trainer, PAIR)
    killed = workers()[1]
    few = [dataclasses.replace(job, end_epoch=200) for job in PAIR]
    with pytest.raises(WorkerError, match="killed by SIGKILL, as the system does when memory runs out"):
        trainer.train(few, lambda epoch: os.kill(killed, signal.SIGKILL) if epoch == 0 else None)
    assert_same(train(trainer, PAIR), expected)
    assert killed not in workers() and len(workers()) == 2


def test_what_on_epoch_raises_stops_the_wave_at_once(trainer: ProcessTrainer) -> None:
    expected, before = train(trainer, PAIR), workers()

    def stop(epoch: int) -> None:
        if epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.train(ENDLESS, stop)
    assert not set(before) & set(workers())
    assert_same(train(trainer, PAIR), expected)


def test_one_that_diverges_harms_nobody_and_epochs_go_on_for_the_other() -> None:
    trainer, epochs = process_trainer(TinyNetwork(failing=True)), list[int]()
    jobs = [Job(0, starting_with("none"), 0, 3), Job(1, starting_with("skip_connect"), 0, 3)]
    outcomes = trainer.train(jobs, epochs.append)
    assert_diverged(outcomes[0])
    assert bits(outcomes[1]) == bits(trainer.train(jobs[1:])[0])
    assert epochs == [0, 1, 2]


def test_processes_end_with_their_trainer_and_without_a_cache_compile_for_themselves() -> None:
    before = workers()
    jax.config.update("jax_enable_compilation_cache", False)
    try:
        trainer = process_trainer()
        outcomes = train(trainer, PAIR)
    finally:
        jax.config.update("jax_enable_compilation_cache", True)
    assert len(outcomes) == 2 and len(workers()) == len(before) + 2
    del trainer
    assert workers() == before


def test_programs_are_compiled_once_by_processes_that_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fillers: list[int] = []

    class Counted(WorkerProcess):
        def __init__(self, core: int) -> None:
            fillers.append(core)
            super().__init__(core)

    monkeypatch.setattr(cache_filling, "WorkerProcess", Counted)
    folder, before = jax.config.values["jax_compilation_cache_dir"], workers()
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    try:
        first = process_trainer()
        first.compile()
        assert len(fillers) == 2 and len(workers()) == len(before) + 2
        programs = {file.name for file in tmp_path.glob("jit_*-cache")}
        second = process_trainer()
        second.compile()
        assert len(fillers) == 2 and {file.name for file in tmp_path.glob("jit_*-cache")} == programs
    finally:
        jax.config.update("jax_compilation_cache_dir", folder)
    assert len(programs) == 3
    assert_same(train(second, PAIR), train(first, PAIR))


class AtWork:
    """In place of a worker that has a request to answer."""

    pending = 1


def test_epochs_are_told_when_all_that_still_train_are_through_with_them() -> None:
    early, late, told = cast(Any, AtWork()), cast(Any, AtWork()), list[int]()
    epochs = Epochs([early, late], 0, told.append)
    for worker, epoch in ((late, 0), (late, 1), (early, 0)):
        epochs(worker, "epoch", epoch)
    assert told == [0]
    epochs(late, "epoch", 2)
    early.pending = 0  # it has diverged
    epochs(early, "done", None)
    assert told == [0, 1, 2]
    epochs(late, "epoch", 3)
    late.pending = 0
    epochs(late, "done", None)
    assert told == [0, 1, 2, 3]


def test_epochs_of_one_that_was_ahead_are_told_when_the_last_one_ends() -> None:
    early, late, told = cast(Any, AtWork()), cast(Any, AtWork()), list[int]()
    epochs = Epochs([early, late], 0, told.append)
    for epoch in range(3):
        epochs(late, "epoch", epoch)
    late.pending = 0
    epochs(late, "done", None)
    assert told == []
    early.pending = 0
    epochs(early, "done", None)
    assert told == [0, 1, 2]


@pytest.mark.parametrize("doing", ["trainer.train(test.ENDLESS, tell)", "trainer.compile(); tell(0); time.sleep(60)"])
def test_processes_end_with_the_process_that_started_them_however_it_dies(doing: str) -> None:
    """In the middle of their work, of which they tell, and waiting for some."""
    program = (
        "import time, test_process_trainer as test\n"
        "trainer = test.process_trainer()\n"
        "tell = lambda epoch: print(*test.workers(), flush=True) if epoch == 0 else None\n"
        f"{doing}\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
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


def test_several_devices_of_a_cpu_are_processes_where_there_are_as_many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(devices: int, lanes: int = 1) -> type:
        return type(trainer_for(tiny_task(), TINY_SPLIT, TINY_SPLIT, jax.devices()[:devices], GENOTYPE, lanes))

    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 5}, raising=False)
    assert [chosen(count) for count in (1, 2, 3, 4)] == [WaveTrainer, ProcessTrainer, ProcessTrainer, WaveTrainer]
    assert chosen(2, lanes=2) is WaveTrainer
    monkeypatch.delattr(os, "sched_getaffinity")
    assert chosen(2) is WaveTrainer
