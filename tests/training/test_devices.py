"""Which devices a search trains on, and what is set up for them before JAX starts."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import jax
import pytest

from econas_jax.errors import InputError
from econas_jax.training.devices import advice, set_up

ONE_THREAD = "--xla_cpu_multi_thread_eigen=false"
NO_UNROLLING = "--xla_backend_extra_options=xla_cpu_disable_loop_unrolling=true"
FLAGS = f"{ONE_THREAD} {NO_UNROLLING}"
TELL = "import jax, os; from econas_jax.training.devices import set_up; print(len(set_up({})), os.environ['XLA_FLAGS'])"


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of CPU devices that jax is asked for; six cores, no XLA flags."""
    numbers: list[int] = []
    jax.devices()  # jax runs: what is set up from here on cannot change it
    monkeypatch.setattr(jax.config, "update", lambda name, value: numbers.append(value))
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(6)), raising=False)
    monkeypatch.setenv("XLA_FLAGS", "")
    return numbers


def test_a_process_of_its_own_gets_the_devices_it_asks_for() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    command = [sys.executable, "-c", TELL.format(3)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["3", ONE_THREAD, NO_UNROLLING]


def test_by_default_each_core_is_a_device_of_one_thread(asked_for: list[int]) -> None:
    assert set_up(None) == jax.local_devices()
    assert asked_for == [6]
    assert os.environ["XLA_FLAGS"] == FLAGS


def test_one_device_has_one_thread_too_so_that_it_rounds_as_several_do(asked_for: list[int]) -> None:
    assert set_up(1) == jax.local_devices()[:1]
    assert asked_for == [1]
    assert os.environ["XLA_FLAGS"] == FLAGS


@pytest.mark.parametrize(
    "flags, added",
    [
        ("--xla_cpu_multi_thread_eigen=true", NO_UNROLLING),
        (f"--xla_dump_to=/x {ONE_THREAD}", NO_UNROLLING),
        ("--xla_backend_extra_options=xla_cpu_optimize_for_size=true", ONE_THREAD),
    ],
)
def test_the_users_own_flags_stay(
    flags: str, added: str, asked_for: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLA_FLAGS", flags)
    set_up(2)
    assert os.environ["XLA_FLAGS"] == f"{flags} {added}"
    set_up(2)
    assert os.environ["XLA_FLAGS"] == f"{flags} {added}"


def test_the_users_own_number_of_devices_stays(asked_for: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=4")
    assert len(set_up(2)) == 2
    assert asked_for == []
    assert os.environ["XLA_FLAGS"] == f"--xla_force_host_platform_device_count=4 {FLAGS}"


def test_more_devices_than_there_are_are_refused_by_name(asked_for: list[int]) -> None:
    with pytest.raises(InputError, match=rf"^devices = 99: expected at most {len(jax.local_devices())}, "):
        set_up(99)


def test_where_jax_runs_already_what_there_is_is_used(asked_for: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def too_late(name: str, value: Any) -> None:
        raise RuntimeError("backends are initialized")

    monkeypatch.setattr(jax.config, "update", too_late)
    assert set_up(None) == jax.local_devices()


def test_where_the_system_tells_no_affinity_all_cores_count(
    asked_for: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    set_up(None)
    assert asked_for == [5]


@pytest.mark.parametrize(("platform", "lanes", "told"), [("gpu", 1, True), ("gpu", 4, False), ("cpu", 1, False)])
def test_a_gpu_that_trains_one_candidate_at_a_time_is_pointed_out(platform: str, lanes: int, told: bool) -> None:
    assert ("--config.lanes=16" in (advice(platform, lanes) or "")) == told
