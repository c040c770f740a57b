"""A trained model's file with other fields than a model has is refused in a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from exported_networks import random_model

from econas_jax.errors import InputError
from econas_jax.models.trained_model import load_model


@pytest.mark.parametrize("change", [{"colour": "red"}, {"network": "darts"}, {"classes": None}])
def test_other_fields_are_refused(change: dict[str, object], tmp_path: Path) -> None:
    random_model().save(tmp_path)
    file = tmp_path / "model.json"
    fields = {**json.loads(file.read_text()), **change}
    file.write_text(json.dumps({name: value for name, value in fields.items() if value is not None}))
    with pytest.raises(InputError, match="^fields of .*: expected accuracy, classes, crop, format, mean, network, "):
        load_model(tmp_path)
