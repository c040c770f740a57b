"""Paths of a user: one with a home, and one without, as in a container with an unknown user."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import pytest
from data_sources import random_split

from econas_jax.data.dataset import TrainTest
from econas_jax.data.decoded_cache import cached
from econas_jax.data.load import load_dataset
from econas_jax.data.paths import cache_folder, home_path
from econas_jax.errors import InputError
from econas_jax.training.compile.compilation_cache import use_compilation_cache


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the user without $HOME and without an entry in the system's list of users."""

    def expanduser(path: Path) -> Path:
        if str(path).startswith("~"):
            raise RuntimeError("Could not determine home directory.")
        return path

    monkeypatch.setattr(Path, "expanduser", expanduser)
    for name in ("ECONAS_JAX_CACHE", "TFDS_DATA_DIR", "HOME"):
        monkeypatch.delenv(name, raising=False)


def test_the_cache_is_where_the_user_says_else_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ECONAS_JAX_CACHE", raising=False)
    assert cache_folder() == tmp_path / ".cache" / "econas_jax"
    monkeypatch.setenv("ECONAS_JAX_CACHE", "~/mine")
    assert cache_folder() == tmp_path / "mine"


def test_without_a_home_there_is_no_cache_and_everything_works(homeless: None, tmp_path: Path) -> None:
    assert cache_folder() is None and home_path("~/x") is None
    split = random_split(6, size=4, seed=0)
    decode: Callable[[], TrainTest] = lambda: TrainTest(split, split)  # noqa: E731
    found = cached(tmp_path, [], decode)
    np.testing.assert_array_equal(found.train.images, split.images)
    assert list(tmp_path.iterdir()) == []
    before = jax.config.values["jax_compilation_cache_dir"]
    jax.config.update("jax_compilation_cache_dir", None)
    try:
        use_compilation_cache()
        assert jax.config.values["jax_compilation_cache_dir"] is None
    finally:
        jax.config.update("jax_compilation_cache_dir", before)


@pytest.mark.parametrize("download", [False, True])
def test_without_a_home_data_that_is_not_named_is_one_line(download: bool, homeless: None) -> None:
    with pytest.raises(InputError, match="^path = None: expected .*download=True"):
        load_dataset("cifar10", download=download)
