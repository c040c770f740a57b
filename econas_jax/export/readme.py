"""The page beside an export that says how each of its files is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from econas_jax.export.onnx import ONNX_FILE
from econas_jax.export.rendering import environment
from econas_jax.models.model_card import STABLEHLO_FILE
from econas_jax.models.trained_model import TrainedModel

TEMPLATE = "README.md.j2"
PREPARATION = (
    "turn it upright as EXIF says, lay transparent parts on white, cut out its central square with `crop` of the "
    "shorter side, resize that, bilinear with antialiasing"
)


def readme(model: TrainedModel, formats: Mapping[str, Any]) -> str:
    """Returns the text of README.md."""
    cost = model.description.cost(model.resolution)
    accuracy = ", ".join(f"{100 * value:.2f} % ({split})" for split, value in model.accuracy.items())
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            parameters=f"{cost.parameters:,}",
            multiply_adds=f"{cost.multiply_adds / 1e6:,.1f}",
            classes=len(model.classes),
            accuracy=accuracy,
            side=model.resolution,
            crop=f"{model.crop:g}",
            preparation=PREPARATION,
            jax=formats[STABLEHLO_FILE]["jax"],
            onnx=ONNX_FILE in formats,
        )
    )
