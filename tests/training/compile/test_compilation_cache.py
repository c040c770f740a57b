"""The persistent compilation cache of the search: on by default, never in the user's way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import pytest

from econas_jax.training.compile import compilation_cache

OPTIONS = (
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
)


@pytest.fixture(autouse=True)
def options_restored() -> Iterator[None]:
    before = {name: getattr(jax.config, name) for name in OPTIONS}
    yield
    for name, value in before.items():
        jax.config.update(name, value)


def test_a_cache_of_the_users_own_is_left_alone() -> None:
    jax.config.update("jax_compilation_cache_dir", "elsewhere")
    compilation_cache.use_compilation_cache()
    assert jax.config.values["jax_compilation_cache_dir"] == "elsewhere"


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ECONAS_JAX_CACHE", str(tmp_path / "file"))
    jax.config.update("jax_compilation_cache_dir", None)
    compilation_cache.use_compilation_cache()
    assert jax.config.values["jax_compilation_cache_dir"] is None


def test_programs_are_kept_even_if_they_compile_at_once(tmp_path: Path) -> None:
    program = (
        "import jax; from econas_jax.training.compile import compilation_cache;"
        "compilation_cache.use_compilation_cache();"
        "jax.jit(lambda x: x * 3 + 1)(1.0).block_until_ready()"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JAX_")}
    environment |= {"ECONAS_JAX_CACHE": str(tmp_path), "JAX_PLATFORMS": "cpu"}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=120)
    (folder,) = tmp_path.iterdir()
    assert folder.name.startswith("xla-")
    assert any(folder.iterdir())
