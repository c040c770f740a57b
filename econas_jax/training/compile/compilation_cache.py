"""Keeps compiled programs between runs: a second search of the same shapes starts in seconds."""

from __future__ import annotations

import os

import jax

from econas_jax.data.paths import cache_folder
from econas_jax.experiment.provenance import processor_fingerprint
from econas_jax.training.compile.compilation import keep_programs


def use_compilation_cache() -> None:
    """Turns on JAX's persistent cache, unless the user already has or the folder cannot be written.

    The folder's name holds the version of jaxlib and the processor's features, which JAX's key leaves out though a
    program compiled for one processor may fail on another. JAX takes a damaged entry for none.
    """
    if jax.config.values["jax_compilation_cache_dir"] is not None:
        return
    kept = cache_folder()
    if kept is None:
        return
    folder = kept / f"xla-{processor_fingerprint()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if os.access(folder, os.W_OK):
        keep_programs(folder)
