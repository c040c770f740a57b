"""Training: one compiled epoch and evaluation, waves of candidates over devices, and one large network over devices."""

from econas_jax.training.config import TrainingConfig
from econas_jax.training.data_parallel import DataParallelTrainer, Regularization
from econas_jax.training.epoch import Images, Metrics, Task, evaluate, init_state, train_epoch
from econas_jax.training.process_trainer import ProcessTrainer
from econas_jax.training.state import TrainState
from econas_jax.training.trainers import Trainer, trainer_for
from econas_jax.training.wave import Job, Outcome, WaveTrainer, training_subset

__all__ = [
    "DataParallelTrainer",
    "Images",
    "Job",
    "Metrics",
    "Outcome",
    "ProcessTrainer",
    "Regularization",
    "Task",
    "TrainState",
    "Trainer",
    "TrainingConfig",
    "WaveTrainer",
    "evaluate",
    "init_state",
    "train_epoch",
    "trainer_for",
    "training_subset",
]
