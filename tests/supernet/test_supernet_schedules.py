"""Learning rates as the authors' logs and code have them."""

from __future__ import annotations

import pytest

from econas_jax.supernet.config import TrainingConfig
from econas_jax.supernet.schedules import learning_rate


@pytest.mark.parametrize(
    ("epoch", "rate"), [(0, 0.025), (1, 0.024976), (25, 0.013), (49, 0.001023679)], ids=["0", "1", "25", "49"]
)
def test_the_rates_of_darts_are_those_of_its_published_logs(epoch: int, rate: float) -> None:
    training = TrainingConfig()
    assert learning_rate(training, 50, epoch, 0.0) == pytest.approx(rate, abs=5e-7)
    assert learning_rate(training, 50, epoch, 0.9) == learning_rate(training, 50, epoch, 0.0)


def test_by_step_it_goes_on_within_an_epoch() -> None:
    by_step, by_epoch = TrainingConfig(schedule="step"), TrainingConfig()
    assert learning_rate(by_step, 10, 4, 0.5) == pytest.approx(learning_rate(by_epoch, 20, 9, 0.0))


def test_the_rates_of_enas_begin_anew() -> None:
    training = TrainingConfig(schedule="restarts", restart_epochs=10, learning_rate=0.05, final_learning_rate=0.0005)
    rates = [learning_rate(training, 150, epoch, 0.0) for epoch in range(150)]
    assert [epoch for epoch, rate in enumerate(rates) if rate == 0.05] == [0, 10, 30, 70]
    assert rates[9] == pytest.approx(0.001711, abs=1e-6)
    assert rates[20] == pytest.approx((0.05 + 0.0005) / 2)
