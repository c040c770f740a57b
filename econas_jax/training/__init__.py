"""Training of candidates: one compiled epoch, one compiled evaluation, and waves of candidates over devices."""

from econas_jax.training.config import TrainingConfig
from econas_jax.training.epoch import Images, Metrics, Task, evaluate, init_state, train_epoch
from econas_jax.training.state import TrainState
from econas_jax.training.wave import Job, Outcome, WaveTrainer, training_subset

__all__ = [
    "Images",
    "Job",
    "Metrics",
    "Outcome",
    "Task",
    "TrainState",
    "TrainingConfig",
    "WaveTrainer",
    "evaluate",
    "init_state",
    "train_epoch",
    "training_subset",
]
