"""Writes a trained network as an export: code, weights, StableHLO, on request ONNX, and a card that describes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import safetensors.numpy

from econas_jax.errors import require
from econas_jax.experiment.provenance import versions
from econas_jax.export.check import check_exported
from econas_jax.export.folder import staged
from econas_jax.export.generated import module_of
from econas_jax.export.onnx import ONNX_FILE, convert_to_onnx, converter_python
from econas_jax.export.readme import PREPARATION, readme
from econas_jax.export.source import network_source
from econas_jax.export.stablehlo import export_stablehlo, stablehlo_facts
from econas_jax.export.weights import exported_weights
from econas_jax.models.model_card import CARD_FILE, STABLEHLO_FILE, ModelCard, sha256
from econas_jax.models.trained_model import WEIGHTS_FILE, TrainedModel
from econas_jax.nn.description import CellNetworkDescription

CODE_FILE, README_FILE = "network.py", "README.md"
SOURCES: dict[str, Callable[[TrainedModel], str]] = {CellNetworkDescription.kind: network_source}  # by the kind


def export_model(
    model: TrainedModel,
    folder: Path,
    *,
    onnx_python: str | None = None,
    overwrite: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> ModelCard:
    """Writes the export of a trained network into a folder, which is made if need be; returns its card.

    onnx_python: a Python that has jax2onnx, for `network.onnx` too; overwrite: also into a folder that holds something
    else, of which files of the same names are replaced; say: is told of each file, once it is checked.

    Raises:
        InputError: a kind of network without a writer, a folder that may not be written into, no such Python.
        SearchError: a file that computes something else than the network.
        OSError: a file that cannot be written; nothing is left of the export then.
    """
    kind = model.description.kind
    require(kind in SOURCES, "kind of the network", kind, f"one that can be exported: {', '.join(SOURCES)}")
    converter = None if onnx_python is None else converter_python(onnx_python)
    with staged(folder, overwrite) as staging:
        source = SOURCES[kind](model)
        (staging / CODE_FILE).write_text(source, encoding="utf-8")
        network = module_of(source)
        weights = exported_weights(model, network)
        (staging / WEIGHTS_FILE).write_bytes(safetensors.numpy.save(weights, _metadata(model)))
        exported = export_stablehlo(network, network.load(staging))
        (staging / STABLEHLO_FILE).write_bytes(content := bytes(exported.serialize()))
        check_exported(content, model)
        say(f"{CODE_FILE}, {WEIGHTS_FILE} and {STABLEHLO_FILE}: logits equal the network's")
        formats = {STABLEHLO_FILE: stablehlo_facts(exported)}
        if converter is not None:
            formats[ONNX_FILE] = convert_to_onnx(staging, converter)
            say(f"{ONNX_FILE}: logits in onnxruntime equal those in JAX")
        (staging / README_FILE).write_text(readme(model, formats), encoding="utf-8")
        card = _card(model, formats, staging)
        (staging / CARD_FILE).write_text(json.dumps(card.to_json(), indent=2) + "\n", encoding="utf-8")
    return card


def _metadata(model: TrainedModel) -> dict[str, str]:
    """Returns what the weights' file tells of itself, in texts alone as its format asks."""
    return {
        "format": "flax",
        "network": json.dumps(model.description.to_json()),
        "classes": json.dumps(model.classes),
        "mean": json.dumps(model.mean),
        "std": json.dumps(model.std),
        "econas_jax": versions()["econas_jax"],
    }


def _card(model: TrainedModel, formats: dict[str, Any], staging: Path) -> ModelCard:
    cost = model.description.cost(model.resolution)
    return ModelCard(
        network=model.description.to_json(),
        parameters=cost.parameters,
        multiply_adds=cost.multiply_adds,
        classes=model.classes,
        resolution=model.resolution,
        crop=model.crop,
        mean=model.mean,
        std=model.std,
        input={
            "name": "pixels",
            "dtype": "float32",
            "shape": ["batch", model.resolution, model.resolution, 3],
            "layout": "NHWC",
            "colours": "RGB",
            "range": [0, 255],
            "normalisation": "in the network",
            "preparation": PREPARATION,
            "compute_dtype": "float32",
        },
        accuracy=model.accuracy,
        training=model.training,
        formats=formats,
        versions=versions(),
        files={file.name: sha256(file.read_bytes()) for file in sorted(staging.iterdir())},
    )
