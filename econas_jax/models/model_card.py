"""The card of an exported model, `model_card.json`: what it is, how it is fed, and which files belong to it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from econas_jax.errors import InputError, require, require_integer, require_number

CARD_FILE, STABLEHLO_FILE = "model_card.json", "network.stablehlo"
FORMAT = "econas_jax export 1"


@dataclasses.dataclass(frozen=True)
class ModelCard:
    """Everything in JSON's types; raises InputError for values with which no image can be classified."""

    network: Mapping[str, Any]  # its description, the genotype and the macro-net with it
    parameters: int
    multiply_adds: int  # of one image
    classes: tuple[str, ...]  # in the order of the logits
    resolution: int  # pixels a side
    crop: float  # the share of an image's shorter side that its central square has
    mean: tuple[float, float, float]  # of each channel of images scaled to [0, 1]
    std: tuple[float, float, float]
    input: Mapping[str, Any]  # of all formats alike
    accuracy: Mapping[str, float]
    training: Mapping[str, Any]
    formats: Mapping[str, Any]  # facts about single files, by their names
    versions: Mapping[str, str]  # with which it was exported
    files: Mapping[str, str]  # the SHA-256 of each, by its name

    def __post_init__(self) -> None:
        require_integer("resolution", self.resolution, 1)
        require_number("crop", self.crop, lambda crop: 0 < crop <= 1, "a number above 0, at most 1")
        names = len(self.classes) >= 2 and all(isinstance(name, str) for name in self.classes)
        require(names, "classes", self.classes, "two names or more")
        require(isinstance(self.files, Mapping), "files", self.files, "checksums by the files' names")

    def to_json(self) -> dict[str, Any]:
        """Returns the card as the file holds it."""
        return {"format": FORMAT, **dataclasses.asdict(self)}


def read_card(folder: Path) -> ModelCard:
    """Returns the card of an exported model's folder; raises InputError where there is none, or a damaged one."""
    file = folder / CARD_FILE
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        expected = f"a folder made by econas-jax export ({CARD_FILE}: {error.strerror})"
        raise InputError("model", str(folder), expected) from None
    except (ValueError, RecursionError) as error:
        raise InputError("model", str(file), f"a readable card ({error})") from None
    written = isinstance(fields, dict) and fields.pop("format", None) == FORMAT
    require(written, "model", str(file), f"a card of the format {FORMAT!r}")
    known = {field.name for field in dataclasses.fields(ModelCard)}
    require(fields.keys() == known, f"fields of {file}", sorted(fields), ", ".join(sorted(known)))
    for name in ("classes", "mean", "std"):
        require(isinstance(fields[name], list), f"{name} of {file}", fields[name], "a list")
        fields[name] = tuple(fields[name])
    return ModelCard(**fields)


def checked_file(folder: Path, card: ModelCard, name: str) -> bytes:
    """Returns a file of an exported model; raises InputError if it is missing or not the one that was written."""
    require(name in card.files, "model", str(folder), f"an export with {name}")
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise InputError("model", str(folder / name), f"a file that can be read ({error.strerror})") from None
    whole = sha256(content) == card.files[name]
    require(
        whole, "model", str(folder / name), f"the file that was exported: its SHA-256 is not the one in {CARD_FILE}"
    )
    return content


def sha256(content: bytes) -> str:
    """Returns the digest in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
