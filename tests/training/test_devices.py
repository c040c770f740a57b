"""Which devices a search trains on, whatever the process has done with JAX before."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import jax
import pytest
from tiny_training import TINY_SPLIT, tiny_task
from waves import EXAMPLE

from econas_jax.errors import InputError
from econas_jax.training import Devices, ProcessTrainer, WaveTrainer, choose_devices, trainer_for
from econas_jax.training.devices import lanes_hint
from econas_jax.training.process.worker_process import environment


@pytest.fixture
def six_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2, 5, 6, 7}, raising=False)


@pytest.mark.parametrize(
    ("count", "cores"),
    [(None, (0, 1, 2, 5, 6, 7)), (1, (0,)), (3, (0, 1, 2)), (8, (0, 1, 2, 5, 6, 7, 0, 1))],
)
def test_on_a_cpu_each_device_is_a_core_and_several_may_share_one(
    count: int | None, cores: tuple[int, ...], six_cores: None
) -> None:
    devices = choose_devices(count)
    assert devices == Devices(cores=cores) and devices.platform == "cpu" and len(devices) == len(cores)


@pytest.mark.parametrize("count", [0, -1, 49, 99_999, True])
def test_no_devices_and_more_than_the_cores_can_bear_are_refused(count: int, six_cores: None) -> None:
    with pytest.raises(InputError, match=f"^devices = {count}: expected (at most 48: 8|a whole number of)"):
        choose_devices(count)
    assert len(choose_devices(48)) == 48


def test_where_the_system_tells_no_affinity_all_cores_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert choose_devices().cores == (0, 1, 2, 3, 4)


@pytest.mark.parametrize("lanes", [1, 2])
def test_every_number_of_cores_is_trained_on_by_processes(lanes: int) -> None:
    for count in (1, 2, 5):
        trainer = trainer_for(tiny_task(), TINY_SPLIT, TINY_SPLIT, Devices(cores=(0,) * count), EXAMPLE, lanes)
        assert isinstance(trainer, ProcessTrainer)
        assert (trainer.devices, trainer.slots) == (count, count * lanes)
    accelerators = Devices(accelerators=tuple(jax.devices()[:2]))  # virtual devices stand for them
    assert isinstance(trainer_for(tiny_task(), TINY_SPLIT, TINY_SPLIT, accelerators, EXAMPLE), WaveTrainer)


def test_accelerators_are_taken_as_jax_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus: list[Any] = [SimpleNamespace(platform="gpu", id=number) for number in range(4)]
    monkeypatch.setattr(jax, "local_devices", lambda: gpus)
    assert choose_devices(None, "bfloat16").accelerators == tuple(gpus)
    assert choose_devices(2).accelerators == tuple(gpus[:2]) and choose_devices(2).platform == "gpu"
    with pytest.raises(InputError, match="^devices = 5: expected at most 4, what JAX has here"):
        choose_devices(5)


def test_bfloat16_is_refused_on_a_cpu(six_cores: None) -> None:
    with pytest.raises(InputError, match=r"^network\.compute_dtype = 'bfloat16': expected float32 on a CPU"):
        choose_devices(1, "bfloat16")


@pytest.mark.parametrize(("platform", "lanes", "told"), [("gpu", 1, True), ("gpu", 4, False), ("cpu", 1, False)])
def test_a_gpu_that_trains_one_candidate_at_a_time_is_pointed_out(platform: str, lanes: int, told: bool) -> None:
    assert ("--config.lanes=16" in (lanes_hint(platform, lanes) or "")) == told


ONE_THREAD = "--xla_cpu_multi_thread_eigen=false"
NO_UNROLLING = "--xla_backend_extra_options=xla_cpu_disable_loop_unrolling=true"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (None, f"{ONE_THREAD} {NO_UNROLLING}"),
        ("--xla_cpu_multi_thread_eigen=true", f"--xla_cpu_multi_thread_eigen=true {NO_UNROLLING}"),
        (f"--xla_dump_to=/x {ONE_THREAD}", f"--xla_dump_to=/x {ONE_THREAD} {NO_UNROLLING}"),
    ],
)
def test_a_worker_has_one_thread_a_cpu_and_the_users_own_flags(flags: str | None, expected: str) -> None:
    ours = {"JAX_PLATFORMS": "cuda", "NPROC": "8", "HOME": "/h"} | ({} if flags is None else {"XLA_FLAGS": flags})
    theirs = environment(ours)
    assert (theirs["JAX_PLATFORMS"], theirs["NPROC"], theirs["HOME"]) == ("cpu", "1", "/h")
    assert theirs["XLA_FLAGS"] == expected


def test_a_platform_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> Any:
        raise RuntimeError("Unable to initialize backend 'cuda': no such device\nmore lines")

    monkeypatch.setattr(jax, "local_devices", absent)
    with pytest.raises(InputError, match=r"^JAX_PLATFORMS = .*expected platforms of this machine \(Unable to init"):
        choose_devices()
