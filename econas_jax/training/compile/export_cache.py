"""Keeps what JAX makes of a program before XLA compiles it, between runs.

JAX's cache finds a compiled program by its text, and to have the text JAX traces and lowers it anew: two thirds of what
a start from the cache took. Here the text is kept too, beside the compiled programs and in the form of `jax.export`,
under a name made of all that it depends on, which this package's source is a part of.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
from jax import export

from econas_jax.experiment import provenance
from econas_jax.files import written_at_once
from econas_jax.nn.platform import on_cpu
from econas_jax.training.compile.compilation import collection_paused, programs_folder

MONTH = 30 * 24 * 3600.0  # seconds after their last use in which another source's texts are kept
# JAX settings that may differ between processes without changing the traced program.
OWN_SETTINGS = ("jax_platforms", "jax_platform_name", "jax_num_cpu_devices")
# Not promised to mean the same to another version of jaxlib; a text is kept for one version alone.
_UNPROMISED = [export.DisabledSafetyCheck.custom_call(name) for name in ("AllocateBuffer", "LayoutConstraint")]


def traced(
    function: Callable[..., Any], arguments: Sequence[Any], platform: str, depends_on: Sequence[Any] | None
) -> export.Exported:
    """Returns a function of arrays for devices of a platform, ready to be compiled: kept, or else traced and then kept.

    arguments: arrays or `jax.ShapeDtypeStruct`s. depends_on: all that the function computes depends on, but this
    package's source and JAX's settings, in objects whose repr tells them apart; None: it is traced, and not kept.
    """
    folder, file = programs_folder(), None
    if folder is not None and depends_on is not None:
        shapes = [(leaf.shape, str(leaf.dtype)) for leaf in arguments]
        file = folder / f"{_of_this_source()}{fingerprint(*depends_on, platform, on_cpu(), shapes)}"
        with contextlib.suppress(OSError, zlib.error):  # absent or damaged
            exported = export.deserialize(bytearray(zlib.decompress(file.read_bytes())))
            _touch(file)
            return exported
    # JAX says "gpu" of a device and must be told which kind where it has none: it compiles for one that is not there.
    platforms = None if platform == jax.default_backend() else ["cuda" if platform == "gpu" else platform]
    with collection_paused():
        exported = export.export(jax.jit(function), platforms=platforms, disabled_checks=_UNPROMISED)(*arguments)
        if file is not None:
            with contextlib.suppress(OSError):  # then the next start takes longer
                _write(file, zlib.compress(exported.serialize(), 1))
    return exported


def fingerprint(*parts: Any) -> str:
    """Returns a short name for the parts' repr, JAX's settings, the versions of packages and this package's source."""
    settings = {name: value for name, value in jax.config.values.items() if name not in OWN_SETTINGS}
    everything = (parts, settings, provenance.versions(), provenance.source_digest())
    return hashlib.sha256(repr(everything).encode()).hexdigest()[:16]


def _of_this_source() -> str:
    """Returns how the names of texts begin that were traced from this package's source."""
    return f"traced-{provenance.source_digest()[:8]}-"


def _write(file: Path, content: bytes) -> None:
    """Writes a text and removes what was traced from other sources and has not been used for a month.

    Several checkouts may share a folder, so another source's texts are not all rubbish; one that is edited again and
    again would leave many.
    """
    with written_at_once(file) as whole:
        whole.write(content)
    for other in file.parent.glob("traced-*"):
        if not other.name.startswith(_of_this_source()):
            with contextlib.suppress(OSError):  # another process may have removed it
                if time.time() - other.stat().st_mtime > MONTH:
                    other.unlink()


def _touch(file: Path) -> None:
    """Marks a text as used today."""
    with contextlib.suppress(OSError):  # in a folder that can only be read
        os.utime(file, (time.time(), time.time()))
