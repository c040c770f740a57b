"""An exported network as a function of pixels: its StableHLO program, which needs no code of a network."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.export
import numpy as np
import numpy.typing as npt

from econas_jax.errors import InputError, require
from econas_jax.models.model_card import STABLEHLO_FILE, ModelCard, checked_file, read_card

Floats = npt.NDArray[np.float32]
BACKENDS = {"cpu": "cpu", "cuda": "gpu"}  # JAX's backends by the names of platforms


@dataclasses.dataclass(frozen=True, eq=False)
class ExportedModel:
    """A program and the card that describes it."""

    card: ModelCard
    program: Callable[[Any], Any]
    device: jax.Device

    def logits(self, pixels: Floats) -> Floats:
        """Maps pixels [batch, resolution, resolution, 3], RGB, 0 to 255, to logits [batch, classes].

        Every new batch size is compiled anew.
        """
        return np.asarray(self.program(jax.device_put(np.asarray(pixels, np.float32), self.device)))


def load_exported(folder: Path) -> ExportedModel:
    """Returns the model of an export's folder. It runs on JAX's default device if exported for it, else on a CPU.

    Raises InputError for a folder that is no export, a file that is not the one exported, or one that this version of
    JAX cannot read.
    """
    card = read_card(folder)
    content = checked_file(folder, card, STABLEHLO_FILE)
    try:
        exported = jax.export.deserialize(bytearray(content))
    except Exception as error:  # whatever the reader of another version's file stumbles on
        expected = f"a program that JAX {jax.__version__} can read ({error})"
        raise InputError("model", str(folder / STABLEHLO_FILE), expected) from None
    side, shape = card.resolution, exported.in_avals[0].shape
    require(shape[1:] == (side, side, 3), "resolution", side, f"the program's, which takes {shape}")
    classes, outputs = len(card.classes), exported.out_avals[0].shape[-1]
    require(classes == outputs, "classes", classes, f"{outputs} names, as many as the program has outputs")
    backends = [BACKENDS.get(platform, platform) for platform in exported.platforms]
    backend = jax.default_backend() if jax.default_backend() in backends else "cpu"
    return ExportedModel(card, jax.jit(exported.call), jax.local_devices(backend=backend)[0])
