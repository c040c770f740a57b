"""A card of an exported model, for tests that need no model."""

from __future__ import annotations

from econas_jax.models.model_card import ModelCard

CARD = ModelCard(
    network={"kind": "darts"},
    parameters=12,
    multiply_adds=34,
    classes=("cat", "dog"),
    resolution=8,
    crop=0.875,
    mean=(0.5, 0.4, 0.3),
    std=(0.2, 0.25, 0.3),
    input={},
    accuracy={"test": 0.5},
    training={},
    formats={},
    versions={},
    files={"some": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},  # of b"abc", from FIPS 180-2
)
