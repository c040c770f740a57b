"""Strict switches and fixtures that every test shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from econas_jax.experiment.provenance import processor_fingerprint

REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Sets up jax before the first test module imports it."""
    # By environment, so that commands which tests start as processes of their own have them too.
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    # As a search sets it: programs compile sooner so, and round a little otherwise than with XLA's default.
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_extra_options=xla_cpu_disable_loop_unrolling=true")
    cache = getattr(config, "cache", None)  # absent under -p no:cacheprovider
    if cache is not None:
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache.mkdir(f"jax-{processor_fingerprint()}")))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

    import jax  # not before: jax reads the environment when it is imported

    jax.config.update("jax_numpy_rank_promotion", "raise")
    jax.config.update("jax_num_cpu_devices", 4)  # stand for accelerators; only before jax's first computation


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves slow tests out of the coverage: Python runs at half its speed while lines are counted, JAX's code too."""
    if config.pluginmanager.has_plugin("_cov"):  # pytest-cov, where coverage is asked for; else nobody knows the marker
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.no_cover)


@pytest.fixture(autouse=True)
def uncounted_processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the processes that a slow test starts out of the coverage, too."""
    if request.node.get_closest_marker("slow"):
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture(scope="session")
def data_directory() -> Path:
    """The folder of prepared data sets (`tfds/cifar10/3.0.2/...`): $ECONAS_JAX_DATA, else ../shared/data."""
    directory = Path(os.environ.get("ECONAS_JAX_DATA") or REPOSITORY.parent / "shared" / "data")
    if not directory.is_dir():
        pytest.skip(f"no data: {directory} is not a folder; set ECONAS_JAX_DATA to one that holds tfds/cifar10")
    return directory
