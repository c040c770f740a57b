"""Tables of made-up accuracies, for tests of the study's analysis, figures and report."""

from __future__ import annotations

import numpy as np

from econas_jax.study import Row, Setting, StudyTable

ORIGINAL = "c2r2s2e8"
# How much noise a proxy adds to the original's accuracies: more for low resolution and few epochs.
NOISE = {
    "c2r3s2e8": 0.02,
    "c2r4s2e8": 0.06,
    "c3r2s2e8": 0.01,
    "c3r3s2e8": 0.02,
    "c3r4s2e8": 0.05,
    "c4r2s2e8": 0.015,
    "c4r3s2e8": 0.02,
    "c4r4s2e8": 0.03,
    "c2r2s2e4": 0.02,
    "c2r2s3e8": 0.04,
    "c4r4s2e4": 0.04,
    "c4r4s3e8": 0.06,
}


def made_up_table(networks: int = 14, costs: bool = True, noise: dict[str, float] | None = None) -> StudyTable:
    """Accuracies around those of the original setting; costs by the paper's rule."""
    rng = np.random.default_rng(5)
    truth = rng.uniform(0.3, 0.6, networks)
    rows = []
    for proxy, spread in {ORIGINAL: 0.0, **(NOISE if noise is None else noise)}.items():
        accuracies = np.clip(truth + rng.normal(0, spread, networks), 0, 1)
        setting = Setting.parse(proxy)
        cost = 1e12 * 2.0 ** -sum(setting.subscripts) * setting.proxy.epochs
        rows += [
            Row(
                network=str(number),
                proxy=proxy,
                seed=3,
                train_accuracy=round(float(accuracy) * 0.9 + spread, 4) if costs else None,
                validation_accuracy=round(float(accuracy), 4),
                seconds=round(cost / 1e10 + number / 10, 2) if costs else None,
                multiply_adds=round(cost) if costs else None,
            )
            for number, accuracy in enumerate(accuracies)
        ]
    return StudyTable(tuple(rows))
