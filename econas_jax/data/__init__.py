"""Real images as checked uint8 arrays, and the augmentation that runs on the device."""

from econas_jax.data.augmentation import Augmentation, augment, prepare
from econas_jax.data.dataset import Dataset, Split
from econas_jax.data.load import LOADERS, load_dataset

__all__ = ["LOADERS", "Augmentation", "Dataset", "Split", "augment", "load_dataset", "prepare"]
